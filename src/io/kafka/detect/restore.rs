//! A partition's state before its first record: the newest snapshot that can be used, and where to go on.

use super::super::deliveries::DeliverySet;
use super::super::error::RunError;
use super::super::lookup::{Ends, Lookup};
use super::super::prepare::Preparer;
use super::super::producer::Destination;
use super::super::services::Services;
use super::super::stages::{DetectFactory, DetectStage};
use super::super::topics_table::TopicPartition;
use super::super::trials::{Care, Trials};
use super::super::workers::Prepared;
use crate::core::activity::{BatchBuilder, Control, Record};
use crate::core::detector::StateError;
use crate::core::units::{Offset, Partition};
use crate::io::lifecycle::chain;
use crate::io::snapshots::{FormatError, Snapshot, SnapshotError, SnapshotName, SnapshotStore};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The record of what is missing is waited for this long; then the process ends and starts over.
const FINDING_WITHIN: Duration = Duration::from_secs(30);
/// The store is asked this often before the process gives up.
const STORE_ATTEMPTS: u32 = 6;
const STORE_FIRST_WAIT: Duration = Duration::from_millis(250);

/// A state, and how far it has to read to be where the log was when it was restored.
pub struct Restored {
    /// The state.
    pub stage: Box<dyn DetectStage>,
    /// The log's end when it was restored.
    pub end: Offset,
    /// How its messages are to be handled.
    pub care: Care,
}

/// What a snapshot's position says against the log's ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Everything after the snapshot, or from the log's beginning, is there.
    Whole,
    /// Retention took messages that the state has not seen.
    Gap {
        /// The first of them.
        from: Offset,
    },
    /// There is no usable snapshot, and the log's beginning is gone.
    Incomplete,
    /// The log ends before the snapshot: it was created anew, so the state is of no use.
    Shorter,
}

/// Where to go on, given the snapshot's offset.
pub fn decide(snapshot: Option<Offset>, ends: Ends) -> (Offset, Finding) {
    match snapshot.map(|at| Offset(at.0 + 1)) {
        None if ends.low == Offset(0) => (ends.low, Finding::Whole),
        None => (ends.low, Finding::Incomplete),
        Some(next) if next > ends.high => (ends.low, Finding::Shorter),
        Some(next) if next < ends.low => (ends.low, Finding::Gap { from: next }),
        Some(next) => (next, Finding::Whole),
    }
}

type Usable = (Offset, Box<dyn DetectStage>);

/// Prepares partitions of the activity log.
pub struct StatePreparer {
    /// Asks the broker.
    pub lookup: Lookup,
    /// The activity topic.
    pub topic: String,
    /// Its partitions.
    pub partitions: u32,
    /// The snapshots.
    pub store: SnapshotStore,
    /// Messages that end processes.
    pub trials: Arc<Trials>,
    /// Makes stages.
    pub factory: Arc<dyn DetectFactory>,
    /// The rest.
    pub services: Services,
}

impl Preparer for StatePreparer {
    type State = Restored;

    fn prepare(&mut self, at: TopicPartition) -> Result<Prepared<Restored>, RunError> {
        let begun = Instant::now();
        let partition = at.partition;
        let ends = self.lookup.ends(&self.topic, partition)?;
        let found = self.newest_usable(at)?;
        let (start, finding) = decide(found.as_ref().map(|(offset, _)| *offset), ends);
        self.record(partition, start, finding)?;
        let stage = match (finding, found) {
            (Finding::Whole | Finding::Gap { .. }, Some((_, stage))) => stage,
            _ => self.factory.fresh(partition, self.partitions),
        };
        self.services.metrics.snapshots.restore.observe(begun.elapsed().as_secs_f64());
        tracing::info!(partition = partition.0, %start, ?finding, end = %ends.high, "partition restored");
        let care = self.trials.begin(&self.topic, partition, start)?;
        Ok(Prepared { at, start, metadata: String::new(), state: Restored { stage, end: ends.high, care } })
    }
}

impl StatePreparer {
    /// Refuses to go on where the snapshots were written for another number of partitions.
    ///
    /// # Errors
    /// [`RunError::PartitionCount`], or what the store says.
    pub fn check_count(&self) -> Result<(), RunError> {
        let at = TopicPartition::default();
        for name in self.list(at)? {
            if let Some(snapshot) = self.read(at, &name)? {
                return self.same_count(&snapshot);
            }
        }
        Ok(())
    }

