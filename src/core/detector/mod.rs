//! Detect: a deterministic state machine over one partition of the activity log.
//!
//! Its state after a position depends on the records up to it alone.

use crate::core::activity::Record;
use crate::core::incident::Incident;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Partition, Position};
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
}

/// What a step may give out.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A revision of an incident.
    Incident(Box<Incident>),
}

/// Sizes worth watching.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetectorStats {
    /// Actors and other entities with state.
    pub entities: u64,
    /// Customer tags kept.
    pub tags: u64,
    /// Incidents open now.
    pub open_incidents: u64,
    /// Events dropped because their origin had been seen.
    pub duplicates: u64,
    /// Events later than the lateness.
    pub too_late: u64,
    /// Events whose time lay too far ahead.
    pub future: u64,
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
    /// Cut, or changed.
    #[error("snapshot state is damaged")]
    Damaged,
}

/// The state of one partition.
#[derive(Debug)]
pub struct Detector {
    settings: DetectorSettings,
    last: Option<Position>,
}

impl Detector {
    /// A detector that has read nothing.
    pub fn new(settings: DetectorSettings) -> Self {
        Self { settings, last: None }
    }

    /// Applies the record at `position`; outputs are appended to `out`, in order.
    pub fn apply(&mut self, position: Position, _record: &Record<'_>, _out: &mut Vec<Output>) {
        self.last = Some(position);
    }

    /// The last position applied.
    pub fn position(&self) -> Option<Position> {
        self.last
    }

    /// The state as bytes; equal states give equal bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        Vec::new()
    }

    /// A detector that goes on after the snapshot's position.
    ///
    /// # Errors
    /// [`StateError`], if the bytes are not a snapshot of this partition.
    pub fn restore(settings: DetectorSettings, _state: &[u8]) -> Result<Self, StateError> {
        Ok(Self::new(settings))
    }

    /// Sizes worth watching.
    pub fn stats(&self) -> DetectorStats {
        DetectorStats::default()
    }

    /// The partition it owns.
    pub fn partition(&self) -> Partition {
        self.settings.partition
    }
}
