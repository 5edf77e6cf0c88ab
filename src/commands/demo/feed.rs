//! Sending the day's events through the real client, each when its time has come.

use super::day::DayEvent;
use super::scene::Scene;
use crate::core::decode::{DecodeLimits, Decoder};
use crate::core::ingest::partition_of;
use crate::core::time::{EventTime, Millis};
use crate::io::clock::{Clock, SystemClock};
use anyhow::{Context, Result, bail};
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rustc_hash::FxBuildHasher;
use std::collections::HashSet;
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{BufWriter, Write};
use std::time::Duration;

/// Partitions of a source topic.
const PARTITIONS: u32 = 4;
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// Sends the day.
pub(super) struct Feed<'a> {
    producer: BaseProducer,
    clock: SystemClock,
    events: &'a [DayEvent],
    next: usize,
    began: EventTime,
    length: Millis,
    sent: [BufWriter<File>; 2],
    /// Hashes of the customer numbers in what was sent.
    customers: HashSet<u64>,
}

impl<'a> Feed<'a> {
    /// Begins the day, which takes `seconds`.
    pub fn start(bootstrap: &str, scene: &'a Scene, seconds: u64) -> Result<Self> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap).set("enable.idempotence", "true").set("linger.ms", "2");
        let create = |topic: &str| File::create(scene.path(&format!("sent-{topic}.ndjson"))).map(BufWriter::new);
        let clock = SystemClock;
        Ok(Self {
            producer: config.create().context("producer")?,
            began: clock.now(),
            clock,
            events: &scene.day.events,
            next: 0,
            length: Millis::from_secs(i64::try_from(seconds)?),
            sent: [create("db-queries")?, create("egress")?],
            customers: HashSet::new(),
        })
    }

    /// Sends every event whose time has come.
    pub fn send_due(&mut self) -> Result<()> {
        while let Some(event) = self.events.get(self.next) {
            let time = self.time_of(event);
            if time > self.clock.now() {
                break;
            }
            self.send(event, time)?;
            self.next += 1;
        }
        self.producer.poll(Duration::ZERO);
        Ok(())
    }

    fn send(&mut self, event: &DayEvent, time: EventTime) -> Result<()> {
        let line = event.at(time);
        let file = &mut self.sent[usize::from(event.topic == "egress")];
        writeln!(file, "{line}")?;
        let partition = partition_of(&line, PARTITIONS);
        self.note_customers(&line);
        let mut record: BaseRecord<'_, (), str> =
            BaseRecord::to(event.topic).partition(i32::try_from(partition.0)?).payload(&line);
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    self.producer.poll(POLL);
                    record = back;
                }
                Err((error, _)) => bail!("sending an event: {error}"),
            }
        }
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "milliseconds of a minute")]
    fn time_of(&self, event: &DayEvent) -> EventTime {
        self.began.plus(Millis::new((event.share * self.length.as_millis() as f64) as i64))
    }

    /// Which part of the day is over.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a minute")]
    pub fn progress(&self) -> f64 {
        self.clock.now().since(self.began).as_millis() as f64 / self.length.as_millis() as f64
    }

    /// The simulated company's own numbers are written in one way only, so they can be told apart as they stand.
    fn note_customers(&mut self, line: &str) {
        Decoder::Native.decode(line.as_bytes(), None, &DecodeLimits::default(), &mut |_, decoded| {
            let named = decoded.iter().flat_map(|event| &event.identifiers);
            for value in named.filter(|named| named.kind == "customer_id").flat_map(|named| &named.values) {
                self.customers.insert(FxBuildHasher.hash_one(value));
            }
        });
    }

    /// Distinct customers named in the events sent so far.
    pub fn customers(&self) -> usize {
        self.customers.len()
    }

    /// Events sent so far.
    pub const fn sent(&self) -> usize {
        self.next
    }

    /// Whether the whole day was sent.
    pub const fn is_over(&self) -> bool {
        self.next >= self.events.len()
    }

    /// Waits until the broker has everything.
    pub fn finish(&mut self) -> Result<()> {
        for file in &mut self.sent {
            file.flush()?;
        }
        let until = std::time::Instant::now() + DELIVERY_TIMEOUT;
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(POLL);
            if std::time::Instant::now() >= until {
                bail!("the broker did not take every event within {} s", DELIVERY_TIMEOUT.as_secs());
            }
        }
        Ok(())
    }
}
