//! The newest snapshot of a partition that can be used, and which newer ones could not.

use super::super::error::RunError;
use super::super::stages::DetectStage;
use super::super::topics_table::TopicPartition;
use super::restore::StatePreparer;
use crate::core::activity::SkippedSnapshots;
use crate::core::detector::StateError;
use crate::core::units::Offset;
use crate::io::lifecycle::chain;
use crate::io::snapshots::{FormatError, Snapshot, SnapshotError, SnapshotName};
use std::error::Error;
use std::time::Duration;

/// The store is asked this often before the process gives up.
const STORE_ATTEMPTS: u32 = 6;
const STORE_FIRST_WAIT: Duration = Duration::from_millis(250);

/// A state, and the last offset that it holds.
pub(super) type Usable = (Offset, Box<dyn DetectStage>);

/// What the store has of a partition.
#[derive(Default)]
pub(super) struct Newest {
    /// The newest usable state.
    pub found: Option<Usable>,
    /// Newer ones that were of no use.
    pub skipped: SkippedSnapshots,
}

/// Why a snapshot is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    Damaged,
    Version,
    Foreign,
    /// It is whole, and the state inside is not.
    State,
    /// The state inside is another partition's.
    OtherState,
}

impl Unusable {
    const fn of_snapshot(error: &SnapshotError) -> Option<Self> {
        match error {
            SnapshotError::Foreign => Some(Self::Foreign),
            SnapshotError::Format(FormatError::Version { .. }) => Some(Self::Version),
            SnapshotError::Format(FormatError::Magic | FormatError::Damaged { .. } | FormatError::Encode { .. }) => {
                Some(Self::Damaged)
            }
            SnapshotError::Slow { .. } | SnapshotError::Store { .. } => None,
        }
    }

    const fn of_state(error: &StateError) -> Self {
        match error {
            StateError::Version { .. } => Self::Version,
            StateError::OtherPartition { .. } => Self::OtherState,
            StateError::Damaged => Self::State,
        }
    }

    /// The metric's label.
    const fn reason(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Version => "version",
            Self::Foreign => "foreign",
            Self::State | Self::OtherState => "state",
        }
    }

    const fn count(self, skipped: &mut SkippedSnapshots) {
        let count = match self {
            Self::Damaged | Self::State => &mut skipped.damaged,
            Self::Version => &mut skipped.version,
            Self::Foreign | Self::OtherState => &mut skipped.foreign,
        };
        *count = count.saturating_add(1);
    }
}

impl StatePreparer {
    pub(super) fn newest_usable(&self, at: TopicPartition) -> Result<Newest, RunError> {
        let mut newest = Newest::default();
        for name in self.list(at)? {
            match self.restored(at, &name)? {
                Ok(found) => {
                    newest.found = Some(found);
                    break;
                }
                Err(why) => why.count(&mut newest.skipped),
            }
        }
        Ok(newest)
    }

    fn restored(&self, at: TopicPartition, name: &SnapshotName) -> Result<Result<Usable, Unusable>, RunError> {
        let snapshot = match self.read(at, name)? {
            Ok(snapshot) => snapshot,
            Err(why) => return Ok(Err(why)),
        };
        self.same_count(&snapshot)?;
        let restored = self.factory.restore(at.partition, self.partitions, &snapshot.state);
        Ok(match restored {
            Ok(stage) => Ok((snapshot.header.position.offset, stage)),
            Err(error) => Err(self.unusable(at, name, Unusable::of_state(&error), &error)),
        })
    }

    pub(super) fn list(&self, at: TopicPartition) -> Result<Vec<SnapshotName>, RunError> {
        self.patiently(at, || self.store.list(at.partition))
    }

    /// One snapshot, or why the next older one has to do.
    pub(super) fn read(&self, at: TopicPartition, name: &SnapshotName) -> Result<Result<Snapshot, Unusable>, RunError> {
        self.patiently(at, || match self.store.read(at.partition, name) {
            Ok(snapshot) => Ok(Ok(snapshot)),
            Err(error) => match Unusable::of_snapshot(&error) {
                Some(why) => Ok(Err(self.unusable(at, name, why, &error))),
                None => Err(error),
            },
        })
    }

    fn unusable(&self, at: TopicPartition, name: &SnapshotName, why: Unusable, error: &dyn Error) -> Unusable {
        self.services.metrics.snapshots.unusable.with_label_values(&[why.reason()]).inc();
        tracing::warn!(partition = at.partition.0, offset = name.offset.0, %error, "snapshot passed over");
        why
    }

    /// Asks the store again where it does not answer: it may be away for a moment.
    fn patiently<T>(&self, at: TopicPartition, ask: impl Fn() -> Result<T, SnapshotError>) -> Result<T, RunError> {
        let mut wait = STORE_FIRST_WAIT;
        for _ in 1..STORE_ATTEMPTS {
            match ask() {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    tracing::warn!(partition = at.partition.0, error = chain(&error), "the state store; trying again");
                }
            }
            if self.services.lifecycle.sleep(wait) {
                return Err(RunError::Stopped);
            }
            wait *= 2;
        }
        ask().map_err(|source| RunError::Snapshot { partition: at.partition, source })
    }
}
