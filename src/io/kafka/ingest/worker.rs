//! One ingest worker: batches of source records in, batches of the activity log out.
//!
//! A turn ends when there is nothing more to read, or after a few batches: everything made in it is then sent, and its
//! source offsets may be committed once all of that is delivered.

use super::super::batch::{Generation, OwnedBatch};
use super::super::commits::{CommitBoard, CommitPoint};
use super::super::deliveries::DeliverySet;
use super::super::error::RunError;
use super::super::stages::{IngestStage, SourceIndex, SourceRecord};
use super::super::synthetic::{self, Metronome};
use super::super::topics_table::{TopicPartition, TopicTable};
use super::super::trials::{Care, Entry, Trials};
use super::super::workers::{Control, Countdown, WorkerInbox};
use super::outbox::{Outbox, RecordOut};
use super::progress::Progress;
use super::start::SourceState;
use crate::core::time::EventTime;
use crate::core::units::{Offset, Ordinal, Position};
use crate::io::clock::Clock;
use crate::io::metrics::{HeartbeatAges, IngestMetrics, Post};
use crossbeam_channel::RecvTimeoutError;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// A turn ends after this many batches, also where more are waiting.
const TURN_BATCHES: usize = 8;
const IDLE_WAIT: Duration = Duration::from_millis(100);
/// The same while deliveries are awaited.
const SETTLE_WAIT: Duration = Duration::from_millis(5);

struct Owned {
    generation: Generation,
    state: SourceState,
}

/// What has to be delivered before these offsets may be committed.
struct Turn {
    set: Arc<DeliverySet>,
    reached: Vec<(TopicPartition, CommitPoint)>,
    released: Vec<Arc<Countdown>>,
    /// When the synthetic event in it was made.
    beat: Option<EventTime>,
}

/// A worker's parts.
pub struct IngestWorker {
    /// Its queues.
    pub inbox: WorkerInbox<SourceState>,
    /// Its stage.
    pub stage: Box<dyn IngestStage>,
    /// Its batches.
    pub outbox: Outbox,
    /// The sources' topics.
    pub topics: Arc<TopicTable>,
    /// Offsets that may be committed.
    pub board: Arc<CommitBoard>,
    /// How far ingest has come.
    pub progress: Arc<Progress>,
    /// Records that end processes.
    pub trials: Arc<Trials>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Counters.
    pub metrics: IngestMetrics,
    /// When the synthetic event is due, where this worker makes it.
    pub metronome: Option<Metronome>,
    /// Where it is noted that the log has taken it.
    pub ages: HeartbeatAges,
}

#[derive(Default)]
struct State {
    owned: HashMap<TopicPartition, Owned>,
    reached: HashMap<TopicPartition, CommitPoint>,
    turns: VecDeque<Turn>,
}

