//! One detect worker: owns the state of its partitions, applies every record, sends what comes out.

use super::super::batch::{OwnedBatch, Received};
use super::super::deliveries::DeliverySet;
use super::super::error::RunError;
use super::super::topics_table::TopicPartition;
use super::super::trials::Trials;
use super::super::workers::{Control as Order, Countdown, WorkerInbox};
use super::counts::{Counts, observe};
use super::publish::Publisher;
use super::restore::Restored;
use super::slot::Slot;
use super::snapshotter::{Cut, SnapshotJob};
use crate::core::activity::{BatchReader, CodecError};
use crate::core::detector::Output;
use crate::core::time::EventTime;
use crate::core::units::{Ordinal, Partition, Position};
use crate::io::clock::Clock;
use crate::io::kafka::poll_thread::RELEASE_WITHIN;
use crate::io::live::Live;
use crate::io::metrics::{DetectMetrics, HeartbeatAges, Post, SnapshotMetrics};
use crossbeam_channel::{Sender, TrySendError};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const IDLE_WAIT: Duration = Duration::from_millis(100);
/// Sizes are walked over entities, so not often.
const SHOW_EVERY: Duration = Duration::from_secs(5);
/// A few entities are looked at this often: about a hundredth of the time, with eight partitions.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A worker's parts.
pub struct DetectWorker {
    /// Its queues.
    pub inbox: WorkerInbox<Restored>,
    /// Sends incidents and rules.
    pub publisher: Publisher,
    /// States to write, by a thread of this worker's own.
    pub snapshots: Sender<SnapshotJob>,
    /// How often each partition's state is written.
    pub snapshot_every: Duration,
    /// Messages that end processes.
    pub trials: Arc<Trials>,
    /// What HTTP reads.
    pub live: Arc<Live>,
    /// The time of day; for latencies only, nothing here decides.
    pub clock: Arc<dyn Clock>,
    /// Counters.
    pub metrics: DetectMetrics,
    /// Where it is noted that the synthetic event came by; `None` where there is none.
    pub ages: Option<HeartbeatAges>,
    /// Counters.
    pub snapshot_metrics: SnapshotMetrics,
}

enum Next {
    Batch(OwnedBatch),
    Order(Order<Restored>),
    Nothing,
    Ended,
}

type Slots = HashMap<TopicPartition, Slot>;

impl DetectWorker {
    /// Works until the poll thread has gone.
    ///
    /// # Errors
    /// [`RunError`], which ends the process.
    pub fn run(self) -> Result<(), RunError> {
        let (mut slots, mut shown_at, mut looked_at) = (Slots::new(), Instant::now(), Instant::now());
        loop {
            match self.next() {
                Next::Batch(batch) => self.batch(&mut slots, &batch)?,
                Next::Order(control) => self.control(&mut slots, control)?,
                Next::Nothing => {}
                Next::Ended => return Ok(()),
            }
            let now = Instant::now();
            for slot in slots.values_mut() {
                self.publisher.settle_rules(slot)?;
                if slot.is_due(now) {
                    self.snapshot(slot, now)?;
                }
            }
            if now.duration_since(looked_at) >= LOOK_EVERY {
                looked_at = now;
                for slot in slots.values_mut() {
                    slot.look(&self.metrics);
                }
            }
            if now.duration_since(shown_at) >= SHOW_EVERY {
                shown_at = now;
                for slot in slots.values_mut() {
                    slot.show(&self.metrics);
                }
            }
        }
    }

    fn next(&self) -> Next {
        crossbeam_channel::select! {
            recv(self.inbox.control) -> control => control.map_or(Next::Ended, Next::Order),
            recv(self.inbox.batches) -> batch => batch.map_or(Next::Ended, Next::Batch),
            default(IDLE_WAIT) => Next::Nothing,
        }
    }

    fn control(&self, slots: &mut Slots, control: Order<Restored>) -> Result<(), RunError> {
        match control {
            Order::Adopt { at, generation, start, state } => {
                // Spread over the interval, so that many partitions are not written at once.
                let share = self.snapshot_every.mul_f64(f64::from(at.partition.0 % 16 + 1) / 16.0);
                if let Some(ages) = &self.ages {
                    ages.expect(post(at.partition));
                }
                slots.insert(at, Slot::new(at, generation, start, state, Instant::now() + share));
                Ok(())
            }
            Order::Release { at, lost, done } => {
                let Some(slot) = slots.remove(&at) else {
                    done.arrive();
                    return Ok(());
                };
                slot.hide(&self.metrics);
                self.live.forget(at.partition);
                if let Some(ages) = &self.ages {
                    ages.forget(&post(at.partition));
                }
                self.last_snapshot(slot, lost, &done)
            }
        }
    }

    // --- records ---

