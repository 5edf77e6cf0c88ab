//! What the topics are to be.

use crate::config::settings::{InternalTopic, TopicSettings, TopicsSettings};
use crate::core::time::Millis;

/// Copies of each partition where there are brokers enough.
const DEFAULT_COPIES: u16 = 3;
/// A rejected record may carry a whole source record (1 MiB), base64-encoded, and a control record all rule files.
const MAX_MESSAGE_BYTES: i64 = 2 * 1024 * 1024;

/// For what a topic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// One that only Leakwatch writes and reads.
    Internal(InternalTopic),
    /// One that a sink writes and others read.
    Sink,
}

impl Part {
    /// `sink`, or its key under `topics`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internal(topic) => topic.key(),
            Self::Sink => "sink",
        }
    }
}

/// A topic as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// For what it is.
    pub part: Part,
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: u32,
    /// How many copies of each.
    pub copies: u16,
    /// Its settings.
    pub settings: Vec<(&'static str, Bound)>,
}

/// What a setting is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Exactly this.
    Is(&'static str),
    /// This number or more; more is not taken back.
    AtLeast(i64),
    /// This span in milliseconds or longer; longer, or for ever (`-1`), is not taken back.
    Kept(Millis),
}

impl Bound {
    /// The value that a new topic gets.
    pub fn value(self) -> String {
        match self {
            Self::Is(value) => value.to_owned(),
            Self::AtLeast(number) => number.to_string(),
            Self::Kept(span) => span.as_millis().to_string(),
        }
    }
}

/// Every topic that is written, as it is to be on a cluster of `brokers`: the internal ones, then those of `sinks`.
///
/// What a sink writes are incidents, so its topic is to be as that of the incidents is.
pub fn wanted<'t>(topics: &TopicsSettings, sinks: impl Iterator<Item = &'t str>, brokers: usize) -> Vec<Wanted> {
    let most = u16::try_from(brokers.max(1)).unwrap_or(u16::MAX);
    let copies = topics.replication_factor.unwrap_or(DEFAULT_COPIES.min(most));
    let in_sync = topics.min_insync_replicas.unwrap_or(if copies >= 3 { 2 } else { 1 });
    let wanted = |part, name: &str, like: &TopicSettings| Wanted {
        part,
        name: name.to_owned(),
        partitions: like.partitions,
        copies,
        settings: settings(like, in_sync),
    };
    let internal = topics.iter().map(|(topic, settings)| wanted(Part::Internal(topic), &settings.name, settings));
    let incidents = topics.get(InternalTopic::Incidents);
    internal.chain(sinks.map(|name| wanted(Part::Sink, name, incidents))).collect()
}

fn settings(topic: &TopicSettings, in_sync: u16) -> Vec<(&'static str, Bound)> {
    vec![
        ("cleanup.policy", Bound::Is("delete")),
        ("retention.ms", Bound::Kept(topic.retention)),
        // Kept by time alone: a limit in bytes would lose records early, when there are most of them.
        ("retention.bytes", Bound::Is("-1")),
        ("min.insync.replicas", Bound::AtLeast(i64::from(in_sync))),
        ("unclean.leader.election.enable", Bound::Is("false")),
        ("max.message.bytes", Bound::AtLeast(MAX_MESSAGE_BYTES)),
        // As the producer packed it: the broker need not unpack and pack again.
        ("compression.type", Bound::Is("producer")),
    ]
}