impl IngestWorker {
    /// Works until the poll thread has gone.
    ///
    /// # Errors
    /// [`RunError`], which ends the process.
    pub fn run(mut self) -> Result<(), RunError> {
        let mut state = State::default();
        loop {
            let wait = if state.turns.is_empty() { IDLE_WAIT } else { SETTLE_WAIT };
            match self.next_batch(&mut state, wait) {
                Ok(batch) => {
                    self.turn(&mut state, batch)?;
                }
                Err(RecvTimeoutError::Timeout) => self.stage.idle(),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.controls(&mut state)?;
            self.beat(&mut state)?;
            self.settle(&mut state);
        }
    }

    /// The next batch, or a control message's arrival as a timeout.
    fn next_batch(&self, state: &mut State, wait: Duration) -> Result<OwnedBatch, RecvTimeoutError> {
        crossbeam_channel::select! {
            recv(self.inbox.batches) -> batch => batch.map_err(|_| RecvTimeoutError::Disconnected),
            recv(self.inbox.control) -> control => {
                if let Ok(control) = control {
                    self.control(state, control);
                    return Err(RecvTimeoutError::Timeout);
                }
                Err(RecvTimeoutError::Disconnected)
            },
            default(wait) => Err(RecvTimeoutError::Timeout),
        }
    }

    fn turn(&mut self, state: &mut State, first: OwnedBatch) -> Result<(), RunError> {
        let mut next = Some(first);
        for _ in 0..TURN_BATCHES {
            let Some(batch) = next.take() else { break };
            // What was sent before the batch is handled before it.
            while let Ok(control) = self.inbox.control.try_recv() {
                self.control(state, control);
            }
            self.batch(state, &batch)?;
            next = self.inbox.batches.try_recv().ok();
        }
        if let Some(batch) = next {
            self.batch(state, &batch)?;
        }
        self.flush(state)
    }

    fn batch(&mut self, state: &mut State, batch: &OwnedBatch) -> Result<(), RunError> {
        let Some(owned) = state.owned.get_mut(&batch.from) else { return Ok(()) };
        if owned.generation != batch.generation {
            return Ok(());
        }
        let topic = self.topics.name(batch.from.topic);
        let (now, mut counts, mut last) = (self.clock.now(), Counts::default(), None);
        for received in batch.records() {
            let record = SourceRecord {
                source: SourceIndex(batch.from.topic.0),
                epoch: owned.state.epoch,
                partition: batch.from.partition,
                offset: received.offset,
                received: received.timestamp.map_or(now, |time| time.min(now)),
                payload: received.payload,
            };
            let mut out = RecordOut::new(&mut self.outbox, topic, &record);
            owned.state.care = handle(self.stage.as_mut(), &self.trials, topic, &record, &mut out, owned.state.care)?;
            counts.add(out.emitted, out.rejected);
            last = Some(record.received);
        }
        self.outbox.check()?;
        counts.publish(&self.metrics, topic, batch.bytes());
        if let (Some(offset), Some(received)) = (batch.last_offset(), last) {
            let point = CommitPoint { generation: batch.generation, next: Offset(offset.0 + 1) };
            state.reached.insert(batch.from, point);
            self.progress.handled(batch.from, received);
        }
        Ok(())
    }

    fn flush(&mut self, state: &mut State) -> Result<(), RunError> {
        let set = self.outbox.flush()?;
        let reached = state.reached.drain().collect();
        state.turns.push_back(Turn { set, reached, released: Vec::new(), beat: None });
        Ok(())
    }

    /// Makes the synthetic event where it is due.
    fn beat(&mut self, state: &mut State) -> Result<(), RunError> {
        let Some(time) = self.metronome.as_mut().and_then(Metronome::due) else { return Ok(()) };
        self.outbox.tell_all(&synthetic::record(time))?;
        self.flush(state)?;
        if let Some(turn) = state.turns.back_mut() {
            turn.beat = Some(time);
        }
        Ok(())
    }

    fn controls(&mut self, state: &mut State) -> Result<(), RunError> {
        while let Ok(control) = self.inbox.control.try_recv() {
            self.control(state, control);
        }
        if !state.reached.is_empty() {
            self.flush(state)?;
        }
        Ok(())
    }

    fn control(&self, state: &mut State, control: Control<SourceState>) {
        match control {
            Control::Adopt { at, generation, state: source, start: _ } => {
                state.owned.insert(at, Owned { generation, state: source });
                self.progress.adopt(at);
            }
            Control::Release { at, done, lost: _ } => {
                state.owned.remove(&at);
                self.progress.release(at);
                // It is finished when every turn so far is delivered; without one, at once.
                match state.turns.back_mut() {
                    Some(turn) => turn.released.push(done),
                    None => done.arrive(),
                }
            }
        }
    }

    /// Lets go of turns that are delivered, in their order.
    fn settle(&self, state: &mut State) {
        while state.turns.front().is_some_and(|turn| turn.set.is_delivered()) {
            let Some(turn) = state.turns.pop_front() else { break };
            for (at, point) in turn.reached {
                self.board.reached(at, point);
            }
            turn.released.iter().for_each(|done| done.arrive());
            if let Some(made) = turn.beat {
                self.ages.came(&Post::Ingest, 0, 1, made);
            }
        }
    }
}

/// Hands one record to the stage, unless it has ended too many processes; gives the care that the next one needs.
fn handle(
    stage: &mut dyn IngestStage,
    trials: &Trials,
    topic: &str,
    record: &SourceRecord<'_>,
    out: &mut RecordOut<'_>,
    care: Care,
) -> Result<Care, RunError> {
    let at = Position { offset: record.offset, ordinal: Ordinal(0) };
    match trials.enter(topic, record.partition, at, care)? {
        Entry::Handle(handling) => {
            stage.process(record, out);
            handling.done(care)
        }
        Entry::SetAside => {
            tracing::error!(topic, partition = record.partition.0, offset = record.offset.0, "a record is set aside");
            out.set_aside();
            Ok(Care::None)
        }
    }
}

#[derive(Default)]
struct Counts {
    used: u64,
    rejected: u64,
    empty: u64,
}

impl Counts {
    fn add(&mut self, emitted: u32, rejected: u32) {
        match (emitted, rejected) {
            (0, 0) => self.empty += 1,
            (0, _) => self.rejected += 1,
            (_, _) => self.used += 1,
        }
    }

    fn publish(&self, metrics: &IngestMetrics, source: &str, bytes: usize) {
        for (outcome, count) in [("used", self.used), ("rejected", self.rejected), ("empty", self.empty)] {
            if count > 0 {
                metrics.records.with_label_values(&[source, outcome]).inc_by(count);
            }
        }
        metrics.bytes.with_label_values(&[source]).inc_by(bytes as u64);
    }
}
