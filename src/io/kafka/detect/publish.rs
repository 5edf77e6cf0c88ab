//! What detect writes: incident lines, and the configured rules into the log.

use super::super::deliveries::DeliverySet;
use super::super::error::RunError;
use super::super::ingest::OutTopic;
use super::super::producer::{Destination, Producer};
use super::super::services::partition_of_key;
use super::super::stages::RuleSet;
use super::super::synthetic::Beat;
use super::slot::Slot;
use crate::core::activity::BatchBuilder;
use crate::core::detector::To;
use crate::core::incident::Incident;
use crate::core::time::EventTime;
use crate::core::units::Partition;
use crate::io::metrics::DetectMetrics;
use crate::io::shared_rules::SharedRules;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The rules' delivery is waited for this long before partition 0 is told; else it is tried again.
const RULES_WITHIN: Duration = Duration::from_secs(10);

/// Writes for the detect workers.
#[derive(Clone)]
pub struct Publisher {
    /// The activity log.
    pub activity: OutTopic,
    /// Incidents.
    pub incidents: OutTopic,
    /// Incidents of rules that do not count yet.
    pub shadow: OutTopic,
    /// The synthetic event.
    pub heartbeats: Option<OutTopic>,
    /// The configured rules.
    pub rules: Option<Arc<SharedRules>>,
    /// Sends.
    pub producer: Producer,
    /// Counters.
    pub metrics: DetectMetrics,
}

impl Publisher {
    /// Sends one line, keyed by its incident's id.
    ///
    /// # Errors
    /// [`RunError`] if it cannot be written or the process has failed.
    pub fn incident(&self, incident: &Incident, set: &Arc<DeliverySet>) -> Result<(), RunError> {
        let topic = if incident.shadow { &self.shadow } else { &self.incidents };
        let key = incident.incident.0.as_bytes();
        let partition = partition_of_key(key, topic.partitions);
        let to = Destination { topic: &topic.name, partition, key: Some(key) };
        self.producer.send(to, &serde_json::to_vec(incident)?, Some(set))?;
        let labels = [status(incident), severity(incident), if incident.shadow { "true" } else { "false" }];
        self.metrics.incidents.with_label_values(&labels).inc();
        Ok(())
    }

    /// Passes on the synthetic event that was made at `time` and came through `partition`.
    ///
    /// # Errors
    /// [`RunError`] if it cannot be written or the process has failed.
    pub fn beat(&self, partition: Partition, time: EventTime, set: &Arc<DeliverySet>) -> Result<(), RunError> {
        let Some(topic) = &self.heartbeats else { return Ok(()) };
        let key = partition.to_string();
        let beat = serde_json::to_vec(&Beat { partition, partitions: self.activity.partitions, time })?;
        let to_partition = partition_of_key(key.as_bytes(), topic.partitions);
        let to = Destination { topic: &topic.name, partition: to_partition, key: Some(key.as_bytes()) };
        self.producer.send(to, &beat, Some(set))
    }

    fn send_batch(&self, partition: Partition, batch: &BatchBuilder, set: &Arc<DeliverySet>) -> Result<(), RunError> {
        let to = Destination { topic: &self.activity.name, partition, key: None };
        self.producer.send(to, batch.as_bytes(), Some(set))
    }

    /// Collects records for the log.
    pub fn records(&self) -> LogRecords<'_> {
        LogRecords { publisher: self, batches: BTreeMap::new() }
    }

    /// Publishes the configured rules where partition 0's state, having read the log to its end, has others; again
    /// whenever others are configured.
    ///
    /// Partition 0 is told last: its state having a version means that every other partition was told. What was published
    /// stands between here and the end of the log, so it is remembered until then and not published again.
    ///
    /// # Errors
    /// [`RunError`] if they cannot be sent.
    pub fn settle_rules(&self, slot: &mut Slot) -> Result<(), RunError> {
        let Some(shared) = self.rules.as_ref().filter(|_| slot.at.partition == Partition(0) && slot.has_caught_up())
        else {
            return Ok(());
        };
        let configured = shared.get();
        let rules = &configured.published;
        let known = slot.rules_told.as_deref();
        if known == Some(&rules.version) {
            return Ok(());
        }
        let stands = known.or(slot.stage.rules_version()) == Some(&rules.version);
        if stands || self.publish_rules(rules)? {
            slot.rules_told = Some(rules.version.clone());
        }
        Ok(())
    }

    fn publish_rules(&self, rules: &RuleSet) -> Result<bool, RunError> {
        let mut batch = BatchBuilder::default();
        batch.push(&rules.record()).map_err(RunError::Encode)?;
        let set = DeliverySet::open();
        for partition in (1..self.activity.partitions).map(Partition) {
            let to = Destination { topic: &self.activity.name, partition, key: None };
            self.producer.send(to, batch.as_bytes(), Some(&set))?;
        }
        set.seal();
        if !self.producer.wait_delivered(&[set], Instant::now() + RULES_WITHIN) {
            return Ok(false);
        }
        let to = Destination { topic: &self.activity.name, partition: Partition(0), key: None };
        self.producer.send(to, batch.as_bytes(), None)?;
        tracing::info!(version = rules.version, "the configured rules are published");
        Ok(true)
    }
}

/// Records that detect makes for the log, a batch a partition.
pub struct LogRecords<'a> {
    publisher: &'a Publisher,
    batches: BTreeMap<Partition, BatchBuilder>,
}

impl LogRecords<'_> {
    /// Adds an encoded record; sends what is full. The records of one partition stay in order.
    ///
    /// # Errors
    /// [`RunError`] if they cannot be sent.
    pub fn push(&mut self, to: To, record: &[u8], set: &Arc<DeliverySet>) -> Result<(), RunError> {
        let all = match to {
            To::One(partition) => partition.0..partition.0 + 1,
            To::All => 0..self.publisher.activity.partitions,
        };
        for partition in all.map(Partition) {
            let batch = self.batches.entry(partition).or_default();
            batch.push_encoded(record);
            if batch.is_full() {
                self.publisher.send_batch(partition, batch, set)?;
                batch.clear();
            }
        }
        Ok(())
    }

    /// Sends the rest.
    ///
    /// # Errors
    /// [`RunError`] if it cannot be sent.
    pub fn send(self, set: &Arc<DeliverySet>) -> Result<(), RunError> {
        for (partition, batch) in &self.batches {
            if !batch.is_empty() {
                self.publisher.send_batch(*partition, batch, set)?;
            }
        }
        Ok(())
    }
}

fn status(incident: &Incident) -> &'static str {
    use crate::core::incident::Status;
    match incident.status {
        Status::Opened => "opened",
        Status::Escalated => "escalated",
        Status::Updated => "updated",
        Status::Resolved => "resolved",
    }
}

fn severity(incident: &Incident) -> &'static str {
    use crate::core::incident::Severity;
    match incident.severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Page => "page",
    }
}