    fn same_count(&self, snapshot: &Snapshot) -> Result<(), RunError> {
        let (now, then) = (self.partitions, snapshot.header.partitions);
        if now == then { Ok(()) } else { Err(RunError::PartitionCount { topic: self.topic.clone(), now, then }) }
    }

    fn newest_usable(&self, at: TopicPartition) -> Result<Option<Usable>, RunError> {
        for name in self.list(at)? {
            let Some(snapshot) = self.read(at, &name)? else { continue };
            self.same_count(&snapshot)?;
            match self.factory.restore(at.partition, self.partitions, &snapshot.state) {
                Ok(stage) => return Ok(Some((snapshot.header.position.offset, stage))),
                Err(error @ StateError::Version { .. }) => self.unusable(at, &name, "version", &error),
                Err(error @ (StateError::OtherPartition { .. } | StateError::Damaged)) => {
                    self.unusable(at, &name, "state", &error);
                }
            }
        }
        Ok(None)
    }

    fn list(&self, at: TopicPartition) -> Result<Vec<SnapshotName>, RunError> {
        self.patiently(at, || self.store.list(at.partition))
    }

    /// `None` where the next older one has to do.
    fn read(&self, at: TopicPartition, name: &SnapshotName) -> Result<Option<Snapshot>, RunError> {
        let read = self.patiently(at, || match self.store.read(at.partition, name) {
            Ok(snapshot) => Ok(Ok(snapshot)),
            Err(error @ (SnapshotError::Format(_) | SnapshotError::Foreign)) => Ok(Err(error)),
            Err(other) => Err(other),
        })?;
        Ok(match read {
            Ok(snapshot) => Some(snapshot),
            Err(error) => {
                let reason = match error {
                    SnapshotError::Foreign => "foreign",
                    SnapshotError::Format(FormatError::Version { .. }) => "version",
                    _ => "damaged",
                };
                self.unusable(at, name, reason, &error);
                None
            }
        })
    }

    fn unusable(&self, at: TopicPartition, name: &SnapshotName, reason: &str, error: &dyn std::error::Error) {
        self.services.metrics.snapshots.unusable.with_label_values(&[reason]).inc();
        tracing::warn!(partition = at.partition.0, offset = name.offset.0, %error, "snapshot passed over");
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

    /// Writes what is missing into the partition, so that detect raises it like everything else.
    fn record(&self, partition: Partition, start: Offset, finding: Finding) -> Result<(), RunError> {
        let noticed = self.services.clock.now();
        let control = match finding {
            Finding::Whole => return Ok(()),
            Finding::Gap { from } => {
                Control::Gap { source: &self.topic, partition, from: from.0, to: start.0, noticed }
            }
            Finding::Incomplete | Finding::Shorter => Control::StateIncomplete { noticed },
        };
        tracing::error!(partition = partition.0, ?finding, "the state is not whole");
        let mut batch = BatchBuilder::default();
        batch.push(&Record::Control(control)).map_err(RunError::Encode)?;
        let set = DeliverySet::open();
        let to = Destination { topic: &self.topic, partition, key: None };
        self.services.producer.send(to, batch.as_bytes(), Some(&set))?;
        set.seal();
        let delivered = self.services.producer.wait_delivered(&[set], Instant::now() + FINDING_WITHIN);
        if delivered { Ok(()) } else { Err(RunError::Stopped) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_goes_on_after_the_snapshot_or_says_what_is_missing() {
        let ends = Ends { low: Offset(10), high: Offset(90) };
        assert_eq!(decide(Some(Offset(49)), ends), (Offset(50), Finding::Whole));
        assert_eq!(decide(Some(Offset(89)), ends), (Offset(90), Finding::Whole));
        assert_eq!(decide(Some(Offset(9)), ends), (Offset(10), Finding::Whole));
        assert_eq!(decide(Some(Offset(4)), ends), (Offset(10), Finding::Gap { from: Offset(5) }));
        assert_eq!(decide(Some(Offset(90)), ends), (Offset(10), Finding::Shorter));
        assert_eq!(decide(None, ends), (Offset(10), Finding::Incomplete));
        let all = Ends { low: Offset(0), high: Offset(90) };
        assert_eq!(decide(None, all), (Offset(0), Finding::Whole));
    }
}
