//! The consumer's settings and callbacks. Callbacks only take notes; the poll thread acts on them.

use super::batch::Generation;
use super::topics_table::{TopicPartition, TopicTable};
use crate::io::lifecycle::lock;
use crate::io::metrics::KafkaMetrics;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// How often the client reports its statistics: the lag's resolution.
const STATISTICS_INTERVAL_MS: &str = "1000";
/// How many KiB the client may read ahead, over all partitions.
const READ_AHEAD_KIB: &str = "32768";
/// The group waits this long for a member that is alive and not polling.
const MAX_POLL_INTERVAL_MS: &str = "300000";

/// A member that is gone is noticed, and a rebalance goes round, within seconds: the defaults take 45 and 3.
const UNLESS_SET: [(&str, &str); 2] = [("session.timeout.ms", "10000"), ("heartbeat.interval.ms", "1000")];

/// What everybody who reads sets on top of the connection: the client commits nothing by itself, and what is not there
/// is an error.
pub(super) fn reading_config(connection: &ClientConfig, group: &str) -> ClientConfig {
    let mut config = connection.clone();
    for (key, value) in [
        ("group.id", group),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        // The default of 1,000 ms halves the throughput once the client's queue has been full.
        ("fetch.queue.backoff.ms", "1"),
        ("queued.max.messages.kbytes", READ_AHEAD_KIB),
    ] {
        config.set(key, value);
    }
    config
}

/// The settings that carry correctness in a group.
pub fn consumer_config(connection: &ClientConfig, group: &str) -> ClientConfig {
    let mut config = reading_config(connection, group);
    for (key, value) in [
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("max.poll.interval.ms", MAX_POLL_INTERVAL_MS),
        ("statistics.interval.ms", STATISTICS_INTERVAL_MS),
        ("enable.partition.eof", "false"),
    ] {
        config.set(key, value);
    }
    for (key, value) in UNLESS_SET {
        if config.get(key).is_none() {
            config.set(key, value);
        }
    }
    config
}

/// Passes the client's own log on.
pub fn log_line(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::error!(target: "librdkafka", facility, "{message}");
        }
        RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", facility, "{message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(target: "librdkafka", facility, "{message}");
        }
        RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
    }
}

/// A change of the assignment that the group asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Read these too.
    Assign(Vec<TopicPartition>),
    /// Read these no more. `lost` where another member may read them already.
    Revoke {
        /// Which.
        partitions: Vec<TopicPartition>,
        /// Whether they are already somebody else's.
        lost: bool,
    },
}

/// What the callbacks have noted.
#[derive(Debug)]
pub struct Notes {
    stage: &'static str,
    topics: Arc<TopicTable>,
    metrics: KafkaMetrics,
    changes: Mutex<VecDeque<Change>>,
    lag: Mutex<HashMap<TopicPartition, i64>>,
    closing: AtomicBool,
    joined: AtomicBool,
    answering: AtomicBool,
    commits_pending: AtomicI64,
    commit_failed: AtomicBool,
}

impl Notes {
    /// Nothing noted.
    pub fn new(stage: &'static str, topics: Arc<TopicTable>, metrics: KafkaMetrics) -> Self {
        Self {
            stage,
            topics,
            metrics,
            changes: Mutex::default(),
            lag: Mutex::default(),
            closing: AtomicBool::new(false),
            joined: AtomicBool::new(false),
            answering: AtomicBool::new(false),
            commits_pending: AtomicI64::new(0),
            commit_failed: AtomicBool::new(false),
        }
    }

    /// The oldest change that nobody has acted on.
    pub fn next_change(&self) -> Option<Change> {
        lock(&self.changes).pop_front()
    }

    /// From here on revocations are answered at once: everything has been drained.
    pub fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    /// Whether the group has given this member an assignment, perhaps an empty one.
    pub fn has_joined(&self) -> bool {
        self.joined.load(Ordering::Relaxed)
    }

    /// Whether it has joined, and no assignment waits to be prepared.
    pub fn is_settled(&self) -> bool {
        self.has_joined() && !self.answering.load(Ordering::Relaxed) && lock(&self.changes).is_empty()
    }

    /// An assignment is being prepared, or no longer is.
    pub fn set_answering(&self, answering: bool) {
        self.answering.store(answering, Ordering::Relaxed);
    }

