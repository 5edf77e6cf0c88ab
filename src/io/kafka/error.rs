//! What can end the runtime.

use crate::core::activity::CodecError;
use crate::core::units::Partition;
use crate::io::snapshots::SnapshotError;
use rdkafka::error::KafkaError;
use std::time::Duration;
use thiserror::Error;

/// Why the runtime on Kafka cannot go on.
#[derive(Debug, Error)]
pub enum RunError {
    /// The client could not be made, or a request to the broker failed.
    #[error("{doing}")]
    Kafka {
        /// What was attempted.
        doing: String,
        /// The client's answer.
        source: KafkaError,
    },
    /// The client itself says that it cannot go on.
    #[error("the kafka client of {stage} gave up: {reason}")]
    ClientFatal {
        /// Whose client.
        stage: &'static str,
        /// The client's reason.
        reason: String,
    },
    /// A message was not delivered, so nothing that depends on it may be committed.
    #[error("a message to {topic} [{partition}] was not delivered")]
    Undelivered {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The client's reason.
        source: KafkaError,
    },
    /// A topic that is needed is not there.
    #[error("topic {topic} does not exist: `leakwatch topics apply` creates what is missing")]
    TopicMissing {
        /// The topic.
        topic: String,
    },
    /// The next offset to read is gone while reading.
    #[error("{stage}: the next offset to read is no longer there; the restart records the gap")]
    OffsetGone {
        /// Which stage was reading.
        stage: &'static str,
    },
    /// A log that is read to a known end does not go on.
    #[error("{topic} [{partition}]: expected the next message within {} s", within.as_secs())]
    Stalled {
        /// The topic.
        topic: String,
        /// The partition.
        partition: Partition,
        /// How long it was waited for.
        within: Duration,
    },
    /// Snapshots were written for another number of partitions.
    #[error(
        "topic {topic} has {now} partitions, but its snapshots were written for {then}: \
         give it {then} partitions again, or move to a new activity topic and a new state.store"
    )]
    PartitionCount {
        /// The activity topic.
        topic: String,
        /// Its partitions now.
        now: u32,
        /// Its partitions when the snapshot was written.
        then: u32,
    },
    /// The activity log was written by a newer version.
    #[error("partition {partition} of the activity log cannot be read")]
    Log {
        /// The partition.
        partition: Partition,
        /// Why.
        source: CodecError,
    },
    /// A record could not be written.
    #[error("a record for the activity log could not be encoded")]
    Encode(#[source] CodecError),
    /// A stage sent a record to a partition that the activity log lacks.
    #[error("a record for partition {to} of the activity log, which has {partitions}")]
    Route {
        /// Where it should have gone.
        to: Partition,
        /// How many there are.
        partitions: u32,
    },
    /// A line could not be written as JSON.
    #[error("a line could not be written as json")]
    Json(#[from] serde_json::Error),
    /// The snapshots' store failed for good.
    #[error("the snapshots of partition {partition}")]
    Snapshot {
        /// Whose snapshot.
        partition: Partition,
        /// Why.
        source: SnapshotError,
    },
    /// A queue's other end is gone, because its thread ended.
    #[error("{what} has ended")]
    Ended {
        /// The thread.
        what: &'static str,
    },
    /// Waiting was given up because the process is ending.
    #[error("stopped while waiting")]
    Stopped,
    /// The operating system grants no thread.
    #[error("no thread")]
    Thread(#[from] std::io::Error),
}

impl RunError {
    /// [`Self::Kafka`], for `map_err`.
    pub fn kafka(doing: impl Into<String>) -> impl FnOnce(KafkaError) -> Self {
        let doing = doing.into();
        move |source| Self::Kafka { doing, source }
    }
}
