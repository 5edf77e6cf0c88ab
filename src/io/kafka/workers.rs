//! Between the poll thread and the workers: bounded queues, and the messages in them.

use super::batch::{Generation, OwnedBatch};
use super::topics_table::TopicPartition;
use crate::core::units::Offset;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A worker's queue holds this many batches; then its partitions wait, and at last pause.
pub const BATCH_QUEUE: usize = 8;
/// A worker's control queue holds this many messages: one an adopted partition, one a release.
pub const CONTROL_QUEUE: usize = 1_024;

/// A partition, ready to be read.
#[derive(Debug)]
pub struct Prepared<S> {
    /// Which.
    pub at: TopicPartition,
    /// The first offset to read.
    pub start: Offset,
    /// Kept with every committed offset.
    pub metadata: String,
    /// What the worker gets to go on with.
    pub state: S,
}

/// Tells a worker what it owns. Handled before any batch that was sent later.
#[derive(Debug)]
pub enum Control<S> {
    /// Batches of `at` with this generation follow.
    Adopt {
        /// Which partition.
        at: TopicPartition,
        /// Its assignment's number.
        generation: Generation,
        /// The first offset that follows.
        start: Offset,
        /// What to go on with.
        state: S,
    },
    /// The partition goes: finish what was begun, then arrive at `done`.
    Release {
        /// Which partition.
        at: TopicPartition,
        /// Whether somebody else may own it already.
        lost: bool,
        /// Counts the partitions that are finished.
        done: Arc<Countdown>,
    },
}

/// Counts down to zero.
#[derive(Debug)]
pub struct Countdown(AtomicUsize);

impl Countdown {
    /// `count` to go.
    pub fn new(count: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(count)))
    }

    /// One less to go.
    pub fn arrive(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether none is left.
    pub fn is_done(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }
}

/// The poll thread's end of a worker's queues.
#[derive(Debug)]
pub struct WorkerPort<S> {
    /// What it owns.
    pub control: Sender<Control<S>>,
    /// What was read.
    pub batches: Sender<OwnedBatch>,
}

/// The worker's end.
#[derive(Debug)]
pub struct WorkerInbox<S> {
    /// What it owns.
    pub control: Receiver<Control<S>>,
    /// What was read.
    pub batches: Receiver<OwnedBatch>,
}

/// Queues for one worker.
pub fn worker_queues<S>() -> (WorkerPort<S>, WorkerInbox<S>) {
    let (control, control_inbox) = bounded(CONTROL_QUEUE);
    let (batches, batch_inbox) = bounded(BATCH_QUEUE);
    (WorkerPort { control, batches }, WorkerInbox { control: control_inbox, batches: batch_inbox })
}
