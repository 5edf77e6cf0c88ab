//! Hands batches to workers without ever blocking the poll thread for long.
//!
//! A full queue is waited for briefly; then the batch is parked and its partition paused, because pausing makes the
//! client drop what it has read ahead. It resumes once the worker has caught up by half.

use super::batch::OwnedBatch;
use super::topics_table::TopicPartition;
use super::workers::{BATCH_QUEUE, WorkerPort};
use crossbeam_channel::{SendTimeoutError, TrySendError};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How long a full queue is waited for before its partition is paused.
const HANDOVER_WAIT: Duration = Duration::from_millis(20);

/// What the poll thread has to do after a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// The worker has it.
    Sent,
    /// It is parked: pause the partition.
    Parked,
    /// It joined earlier ones that are parked.
    Queued,
    /// The worker has ended.
    Ended,
}

/// Batches that wait for room, by partition.
#[derive(Debug, Default)]
pub struct Parking {
    waiting: BTreeMap<TopicPartition, VecDeque<OwnedBatch>>,
}

impl Parking {
    /// Hands `batch` over, or parks it.
    pub fn hand_over<S>(&mut self, port: &WorkerPort<S>, batch: OwnedBatch) -> Handover {
        if let Some(queue) = self.waiting.get_mut(&batch.from) {
            queue.push_back(batch);
            return Handover::Queued;
        }
        let batch = match port.batches.try_send(batch) {
            Ok(()) => return Handover::Sent,
            Err(TrySendError::Disconnected(_)) => return Handover::Ended,
            Err(TrySendError::Full(batch)) => batch,
        };
        match port.batches.send_timeout(batch, HANDOVER_WAIT) {
            Ok(()) => Handover::Sent,
            Err(SendTimeoutError::Disconnected(_)) => Handover::Ended,
            Err(SendTimeoutError::Timeout(batch)) => {
                self.waiting.entry(batch.from).or_default().push_back(batch);
                Handover::Parked
            }
        }
    }

    /// Tries the parked batches of `at` again; says whether none is left and the worker has room for more.
    pub fn retry<S>(&mut self, port: &WorkerPort<S>, at: TopicPartition) -> bool {
        let Some(queue) = self.waiting.get_mut(&at) else { return true };
        while let Some(batch) = queue.pop_front() {
            if let Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) = port.batches.try_send(batch) {
                queue.push_front(batch);
                return false;
            }
        }
        if port.batches.len() > BATCH_QUEUE / 2 {
            return false;
        }
        self.waiting.remove(&at);
        true
    }

    /// The partitions that are paused.
    pub fn partitions(&self) -> Vec<TopicPartition> {
        self.waiting.keys().copied().collect()
    }

    /// Drops what is parked of `at`; says whether it was paused.
    pub fn forget(&mut self, at: TopicPartition) -> bool {
        self.waiting.remove(&at).is_some()
    }

    /// Whether nothing is parked.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::Generation;
    use super::super::workers::worker_queues;
    use super::*;

    #[test]
    fn a_slow_worker_parks_its_partition_and_resumes_it_in_order() {
        let (port, inbox) = worker_queues::<()>();
        let (mut parking, at) = (Parking::default(), TopicPartition::default());
        let batch = |n| OwnedBatch::new(at, Generation(n));
        for n in 0..BATCH_QUEUE as u64 {
            assert_eq!(parking.hand_over(&port, batch(n)), Handover::Sent);
        }
        assert_eq!(parking.hand_over(&port, batch(100)), Handover::Parked);
        assert_eq!(parking.hand_over(&port, batch(101)), Handover::Queued);
        assert!(!parking.retry(&port, at), "the queue is still full");

        let mut seen: Vec<u64> =
            (0..BATCH_QUEUE).map(|_| inbox.batches.recv().expect("a batch").generation.0).collect();
        assert!(parking.retry(&port, at) && parking.is_empty());
        seen.extend(inbox.batches.try_iter().map(|batch| batch.generation.0));
        assert_eq!(seen[BATCH_QUEUE..], [100, 101]);
    }
}
