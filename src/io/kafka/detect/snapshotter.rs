//! Writes snapshots off the hot path: outputs delivered, then the snapshot durable, then the offset committed.

use super::super::batch::Generation;
use super::super::commits::{CommitBoard, CommitPoint};
use super::super::deliveries::DeliverySet;
use super::super::producer::Producer;
use super::super::stages::FrozenState;
use super::super::topics_table::TopicPartition;
use super::super::workers::Countdown;
use crate::core::units::{Offset, Partition, Position};
use crate::io::clock::Clock;
use crate::io::lifecycle::{Lifecycle, chain};
use crate::io::metrics::SnapshotMetrics;
use crate::io::snapshots::{Header, Snapshot, SnapshotError, SnapshotStore};
use crossbeam_channel::Receiver;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// At most this many snapshots wait to be written.
pub const SNAPSHOT_QUEUE: usize = 16;
/// How often a wait for deliveries looks up.
const DELIVERY_SLICE: Duration = Duration::from_millis(200);
/// A partition's old snapshots are cleared up after so many of its writes.
const CLEAR_UP_EVERY: u64 = 16;

/// One state to write.
pub struct SnapshotJob {
    /// Where in the log it stands.
    pub cut: Cut,
    /// The state at that position. The partition is read further meanwhile.
    pub state: FrozenState,
}

/// A position of a partition at which its state was frozen, and what has to come before the snapshot.
pub struct Cut {
    /// Whose.
    pub at: TopicPartition,
    /// In which assignment.
    pub generation: Generation,
    /// The last position applied.
    pub position: Position,
    /// The outputs up to that position that were not yet known to be delivered.
    pub outputs: Vec<Arc<DeliverySet>>,
    /// Cleared once the job is done.
    pub busy: Arc<AtomicBool>,
    /// Where the partition goes with this snapshot: who waits for it, and until when.
    pub last: Option<(Arc<Countdown>, Instant)>,
}

/// The writing thread.
pub struct Snapshotter {
    /// States to write.
    pub jobs: Receiver<SnapshotJob>,
    /// Where to.
    pub store: SnapshotStore,
    /// How many partitions the activity log has.
    pub partitions: u32,
    /// Knows what is delivered.
    pub producer: Producer,
    /// Offsets that may be committed.
    pub board: Arc<CommitBoard>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The process's life.
    pub lifecycle: Lifecycle,
    /// Counters.
    pub metrics: SnapshotMetrics,
}

impl Snapshotter {
    /// Writes until the worker has gone. A snapshot that cannot be written is reported, and the next one tried.
    pub fn run(self) {
        let mut turns = Turns::default();
        for SnapshotJob { cut, state } in &self.jobs {
            // At once, also where outputs are on their way: as long as the state is frozen, what changes in it is copied.
            let state = self.serialise(state);
            let outcome = if self.await_outputs(&cut) { self.write(&cut, state) } else { Ok("skipped") };
            match outcome {
                Ok(outcome) => self.metrics.outcomes.with_label_values(&[outcome]).inc(),
                Err(error) => {
                    self.metrics.outcomes.with_label_values(&["failed"]).inc();
                    tracing::error!(partition = cut.at.partition.0, error = chain(&error), "snapshot not written");
                }
            }
            cut.busy.store(false, Ordering::SeqCst);
            let at = cut.at;
            if let Some((done, _)) = cut.last {
                done.arrive();
            }
            if turns.is_due(at.partition) && !self.lifecycle.is_stopping() {
                self.clear_up(at);
            }
        }
    }

    fn serialise(&self, state: FrozenState) -> Vec<u8> {
        let begun = Instant::now();
        let bytes = state();
        self.metrics.duration.with_label_values(&["serialise"]).observe(begun.elapsed().as_secs_f64());
        bytes
    }

    /// Waits for the outputs' delivery: for ever where the partition stays, else until its time is up.
    fn await_outputs(&self, cut: &Cut) -> bool {
        let begun = Instant::now();
        loop {
            let now = Instant::now();
            let slice = now + DELIVERY_SLICE;
            let until = cut.last.as_ref().map_or(slice, |(_, until)| slice.min(*until));
            if self.producer.wait_delivered(&cut.outputs, until) {
                self.metrics.duration.with_label_values(&["deliver"]).observe(begun.elapsed().as_secs_f64());
                return true;
            }
            let late = cut.last.as_ref().is_some_and(|(_, until)| now >= *until);
            if late || self.lifecycle.has_failed() || (cut.last.is_none() && self.lifecycle.is_stopping()) {
                return false;
            }
        }
    }

    fn write(&self, cut: &Cut, state: Vec<u8>) -> Result<&'static str, SnapshotError> {
        let begun = Instant::now();
        let scope = self.store.scope();
        let header = Header {
            deployment: scope.deployment.clone(),
            topic: scope.topic.clone(),
            partition: cut.at.partition,
            partitions: self.partitions,
            position: cut.position,
            written_at: self.clock.now(),
            state_bytes: state.len() as u64,
        };
        let written_at = header.written_at;
        let size = self.store.put(&Snapshot { header, state })?;
        self.metrics.duration.with_label_values(&["store"]).observe(begun.elapsed().as_secs_f64());
        let partition = cut.at.partition.to_string();
        self.metrics.written_at.with_label_values(&[&partition]).set(written_at.as_millis() / 1_000);
        self.metrics.bytes.with_label_values(&[&partition]).set(i64::try_from(size).unwrap_or(i64::MAX));
        let next = Offset(cut.position.offset.0 + 1);
        self.board.reached(cut.at, CommitPoint { generation: cut.generation, next });
        Ok("written")
    }

    fn clear_up(&self, at: TopicPartition) {
        let cleared = self.store.clear_up(at.partition).and_then(|_| self.store.clear_staged(at.partition));
        if let Err(error) = cleared {
            tracing::warn!(partition = at.partition.0, error = chain(&error), "old snapshots stay");
        }
    }
}

/// Counts each partition's writes by itself: they come in turn, so a count over all would meet the same partition each
/// time, and never the others.
#[derive(Default)]
struct Turns(BTreeMap<Partition, u64>);

impl Turns {
    /// Whether `partition`, which was just written, is to be cleared up.
    fn is_due(&mut self, partition: Partition) -> bool {
        let written = self.0.entry(partition).or_default();
        *written += 1;
        written.is_multiple_of(CLEAR_UP_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_its_turn_also_where_they_are_written_in_turn() {
        let mut turns = Turns::default();
        let written = (0..2 * CLEAR_UP_EVERY).flat_map(|_| (0..4).map(Partition));
        let cleared: Vec<Partition> = written.filter(|partition| turns.is_due(*partition)).collect();
        let each: Vec<Partition> = (0..4).map(Partition).collect();
        assert_eq!(cleared, [each.clone(), each].concat());
    }
}