    /// Records behind the log's end, as the client last said.
    pub fn lag(&self, partition: TopicPartition) -> Option<i64> {
        lock(&self.lag).get(&partition).copied()
    }

    /// Forgets the lag of partitions that are no longer read.
    pub fn forget(&self, partitions: &[TopicPartition]) {
        let mut lag = lock(&self.lag);
        for partition in partitions {
            lag.remove(partition);
            let number = partition.partition.to_string();
            let _ = self.metrics.lag.remove_label_values(&[self.topics.name(partition.topic), &number]);
        }
    }

    /// A commit was asked for.
    pub fn commit_sent(&self) {
        self.commits_pending.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether commits are still unanswered.
    pub fn has_pending_commits(&self) -> bool {
        self.commits_pending.load(Ordering::SeqCst) > 0
    }

    /// Whether a commit has failed since the last call.
    pub fn take_commit_failure(&self) -> bool {
        self.commit_failed.swap(false, Ordering::SeqCst)
    }

    fn partitions(&self, list: &TopicPartitionList) -> Vec<TopicPartition> {
        list.elements().iter().filter_map(|e| self.topics.locate(e.topic(), e.partition())).collect()
    }

    fn note(&self, change: Change) {
        let event = match change {
            Change::Assign(_) => "assign",
            Change::Revoke { lost: false, .. } => "revoke",
            Change::Revoke { lost: true, .. } => "lost",
        };
        self.metrics.rebalances.with_label_values(&[self.stage, event]).inc();
        tracing::info!(stage = self.stage, ?change, "rebalance");
        lock(&self.changes).push_back(change);
    }

    fn note_lag(&self, statistics: &Statistics) {
        let mut lag = lock(&self.lag);
        for topic in statistics.topics.values() {
            for (number, partition) in &topic.partitions {
                let (Some(at), true) = (self.topics.locate(&topic.topic, *number), partition.fetch_state == "active")
                else {
                    continue;
                };
                let read = partition.app_offset.max(partition.lo_offset);
                if partition.hi_offset < 0 || read < 0 {
                    continue;
                }
                let behind = (partition.hi_offset - read).max(0);
                lag.insert(at, behind);
                self.metrics.lag.with_label_values(&[&topic.topic, &number.to_string()]).set(behind);
            }
        }
    }
}

/// The consumer's context: hands every callback to [`Notes`].
#[derive(Clone, Debug)]
pub struct ReaderContext(pub Arc<Notes>);

impl ClientContext for ReaderContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log_line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.metrics.client_errors.with_label_values(&[self.0.stage]).inc();
        tracing::warn!(stage = self.0.stage, %error, reason, "kafka client");
    }

    fn stats(&self, statistics: Statistics) {
        if statistics.cgrp.as_ref().is_some_and(|group| group.join_state == "steady") {
            self.0.joined.store(true, Ordering::Relaxed);
        }
        self.0.note_lag(&statistics);
    }
}

impl ConsumerContext for ReaderContext {
    /// Takes a note. The client waits for the poll thread's answer, which may come after this returns: restoring and
    /// draining then never block the thread that keeps the membership alive.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let partitions = self.0.partitions(list);
        match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.0.joined.store(true, Ordering::Relaxed);
                self.0.note(Change::Assign(partitions));
            }
            _ if self.0.closing.load(Ordering::SeqCst) => {
                if let Err(error) = consumer.incremental_unassign(list) {
                    tracing::debug!(stage = self.0.stage, %error, "unassign while closing");
                }
            }
            _ => self.0.note(Change::Revoke { partitions, lost: consumer.assignment_lost() }),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        self.0.commits_pending.fetch_sub(1, Ordering::SeqCst);
        if let Err(error) = result {
            self.0.commit_failed.store(true, Ordering::SeqCst);
            self.0.metrics.commit_failures.with_label_values(&[self.0.stage]).inc();
            tracing::warn!(stage = self.0.stage, %error, "offsets were not committed; they will be again");
        }
    }
}

/// Numbers the assignments of one consumer.
#[derive(Debug, Default)]
pub struct Generations(u64);

impl Generations {
    /// A number not given before.
    pub fn fresh(&mut self) -> Generation {
        self.0 += 1;
        Generation(self.0)
    }
}
