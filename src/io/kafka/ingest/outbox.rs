//! What a worker has made and not yet sent: one batch for each partition of the activity log.

use super::super::deliveries::DeliverySet;
use super::super::error::RunError;
use super::super::producer::{Destination, Producer};
use super::super::services::partition_of_key;
use super::super::stages::{IngestOut, RejectedRecord, SourceRecord};
use crate::core::activity::{BatchBuilder, Control, Record};
use crate::core::event::FieldSet;
use crate::core::units::Partition;
use crate::io::metrics::IngestMetrics;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use std::sync::Arc;

/// A rejected value larger than this is not kept: the line must fit into a message.
const MAX_KEPT_VALUE: usize = 512 * 1024;
/// The reason of a record that ended too many processes.
const SET_ASIDE: &str = "set_aside";

/// A topic that is written to, and how many partitions it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutTopic {
    /// Its name.
    pub name: String,
    /// Its partitions.
    pub partitions: u32,
}

/// Where ingest writes.
#[derive(Clone, Debug)]
pub struct OutTopics {
    /// The activity log.
    pub activity: OutTopic,
    /// Rejected records.
    pub rejected: OutTopic,
    /// Whether a rejected record's value is kept.
    pub keep_value: bool,
}

/// One line of the rejected topic.
#[derive(Serialize)]
struct RejectedLine<'a> {
    topic: &'a str,
    partition: u32,
    offset: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    reason: &'a str,
    detail: &'a str,
    /// The value's keyed digest, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
}

/// A worker's batches and the deliveries they belong to.
pub struct Outbox {
    topics: Arc<OutTopics>,
    producer: Producer,
    metrics: IngestMetrics,
    batches: Vec<BatchBuilder>,
    set: Arc<DeliverySet>,
    emitted: u64,
    failure: Option<RunError>,
}

impl Outbox {
    /// Empty.
    pub fn new(topics: Arc<OutTopics>, producer: Producer, metrics: IngestMetrics) -> Self {
        let batches = (0..topics.activity.partitions).map(|_| BatchBuilder::default()).collect();
        Self { topics, producer, metrics, batches, set: DeliverySet::open(), emitted: 0, failure: None }
    }

    /// Sends everything. The set that comes back is delivered once all that was put in since the last call is.
    ///
    /// # Errors
    /// The first [`RunError`] since the last call.
    pub fn flush(&mut self) -> Result<Arc<DeliverySet>, RunError> {
        for at in 0..self.batches.len() {
            self.send_batch(at)?;
        }
        self.check()?;
        self.metrics.emitted.inc_by(std::mem::take(&mut self.emitted));
        let set = std::mem::replace(&mut self.set, DeliverySet::open());
        set.seal();
        Ok(set)
    }

    /// Puts a record that is no source's into every partition's batch.
    ///
    /// # Errors
    /// [`RunError`] if it cannot be sent.
    pub fn tell_all(&mut self, record: &Record<'_>) -> Result<(), RunError> {
        for at in 0..self.batches.len() {
            self.batches[at].push(record).map_err(RunError::Encode)?;
            if self.batches[at].is_full() {
                self.send_batch(at)?;
            }
        }
        Ok(())
    }

    /// The first failure since the last call.
    ///
    /// # Errors
    /// That failure.
    pub fn check(&mut self) -> Result<(), RunError> {
        self.failure.take().map_or(Ok(()), Err)
    }

    fn emit(&mut self, to: Partition, record: &Record<'_>) -> Result<(), RunError> {
        let at = to.0 as usize;
        let batch = self.batches.get_mut(at);
        let batch = batch.ok_or(RunError::Route { to, partitions: self.topics.activity.partitions })?;
        batch.push(record).map_err(RunError::Encode)?;
        self.emitted += 1;
        if batch.is_full() { self.send_batch(at) } else { Ok(()) }
    }

    fn send_batch(&mut self, at: usize) -> Result<(), RunError> {
        let batch = &mut self.batches[at];
        if batch.is_empty() {
            return Ok(());
        }
        let partition = Partition(u32::try_from(at).unwrap_or(u32::MAX));
        let to = Destination { topic: &self.topics.activity.name, partition, key: None };
        self.producer.send(to, batch.as_bytes(), Some(&self.set))?;
        batch.clear();
        Ok(())
    }

    fn reject(&mut self, topic: &str, record: &SourceRecord<'_>, why: RejectedRecord<'_>) -> Result<(), RunError> {
        self.metrics.rejected.with_label_values(&[why.reason]).inc();
        let kept = self.topics.keep_value && record.payload.len() <= MAX_KEPT_VALUE;
        let line = RejectedLine {
            topic,
            partition: record.partition.0,
            offset: record.offset.0,
            index: why.index,
            reason: why.reason,
            detail: why.detail,
            digest: why.digest.map(|tag| format!("{:016x}", tag.0)),
            value_base64: kept.then(|| BASE64.encode(record.payload)),
        };
        let key = format!("{topic}/{}/{}", record.partition, record.offset);
        let rejected = &self.topics.rejected;
        let partition = partition_of_key(key.as_bytes(), rejected.partitions);
        let to = Destination { topic: &rejected.name, partition, key: Some(key.as_bytes()) };
        self.producer.send(to, &serde_json::to_vec(&line)?, Some(&self.set))
    }

    fn keep(&mut self, done: Result<(), RunError>) {
        if let Err(error) = done {
            self.failure.get_or_insert(error);
        }
    }
}

/// The outbox as a stage sees it while it handles one record.
pub struct RecordOut<'a> {
    outbox: &'a mut Outbox,
    topic: &'a str,
    record: &'a SourceRecord<'a>,
    /// Records emitted for this one.
    pub emitted: u32,
    /// Rejects for this one.
    pub rejected: u32,
}

impl<'a> RecordOut<'a> {
    /// For `record` of `topic`.
    pub fn new(outbox: &'a mut Outbox, topic: &'a str, record: &'a SourceRecord<'a>) -> Self {
        Self { outbox, topic, record, emitted: 0, rejected: 0 }
    }

    /// The record is left out: a line among the rejected ones, and a control record that says so.
    pub fn set_aside(&mut self) {
        let detail = "it ended the process each time it was handled";
        self.reject(RejectedRecord { reason: SET_ASIDE, detail, index: None, digest: None });
        let partition = partition_of_key(self.topic.as_bytes(), self.outbox.topics.activity.partitions);
        let (source, noticed) = (self.topic, self.record.received);
        let control =
            Control::SetAside { source, partition: self.record.partition, offset: self.record.offset.0, noticed };
        let done = self.outbox.emit(partition, &Record::Control(control));
        self.outbox.keep(done);
    }
}

impl IngestOut for RecordOut<'_> {
    fn emit(&mut self, to: Partition, record: &Record<'_>) {
        self.emitted += 1;
        let done = self.outbox.emit(to, record);
        self.outbox.keep(done);
    }

    fn reject(&mut self, rejected: RejectedRecord<'_>) {
        self.rejected += 1;
        let done = self.outbox.reject(self.topic, self.record, rejected);
        self.outbox.keep(done);
    }

    fn unknown_fields(&mut self, fields: FieldSet) {
        for field in fields.iter() {
            self.outbox.metrics.unknown_fields.with_label_values(&[field.name()]).inc();
        }
    }
}
