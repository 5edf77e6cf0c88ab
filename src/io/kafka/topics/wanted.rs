//! What the topics are to be.

use crate::config::settings::{InternalTopic, TopicSettings, TopicsSettings};
use crate::core::time::Millis;

/// Copies of each partition where there are brokers enough.
const DEFAULT_COPIES: u16 = 3;
/// A rejected record may carry a whole source record (1 MiB), base64-encoded, and a control record all rule files.
const MAX_MESSAGE_BYTES: i64 = 2 * 1024 * 1024;

/// A topic as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which of the internal topics.
    pub topic: InternalTopic,
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

/// The internal topics as they are to be on a cluster of `brokers`.
pub fn wanted(topics: &TopicsSettings, brokers: usize) -> Vec<Wanted> {
    let most = u16::try_from(brokers.max(1)).unwrap_or(u16::MAX);
    let copies = topics.replication_factor.unwrap_or(DEFAULT_COPIES.min(most));
    let in_sync = topics.min_insync_replicas.unwrap_or(if copies >= 3 { 2 } else { 1 });
    let wanted = |(topic, settings): (InternalTopic, &TopicSettings)| Wanted {
        topic,
        name: settings.name.clone(),
        partitions: settings.partitions,
        copies,
        settings: vec![
            ("cleanup.policy", Bound::Is("delete")),
            ("retention.ms", Bound::Kept(settings.retention)),
            // Kept by time alone: a limit in bytes would lose records early, when there are most of them.
            ("retention.bytes", Bound::Is("-1")),
            ("min.insync.replicas", Bound::AtLeast(i64::from(in_sync))),
            ("unclean.leader.election.enable", Bound::Is("false")),
            ("max.message.bytes", Bound::AtLeast(MAX_MESSAGE_BYTES)),
            // As the producer packed it: the broker need not unpack and pack again.
            ("compression.type", Bound::Is("producer")),
        ],
    };
    topics.iter().map(wanted).collect()
}
