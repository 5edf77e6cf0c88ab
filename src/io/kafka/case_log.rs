//! What the console asks of Kafka besides incidents: what the actors of a case did, and verdicts to be kept.
//!
//! Timelines are read from the activity log when they are asked for, not from the engine's entities: the log also has
//! what other processes own and what happened before a restart, and the engine would have to keep counts a minute of
//! every entity for the few that are ever looked at.

use super::deliveries::DeliverySet;
use super::error::RunError;
use super::ingest::OutTopic;
use super::log_reader::{LogRange, LogReader};
use super::lookup::Lookup;
use super::producer::{Destination, Producer};
use super::services::partition_of_key;
use crate::core::activity::{Record, Standing};
use crate::core::cases::{Audited, Judgement, Timeline};
use crate::core::ingest::partition_of;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Offset, Partition};
use crate::io::lifecycle::lock;
use rdkafka::config::ClientConfig;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use thiserror::Error;

/// Messages of one partition that one timeline reads, at most: the newest.
const MAX_MESSAGES: u64 = 100_000;
/// An activity is written at most this long after it happened, or is not drawn.
const WRITTEN_WITHIN: Millis = Millis::from_hours(1);
const DELIVERED_WITHIN: Duration = Duration::from_secs(10);

/// Why a verdict is not kept.
#[derive(Debug, Error)]
pub enum JudgeError {
    /// It cannot be written down.
    #[error("a verdict as json")]
    Json(#[from] serde_json::Error),
    /// Kafka refuses.
    #[error(transparent)]
    Kafka(#[from] RunError),
    /// It may or may not have arrived.
    #[error("expected the verdict to be delivered within {} s", DELIVERED_WITHIN.as_secs())]
    Late,
}

/// The activity log, read on demand, and the verdicts topic.
pub struct CaseLog {
    lookup: Lookup,
    /// One timeline is read at a time: each is a scan.
    reader: Mutex<LogReader>,
    producer: Producer,
    activity: String,
    partitions: u32,
    verdicts: OutTopic,
    audit: OutTopic,
}

/// Which topics it reads and writes.
#[derive(Clone, Copy, Debug)]
pub struct CaseTopics<'a> {
    /// The activity log.
    pub activity: &'a str,
    /// Verdicts.
    pub verdicts: &'a str,
    /// Who changed what.
    pub audit: &'a str,
}

impl CaseLog {
    /// Asks on behalf of `group`; does not join it.
    ///
    /// # Errors
    /// [`RunError`] if a topic is missing or no broker answers.
    pub fn new(
        connection: &ClientConfig,
        group: &str,
        producer: Producer,
        topics: CaseTopics<'_>,
    ) -> Result<Self, RunError> {
        let lookup = Lookup::new(connection, group)?;
        let out = |name: &str| lookup.partitions(name).map(|partitions| OutTopic { name: name.to_owned(), partitions });
        Ok(Self {
            partitions: lookup.partitions(topics.activity)?,
            verdicts: out(topics.verdicts)?,
            audit: out(topics.audit)?,
            reader: Mutex::new(LogReader::new(connection, group, topics.activity)?),
            lookup,
            producer,
            activity: topics.activity.to_owned(),
        })
    }

    /// Fills `timeline` with what `actors` did. Blocks for as long as the log takes to read.
    ///
    /// # Errors
    /// [`RunError`] if the log cannot be read.
    pub fn draw(&self, actors: &BTreeSet<String>, timeline: &mut Timeline, until: EventTime) -> Result<(), RunError> {
        let homes: BTreeSet<u32> = actors.iter().map(|actor| partition_of(actor, self.partitions).0).collect();
        let reader = lock(&self.reader);
        for partition in homes.into_iter().map(Partition) {
            let range = self.range(partition, timeline.reads_from(), until)?;
            timeline.cut |= range.1;
            reader.records(range.0, |_, record, standing| match record {
                Record::Activity(activity) if standing == Standing::Applied && actors.contains(activity.actor) => {
                    timeline.take(activity);
                }
                Record::Activity(_)
                | Record::Tick(_)
                | Record::Control(_)
                | Record::Pool(_)
                | Record::Roles(_)
                | Record::Source(_)
                | Record::SourceRows(_) => {}
            })?;
        }
        Ok(())
    }

    /// Keeps a verdict in place of `before`, and who gave it; returns once the broker has both. What cannot be audited is
    /// not done.
    ///
    /// # Errors
    /// [`JudgeError`]
    pub fn judge(&self, judgement: &Judgement, before: Option<Judgement>) -> Result<(), JudgeError> {
        let audited = Audited::verdict(before, judgement.clone());
        self.audit(&audited)?;
        self.send(&self.verdicts, &judgement.case.0, judgement)
    }

    /// Keeps who did what; returns once the broker has it.
    ///
    /// # Errors
    /// [`JudgeError`]
    pub fn audit(&self, audited: &Audited) -> Result<(), JudgeError> {
        self.send(&self.audit, &audited.about, audited)
    }

    fn send(&self, to: &OutTopic, key: &str, line: &impl Serialize) -> Result<(), JudgeError> {
        let (key, line) = (key.as_bytes(), serde_json::to_vec(line)?);
        let partition = partition_of_key(key, to.partitions);
        let set = DeliverySet::open();
        self.producer.send(Destination { topic: &to.name, partition, key: Some(key) }, &line, Some(&set))?;
        set.seal();
        let delivered = self.producer.wait_delivered(&[set], Instant::now() + DELIVERED_WITHIN);
        delivered.then_some(()).ok_or(JudgeError::Late)
    }

    /// What was written in the meantime, and whether its beginning is left out.
    fn range(&self, partition: Partition, from: EventTime, to: EventTime) -> Result<(LogRange, bool), RunError> {
        let ends = self.lookup.ends(&self.activity, partition)?;
        // A broker that keeps no index of times is read from the beginning.
        let at = |time| self.lookup.offset_at(&self.activity, partition, time).ok().flatten();
        let high = at(to.plus(WRITTEN_WITHIN)).map_or(ends.high, |later| later.min(ends.high));
        let wanted = at(from).map_or(ends.low, |begin| begin.clamp(ends.low, high));
        let newest = Offset(high.0.saturating_sub(MAX_MESSAGES));
        Ok((LogRange { partition, from: wanted.max(newest), to: high }, wanted < newest))
    }
}
