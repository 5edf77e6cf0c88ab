//! `topics`, checked.

use super::checker::Checker;
use crate::config::document::At;
use crate::config::raw::{Partitions, Retention, Span, Topics};
use crate::core::time::Millis;

/// A topic that Leakwatch itself writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the key of the same name under `topics`")]
pub enum InternalTopic {
    Activity,
    Incidents,
    Shadow,
    Rejected,
    Verdicts,
    Audit,
    DeadLetters,
    Heartbeats,
}

impl InternalTopic {
    /// Every internal topic.
    pub const ALL: [Self; 8] = [
        Self::Activity,
        Self::Incidents,
        Self::Shadow,
        Self::Rejected,
        Self::Verdicts,
        Self::Audit,
        Self::DeadLetters,
        Self::Heartbeats,
    ];

    /// Its key under `topics`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Incidents => "incidents",
            Self::Shadow => "shadow",
            Self::Rejected => "rejected",
            Self::Verdicts => "verdicts",
            Self::Audit => "audit",
            Self::DeadLetters => "dead_letters",
            Self::Heartbeats => "heartbeats",
        }
    }

    pub(super) fn raw_name(self, topics: &Topics) -> &str {
        match self {
            Self::Activity => &topics.activity,
            Self::Incidents => &topics.incidents,
            Self::Shadow => &topics.shadow,
            Self::Rejected => &topics.rejected,
            Self::Verdicts => &topics.verdicts,
            Self::Audit => &topics.audit,
            Self::DeadLetters => &topics.dead_letters,
            Self::Heartbeats => &topics.heartbeats,
        }
    }

    const fn raw_retention(self, retention: &Retention) -> Span {
        match self {
            Self::Activity => retention.activity,
            Self::Incidents => retention.incidents,
            Self::Shadow => retention.shadow,
            Self::Rejected => retention.rejected,
            Self::Verdicts => retention.verdicts,
            Self::Audit => retention.audit,
            Self::DeadLetters => retention.dead_letters,
            Self::Heartbeats => retention.heartbeats,
        }
    }

    const fn raw_partitions(self, partitions: &Partitions) -> u32 {
        match self {
            Self::Activity => partitions.activity,
            Self::Incidents => partitions.incidents,
            Self::Shadow => partitions.shadow,
            Self::Rejected => partitions.rejected,
            Self::Verdicts => partitions.verdicts,
            Self::Audit => partitions.audit,
            Self::DeadLetters => partitions.dead_letters,
            Self::Heartbeats => partitions.heartbeats,
        }
    }
}

/// What one internal topic is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSettings {
    /// Its name.
    pub name: String,
    /// How long it keeps its records.
    pub retention: Millis,
    /// How many partitions it is created with.
    pub partitions: u32,
}

/// The topics that Leakwatch itself writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicsSettings {
    /// In the order of [`InternalTopic::ALL`].
    topics: [TopicSettings; 8],
    /// Copies of each partition, where the file says it.
    pub replication_factor: Option<u16>,
    /// Copies that must have a record before it counts as written, where the file says it.
    pub min_insync_replicas: Option<u16>,
}

impl TopicsSettings {
    /// What `topic` is to be.
    pub fn get(&self, topic: InternalTopic) -> &TopicSettings {
        &self.topics[topic as usize]
    }

    /// The name of `topic`.
    pub fn name(&self, topic: InternalTopic) -> &str {
        &self.get(topic).name
    }

    /// Every topic, in the order of [`InternalTopic::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (InternalTopic, &TopicSettings)> {
        InternalTopic::ALL.into_iter().zip(&self.topics)
    }
}

impl Default for TopicsSettings {
    fn default() -> Self {
        let raw = Topics::default();
        Self {
            topics: InternalTopic::ALL.map(|topic| settings(topic, &raw)),
            replication_factor: None,
            min_insync_replicas: None,
        }
    }
}

const MAX_PARTITIONS: u64 = 10_000;
const MAX_REPLICATION: u64 = 15;
/// The longest name that Kafka takes.
const MAX_NAME_BYTES: usize = 249;
const RETENTION_MIN: Millis = Millis::from_hours(24);
const RETENTION_MAX: Millis = Millis::from_days(3_660);

fn settings(topic: InternalTopic, raw: &Topics) -> TopicSettings {
    TopicSettings {
        name: topic.raw_name(raw).to_owned(),
        retention: topic.raw_retention(&raw.retention).0,
        partitions: topic.raw_partitions(&raw.partitions),
    }
}

pub(super) fn check(raw: &Topics, checker: &mut Checker<'_>) -> TopicsSettings {
    let at = At::ROOT.key("topics");
    for (index, topic) in InternalTopic::ALL.into_iter().enumerate() {
        let name_at = at.key(topic.key());
        check_name(topic.raw_name(raw), &name_at, checker);
        let earlier = &InternalTopic::ALL[..index];
        if let Some(first) = earlier.iter().find(|other| other.raw_name(raw) == topic.raw_name(raw)) {
            checker.fail(&name_at, format!("expected a topic of its own, but it is that of topics.{}", first.key()));
        }
        let retention = topic.raw_retention(&raw.retention);
        checker.span(&at.key("retention").key(topic.key()), retention, RETENTION_MIN..=RETENTION_MAX);
        let partitions = topic.raw_partitions(&raw.partitions);
        checker.number(&at.key("partitions").key(topic.key()), partitions, 1..=MAX_PARTITIONS);
    }
    check_replication(raw, &at, checker);
    TopicsSettings {
        topics: InternalTopic::ALL.map(|topic| settings(topic, raw)),
        replication_factor: raw.replication_factor,
        min_insync_replicas: raw.min_insync_replicas,
    }
}

fn check_replication(raw: &Topics, at: &At<'_>, checker: &mut Checker<'_>) {
    if let Some(factor) = raw.replication_factor {
        checker.number(&at.key("replication_factor"), factor, 1..=MAX_REPLICATION);
    }
    if let Some(insync) = raw.min_insync_replicas {
        let most = raw.replication_factor.map_or(MAX_REPLICATION, u64::from);
        checker.number(&at.key("min_insync_replicas"), insync, 1..=most.max(1));
    }
}

/// A name that Kafka takes.
pub(super) fn check_name(name: &str, at: &At<'_>, checker: &mut Checker<'_>) {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let dots = matches!(name, "." | "..");
    if name.is_empty() || name.len() > MAX_NAME_BYTES || dots || !name.bytes().all(legal) {
        checker.fail(
            at,
            format!("expected a topic name: 1 to {MAX_NAME_BYTES} of the characters a-z, A-Z, 0-9, `.`, `-`, `_`"),
        );
    }
}