    fn batch(&self, slots: &mut Slots, batch: &OwnedBatch) -> Result<(), RunError> {
        // What was sent before the batch is handled before it.
        while let Ok(control) = self.inbox.control.try_recv() {
            self.control(slots, control)?;
        }
        let Some(slot) = slots.get_mut(&batch.from).filter(|slot| slot.generation == batch.generation) else {
            return Ok(());
        };
        for message in batch.records() {
            if slot.is_new(message.offset) {
                self.message(slot, &message)?;
            }
        }
        Ok(())
    }

    fn message(&self, slot: &mut Slot, message: &Received<'_>) -> Result<(), RunError> {
        let mut counts = Counts::default();
        match BatchReader::new(message.payload) {
            Ok(records) => {
                for (ordinal, record) in (0..).zip(records) {
                    let Ok(record) = record else {
                        self.damaged(slot, message);
                        break;
                    };
                    counts.add(&record);
                    let position = Position { offset: message.offset, ordinal: Ordinal(ordinal) };
                    self.record(slot, position, &record)?;
                }
            }
            // Skipping what a newer version wrote would lose it for good; this process has to be replaced.
            Err(source @ CodecError::Version { .. }) => {
                return Err(RunError::Log { partition: slot.at.partition, source });
            }
            Err(CodecError::Magic | CodecError::Damaged { .. } | CodecError::Encode) => self.damaged(slot, message),
        }
        self.outputs(slot, message, counts.received)?;
        slot.applied(message.offset);
        counts.publish(&self.metrics, message.timestamp);
        Ok(())
    }

    fn damaged(&self, slot: &Slot, message: &Received<'_>) {
        self.metrics.damaged.inc();
        let (partition, offset) = (slot.at.partition.0, message.offset.0);
        tracing::error!(partition, offset, "a message of the activity log is damaged; its rest is passed over");
    }

    fn outputs(&self, slot: &mut Slot, message: &Received<'_>, received: Option<EventTime>) -> Result<(), RunError> {
        if slot.outputs.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let set = slot.set();
        let mut records = self.publisher.records();
        for output in slot.outputs.drain(..) {
            match output {
                Output::Record { to, record } => records.push(to, &record, &set)?,
                Output::Heartbeat { time } => self.beat(slot.at.partition, time, &set)?,
                Output::Incident(incident) => {
                    self.publisher.incident(&incident, &set)?;
                    self.live.note(slot.at.partition, &incident);
                    observe(&self.metrics, "incident", message.timestamp, Some(now));
                    observe(&self.metrics, "total", received, Some(now));
                }
            }
        }
        records.send(&set)
    }

    fn beat(&self, partition: Partition, made: EventTime, set: &Arc<DeliverySet>) -> Result<(), RunError> {
        if let Some(ages) = &self.ages {
            ages.came(&post(partition), 0, 1, made);
        }
        self.publisher.beat(partition, made, set)
    }

    // --- snapshots ---

    fn snapshot(&self, slot: &mut Slot, now: Instant) -> Result<(), RunError> {
        slot.snapshot_due = now + self.snapshot_every;
        if self.snapshots.is_full() {
            self.snapshot_metrics.outcomes.with_label_values(&["skipped"]).inc();
            return Ok(());
        }
        let Some(job) = self.job(slot, None) else { return Ok(()) };
        slot.busy.store(true, Ordering::SeqCst);
        match self.snapshots.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(job)) => {
                // The outputs stay with the slot, so the next one waits for them too.
                job.cut.busy.store(false, Ordering::SeqCst);
                Ok(())
            }
            Err(TrySendError::Disconnected(_)) => Err(RunError::Ended { what: "the snapshot thread" }),
        }
    }

    fn last_snapshot(&self, mut slot: Slot, lost: bool, done: &Arc<Countdown>) -> Result<(), RunError> {
        let until = Instant::now() + RELEASE_WITHIN;
        let job = if lost || !slot.has_news() { None } else { self.job(&mut slot, Some((Arc::clone(done), until))) };
        let Some(job) = job else {
            done.arrive();
            return Ok(());
        };
        // Where the store does not keep up the partition goes without; the next owner reads more of the log.
        match self.snapshots.send_timeout(job, RELEASE_WITHIN) {
            Err(crossbeam_channel::SendTimeoutError::Disconnected(_)) => {
                Err(RunError::Ended { what: "the snapshot thread" })
            }
            Ok(()) | Err(crossbeam_channel::SendTimeoutError::Timeout(_)) => Ok(()),
        }
    }

    fn job(&self, slot: &mut Slot, last: Option<(Arc<Countdown>, Instant)>) -> Option<SnapshotJob> {
        let position = slot.stage.position()?;
        let begun = Instant::now();
        let state = slot.stage.freeze();
        let took = begun.elapsed().as_secs_f64();
        self.snapshot_metrics.duration.with_label_values(&["freeze"]).observe(took);
        let cut = Cut {
            at: slot.at,
            generation: slot.generation,
            position,
            outputs: slot.seal(),
            busy: Arc::clone(&slot.busy),
            last,
        };
        Some(SnapshotJob { cut, state })
    }
}

fn post(partition: Partition) -> Post {
    Post::Detect { partition: partition.0 }
}
