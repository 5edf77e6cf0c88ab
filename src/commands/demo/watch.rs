//! Listening to the incidents topic, as any consumer would: deduplicated on (incident, revision).

use crate::core::incident::{Incident, Status};
use crate::core::time::Millis;
use crate::io::clock::{Clock, SystemClock};
use anyhow::{Context, Result};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const TOPIC: &str = "leakwatch.incidents";
const PARTITIONS: i32 = 4;

/// What was heard.
pub(super) struct Watch {
    consumer: BaseConsumer,
    clock: SystemClock,
    heard: BTreeSet<(String, u32)>,
    /// (rule, entity) pairs, and the highest severity.
    pub pairs: BTreeSet<(String, String)>,
    /// From the event that met the rule to the screen, for newly opened or escalated incidents.
    latencies: Vec<Millis>,
    /// Lines that came a second time.
    pub repeated: u64,
}

impl Watch {
    /// Begins to listen.
    pub fn start(bootstrap: &str) -> Result<Self> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap).set("group.id", "demo-screen").set("enable.auto.commit", "false");
        config.set("fetch.wait.max.ms", "50").set("fetch.queue.backoff.ms", "1");
        let consumer: BaseConsumer = config.create().context("consumer")?;
        let mut partitions = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            partitions.add_partition_offset(TOPIC, partition, Offset::Beginning)?;
        }
        consumer.assign(&partitions)?;
        Ok(Self {
            consumer,
            clock: SystemClock,
            heard: BTreeSet::new(),
            pairs: BTreeSet::new(),
            latencies: Vec::new(),
            repeated: 0,
        })
    }

    /// Listens until `until`.
    pub fn hear_until(&mut self, until: Instant, each: &mut dyn FnMut(&Incident)) -> Result<()> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Some(message) = self.consumer.poll(left.max(Duration::from_millis(1))) else { return Ok(()) };
            let payload = message?.payload().unwrap_or_default().to_vec();
            let incident: Incident = serde_json::from_slice(&payload).context("an incident line")?;
            if !self.heard.insert((incident.incident.0.clone(), incident.revision)) {
                self.repeated += 1;
                continue;
            }
            self.pairs.insert((incident.rule.clone(), incident.entity.id.clone()));
            if matches!(incident.status, Status::Opened | Status::Escalated) {
                self.latencies.push(self.clock.now().since(incident.time));
            }
            each(&incident);
            if left.is_zero() {
                return Ok(());
            }
        }
    }

    /// The median and the largest time from event to screen.
    pub fn latency(&self) -> Option<(Millis, Millis)> {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        Some((*sorted.get(sorted.len() / 2)?, *sorted.last()?))
    }
}
