//! What partitions tell each other through the log, so that accounts that each stay small are counted together.
//!
//! Every record here was made by the detector of one partition while it applied one record. It is a function of that
//! partition's log alone, so every sender makes the same sequence: a receiver keeps the highest [`MadeBy`] of each
//! partition, and drops what is not above it.

use crate::core::event::EventKind;
use crate::core::incident::EntityKind;
use crate::core::time::EventTime;
use crate::core::units::{Partition, Position, Tag};
use crate::core::window::Sums;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// Which record made this one: partition, position, and a number among those made there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MadeBy {
    /// The partition whose detector made it.
    pub partition: Partition,
    /// What that detector had just read.
    pub position: Position,
    /// Which of the records made there.
    pub index: u32,
}

/// Activity as an entity that several actors share sees it: a destination, domain, team or client address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool<'a> {
    /// Who made it.
    pub made_by: MadeBy,
    /// What kind of entity it belongs to.
    pub kind: EntityKind,
    /// The entity.
    #[serde(borrow)]
    pub id: &'a str,
    /// A rule that counts it: it belongs to the events which that rule counts.
    #[serde(borrow)]
    pub rule: &'a str,
    /// When it happened; of several reads, the first one's time, of several sends the last one's.
    pub time: EventTime,
    /// When it arrived.
    pub received: EventTime,
    /// Query or egress.
    pub of: EventKind,
    /// The oldest open case of the actor, and when it was opened.
    #[serde(borrow)]
    pub case: Option<(&'a str, EventTime)>,
    /// Who did it.
    #[serde(borrow)]
    pub actor: &'a str,
    /// Nobody by name: the client address stands in for the actor.
    pub nameless: bool,
    /// The producer's id of the event; of several, the first one's.
    #[serde(borrow)]
    pub event: Option<&'a str>,
    /// What is added up.
    pub sums: Sums,
    /// Distinct customers that the actor read in the last 24 h.
    pub exposure: u64,
    /// Where it went.
    #[serde(borrow)]
    pub destination: Option<&'a str>,
    /// What was read.
    #[serde(borrow)]
    pub objects: SmallVec<[&'a str; 2]>,
    /// Customers, a list a kind.
    #[serde(borrow)]
    pub tags: SmallVec<[PoolTags<'a>; 1]>,
}

/// Customers of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolTags<'a> {
    /// The kind's name.
    #[serde(borrow)]
    pub kind: &'a str,
    /// Distinct tags, 8 bytes each, little-endian.
    #[serde(borrow, with = "serde_bytes")]
    pub tags: &'a [u8],
    /// One bit a tag, least significant first: the actor had itself read it before it was sent.
    #[serde(borrow, with = "serde_bytes")]
    pub overlap: &'a [u8],
    /// Whether it counts by a filter's word alone.
    pub tested: bool,
}

impl PoolTags<'_> {
    /// The tags, and whether each had been read before.
    pub fn iter(&self) -> impl Iterator<Item = (Tag, bool)> + '_ {
        let tags = self.tags.as_chunks::<8>().0.iter().map(|bytes| Tag(u64::from_le_bytes(*bytes)));
        tags.enumerate().map(|(at, tag)| (tag, super::record::bit(self.overlap, at)))
    }
}

/// What one partition learned of its actors' ordinary days, by rule and role: sent to all at the close of a UTC day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleFigures<'a> {
    /// Who made it.
    pub made_by: MadeBy,
    /// The day that closed, counted from the epoch.
    pub day: u32,
    /// A histogram a rule and role.
    #[serde(borrow)]
    pub roles: Vec<RoleHistogram<'a>>,
}

/// How many actors of a role have which largest value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleHistogram<'a> {
    /// The rule.
    #[serde(borrow)]
    pub rule: &'a str,
    /// The role.
    #[serde(borrow)]
    pub role: &'a str,
    /// Buckets of the values' logarithm with their number of actors, in order.
    pub buckets: Vec<(u16, u32)>,
}

/// What one partition saw of one source in one minute: sent to the partition that owns the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceFigures<'a> {
    /// Who made it.
    pub made_by: MadeBy,
    /// The source's number in origins.
    pub source: u64,
    /// What of it is watched by itself; empty for the source as a whole.
    #[serde(borrow)]
    pub part: &'a str,
    /// The newest arrival.
    pub last: EventTime,
    /// Events.
    pub events: u64,
    /// Events whose time lay too far ahead.
    pub future: u64,
    /// Actors seen for the first time that the directory does not know.
    pub new_unlisted: u64,
    /// Queries that told their rows.
    pub told: u32,
    /// Queries that did not.
    pub untold: u32,
}

/// How many of a source's queries tell their rows, by all partitions' figures: sent by its owner to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRows {
    /// Who made it.
    pub made_by: MadeBy,
    /// The source's number in origins.
    pub source: u64,
    /// Queries that told their rows.
    pub told: u32,
    /// Queries that did not.
    pub untold: u32,
}
