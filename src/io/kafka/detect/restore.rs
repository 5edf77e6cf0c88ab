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
use super::newest::Newest;
use crate::core::activity::{BatchBuilder, Control, Record, SkippedSnapshots};
use crate::core::units::{Offset, Partition};
use crate::io::lifecycle::chain;
use crate::io::snapshots::{Snapshot, SnapshotStore};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The record of what is missing is waited for this long; then the process ends and starts over.
const FINDING_WITHIN: Duration = Duration::from_secs(30);

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
        let Newest { found, skipped } = self.newest_usable(at)?;
        let (start, finding) = decide(found.as_ref().map(|(offset, _)| *offset), ends);
        let older = found.filter(|_| finding != Finding::Shorter);
        self.record(partition, start, finding, (skipped, older.is_some()))?;
        let stage = older.map_or_else(|| self.factory.fresh(partition, self.partitions), |(_, stage)| stage);
        self.clear_staged(partition);
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
            if let Ok(snapshot) = self.read(at, &name)? {
                return self.same_count(&snapshot);
            }
        }
        Ok(())
    }

    pub(super) fn same_count(&self, snapshot: &Snapshot) -> Result<(), RunError> {
        let (now, then) = (self.partitions, snapshot.header.partitions);
        if now == then { Ok(()) } else { Err(RunError::PartitionCount { topic: self.topic.clone(), now, then }) }
    }

    /// Where processes are killed again and again, none may live long enough to clear up between its snapshots.
    fn clear_staged(&self, partition: Partition) {
        match self.store.clear_staged(partition) {
            Ok(0) => {}
            Ok(files) => tracing::info!(partition = partition.0, files, "unfinished snapshots deleted"),
            Err(error) => {
                tracing::warn!(partition = partition.0, error = chain(&error), "unfinished snapshots stay");
            }
        }
    }

    /// Writes what is missing, and which snapshots were, into the partition, so that detect raises it like everything
    /// else. Whoever restores the partition again before its next snapshot writes it again; the open incidents take it up.
    fn record(
        &self,
        partition: Partition,
        start: Offset,
        finding: Finding,
        (skipped, older): (SkippedSnapshots, bool),
    ) -> Result<(), RunError> {
        let noticed = self.services.clock.now();
        let missing = match finding {
            Finding::Whole => None,
            Finding::Gap { from } => {
                Some(Control::Gap { source: &self.topic, partition, from: from.0, to: start.0, noticed })
            }
            Finding::Incomplete | Finding::Shorter => Some(Control::StateIncomplete { noticed }),
        };
        if missing.is_some() {
            tracing::error!(partition = partition.0, ?finding, "the state is not whole");
        }
        let passed_over = (skipped.total() > 0).then_some(Control::SnapshotsSkipped { skipped, older, noticed });
        self.publish(partition, missing.into_iter().chain(passed_over))
    }

    /// Returns once all of it is in the log.
    fn publish<'a>(&self, partition: Partition, controls: impl Iterator<Item = Control<'a>>) -> Result<(), RunError> {
        let mut batch = BatchBuilder::default();
        for control in controls {
            batch.push(&Record::Control(control)).map_err(RunError::Encode)?;
        }
        if batch.is_empty() {
            return Ok(());
        }
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
