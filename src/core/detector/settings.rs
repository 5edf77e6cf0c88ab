//! What a detector is told, and what it tells.

use crate::core::incident::{EntityKind, Incident};
use crate::core::time::{EventTime, Millis};
use crate::core::units::Partition;
use thiserror::Error;

/// What a detector is told once.
#[derive(Clone, Debug)]
pub struct DetectorSettings {
    /// The partition of the activity log it owns.
    pub partition: Partition,
    /// How many partitions the log has.
    pub partitions: u32,
    /// How late an event may be and still find every window it belongs to.
    pub lateness: Millis,
    /// Actors that the directory does not know, at most; further ones share one entity a client address.
    pub max_unlisted: usize,
}

impl DetectorSettings {
    /// However many partitions share the entities, each keeps state of its own for at least so many unlisted actors.
    const MIN_UNLISTED: u64 = 1_000;
    /// Three eighths of all entities are for actors that the directory does not know, as many for client addresses: each
    /// of them may come from another. The rest is for whatever else is shared, and for those who stand for many.
    const UNLISTED_EIGHTHS: u64 = 3;
    /// Actors beyond the limit are told apart by address, at most so many addresses as this part of the limit.
    const ADDRESSES_PART: usize = 8;
    /// Of teams, destinations and domains there are at most so many each as this part of the limit.
    const SHARED_PART: usize = 6;

    /// Those of `partition`, one of `partitions` that keep `max_entities` between them beside the directory's actors.
    pub fn sharing(max_entities: u64, partition: Partition, partitions: u32, lateness: Millis) -> Self {
        let share = max_entities.saturating_mul(Self::UNLISTED_EIGHTHS) / 8 / u64::from(partitions.max(1));
        let max_unlisted = usize::try_from(share.max(Self::MIN_UNLISTED)).unwrap_or(usize::MAX);
        Self { partition, partitions, lateness, max_unlisted }
    }

    /// Actors that no directory knows, and addresses that stand for more of them, at most.
    pub(super) const fn max_strangers(&self) -> usize {
        self.max_unlisted.saturating_add(self.max_unlisted / Self::ADDRESSES_PART)
    }

    /// Entities of a kind that actors share, at most.
    pub(super) const fn max_shared(&self, kind: EntityKind) -> usize {
        match kind {
            EntityKind::ClientIp => self.max_unlisted,
            EntityKind::Team | EntityKind::Destination | EntityKind::Domain => self.max_unlisted / Self::SHARED_PART,
            // Neither is made by what others tell.
            EntityKind::Actor | EntityKind::Source => 0,
        }
    }
}

/// What a step may give out.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A revision of an incident.
    Incident(Box<Incident>),
    /// A record for the log, encoded as [`crate::core::activity::codec::encode`] does.
    Record {
        /// Which partitions it is for.
        to: To,
        /// The record.
        record: Vec<u8>,
    },
    /// The log's synthetic event has come by: for sinks, and never an incident.
    Heartbeat {
        /// When ingest made it.
        time: EventTime,
    },
}

/// Which partitions of the log a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// One.
    One(Partition),
    /// Every one.
    All,
}

/// Sizes worth watching.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetectorStats {
    /// Actors and other entities with state.
    pub entities: u64,
    /// Actors among them.
    pub actors: u64,
    /// Events dropped because their origin had been seen.
    pub duplicates: u64,
    /// Events dropped because the same id and content had been counted.
    pub repeated: u64,
    /// Events later than the lateness.
    pub too_late: u64,
    /// Events whose time lay too far ahead.
    pub future: u64,
    /// Events of unlisted actors that share an entity, because there are too many of them.
    pub crowded: u64,
    /// Gaps and incomplete states that the log told of.
    pub blind_spots: u64,
    /// Rule sets that could not be read.
    pub rules_refused: u64,
    /// How often somebody whom no directory knows was remembered for incidents alone; not kept in snapshots.
    pub kept_for_incidents: u64,
    /// How far time has come.
    pub watermark: Option<EventTime>,
}

/// Why a snapshot cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StateError {
    /// It was written for another layout of the log.
    #[error("snapshot is of partition {found} of {found_of}, expected {expected} of {expected_of}")]
    OtherPartition {
        /// The snapshot's partition.
        found: Partition,
        /// The snapshot's partition count.
        found_of: u32,
        /// The partition asked for.
        expected: Partition,
        /// The partition count now.
        expected_of: u32,
    },
    /// Written by another version.
    #[error("snapshot state has version {found}, expected {expected}")]
    Version {
        /// What the snapshot says.
        found: u8,
        /// What this build reads.
        expected: u8,
    },
    /// Cut, or changed.
    #[error("snapshot state is damaged")]
    Damaged,
}
