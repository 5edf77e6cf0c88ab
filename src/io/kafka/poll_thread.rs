//! The one thread that polls a consumer: reads, answers the group, commits. It never waits for a worker or a store.
//!
//! The group's requests are answered late on purpose: an assignment once every partition is prepared, a revocation
//! once every worker is finished or its time is up. Until then the thread goes on polling, so the membership lives.

use super::batch::{Generation, OwnedBatch};
use super::commits::CommitBoard;
use super::consumer::{Change, Generations, Notes, ReaderContext, consumer_config};
use super::dispatch::{Handover, Parking};
use super::error::RunError;
use super::heartbeat::Heartbeat;
use super::prepare::PrepareThread;
use super::topics_table::{TopicPartition, TopicTable, wire_offset, wire_partition};
use super::workers::{Control, Countdown, Prepared, WorkerPort};
use crate::core::time::EventTime;
use crate::core::units::Offset;
use crate::io::lifecycle::Lifecycle;
use crate::io::metrics::KafkaMetrics;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset as WireOffset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One turn reads at most this many records before it hands them over.
const TURN_RECORDS: usize = 8_192;
/// One turn reads at most about this many bytes.
const TURN_BYTES: usize = 1024 * 1024;
const IDLE_WAIT: Duration = Duration::from_millis(100);
/// The same while something is under way that the client does not wake the thread for.
const BUSY_WAIT: Duration = Duration::from_millis(5);
const COMMIT_EVERY: Duration = Duration::from_secs(1);
/// A revocation is answered after this long, also where a worker has not finished.
pub const RELEASE_WITHIN: Duration = Duration::from_secs(5);
/// The last commits are waited for this long.
const LAST_COMMITS_WITHIN: Duration = Duration::from_secs(1);
const CONTROL_WITHIN: Duration = Duration::from_secs(1);

/// What a poll thread is made of.
#[derive(Debug)]
pub struct PollSetup<S> {
    /// Whose it is: `ingest`, `detect` or a sink's name; also a metric label.
    pub stage: &'static str,
    /// The connection's settings.
    pub connection: ClientConfig,
    /// The consumer group.
    pub group: String,
    /// What to read.
    pub topics: Arc<TopicTable>,
    /// Callbacks' notes.
    pub notes: Arc<Notes>,
    /// The workers' queues.
    pub ports: Vec<WorkerPort<S>>,
    /// Gets partitions ready.
    pub prepare: PrepareThread<S>,
    /// Offsets that may be committed.
    pub board: Arc<CommitBoard>,
    /// Beats with every turn.
    pub heartbeat: Arc<Heartbeat>,
    /// The process's life.
    pub lifecycle: Lifecycle,
    /// Counters.
    pub metrics: KafkaMetrics,
}

/// A partition that a worker owns.
#[derive(Debug)]
struct Owned {
    generation: Generation,
    worker: usize,
    metadata: String,
    reached: Option<Offset>,
    uncommitted: bool,
    going: bool,
}

/// What the group still waits for.
#[derive(Debug)]
enum Phase<S> {
    Steady,
    Preparing { wanted: Vec<TopicPartition>, ready: Vec<Prepared<S>> },
    Releasing { partitions: Vec<TopicPartition>, done: Arc<Countdown>, until: Instant, lost: bool, closing: bool },
    Committing { partitions: Vec<TopicPartition>, until: Instant, closing: bool },
    Released,
}

/// The thread's state.
pub struct PollThread<S> {
    setup: PollSetup<S>,
    consumer: BaseConsumer<ReaderContext>,
    owned: HashMap<TopicPartition, Owned>,
    phase: Phase<S>,
    parking: Parking,
    generations: Generations,
    turn: HashMap<TopicPartition, OwnedBatch>,
    committed_at: Instant,
}

impl<S: Send + 'static> PollThread<S> {
    /// Makes the consumer and joins the group.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if the settings are refused.
    pub fn new(setup: PollSetup<S>) -> Result<Self, RunError> {
        let config = consumer_config(&setup.connection, &setup.group);
        let context = ReaderContext(Arc::clone(&setup.notes));
        let consumer = BaseConsumer::from_config_and_context(&config, context)
            .map_err(RunError::kafka(format!("making the consumer of {}", setup.stage)))?;
        let names: Vec<&str> = setup.topics.names().collect();
        consumer.subscribe(&names).map_err(RunError::kafka(format!("subscribing {}", setup.stage)))?;
        Ok(Self {
            setup,
            consumer,
            owned: HashMap::new(),
            phase: Phase::Steady,
            parking: Parking::default(),
            generations: Generations::default(),
            turn: HashMap::new(),
            committed_at: Instant::now(),
        })
    }

    /// Polls until the process is asked to stop and everything owned is released.
    ///
    /// # Errors
    /// [`RunError`], which ends the process.
    pub fn run(mut self) -> Result<(), RunError> {
        while !matches!(self.phase, Phase::Released) {
            self.setup.heartbeat.beat();
            self.check_client()?;
            self.answer_group()?;
            self.resume_parked();
            if self.committed_at.elapsed() >= COMMIT_EVERY {
                self.commit();
            }
            self.read()?;
        }
        self.close();
        Ok(())
    }

    fn check_client(&self) -> Result<(), RunError> {
        match self.consumer.client().fatal_error() {
            Some((_, reason)) => Err(RunError::ClientFatal { stage: self.setup.stage, reason }),
            None => Ok(()),
        }
    }

    // --- the group ---

    fn answer_group(&mut self) -> Result<(), RunError> {
        match std::mem::replace(&mut self.phase, Phase::Steady) {
            Phase::Steady if self.setup.lifecycle.is_stopping() => {
                self.begin_release(self.owned.keys().copied().collect(), false, true)
            }
            Phase::Steady => match self.setup.notes.next_change() {
                Some(Change::Assign(wanted)) => self.begin_assign(wanted),
                Some(Change::Revoke { partitions, lost }) => self.begin_release(partitions, lost, false),
                None => Ok(()),
            },
            Phase::Preparing { wanted, ready } => self.go_on_assigning(wanted, ready),
            Phase::Releasing { partitions, done, until, lost, closing } => {
                if done.is_done() || Instant::now() >= until {
                    self.finish_release(partitions, lost, closing, done.is_done());
                } else {
                    self.phase = Phase::Releasing { partitions, done, until, lost, closing };
                }
                Ok(())
            }
            Phase::Committing { partitions, until, closing } => {
                if self.setup.notes.has_pending_commits() && Instant::now() < until {
                    self.phase = Phase::Committing { partitions, until, closing };
                    return Ok(());
                }
                self.give_up(&partitions, closing)
            }
            Phase::Released => {
                self.phase = Phase::Released;
                Ok(())
            }
        }
    }

    fn begin_assign(&mut self, wanted: Vec<TopicPartition>) -> Result<(), RunError> {
        self.setup.notes.set_answering(true);
        let sent = self.setup.prepare.jobs.try_send(wanted.clone());
        sent.map_err(|_| RunError::Ended { what: "the thread that prepares partitions" })?;
        self.go_on_assigning(wanted, Vec::new())
    }

    fn go_on_assigning(&mut self, wanted: Vec<TopicPartition>, mut ready: Vec<Prepared<S>>) -> Result<(), RunError> {
        ready.extend(self.setup.prepare.ready.try_iter());
        if self.setup.lifecycle.is_stopping() {
            // The client closes only after an answer; nobody reads what it fetches now.
            let list = self.list(wanted.iter().map(|at| (*at, None, "")));
            return self.consumer.incremental_assign(&list).map_err(RunError::kafka("assigning while stopping"));
        }
        if ready.len() < wanted.len() {
            self.phase = Phase::Preparing { wanted, ready };
            return Ok(());
        }
        let list = self.list(ready.iter().map(|p| (p.at, Some(p.start), p.metadata.as_str())));
        for prepared in ready {
            self.adopt(prepared)?;
        }
        self.consumer.incremental_assign(&list).map_err(RunError::kafka("assigning partitions"))?;
        self.setup.notes.set_answering(false);
        self.count_owned();
        Ok(())
    }

    fn adopt(&mut self, prepared: Prepared<S>) -> Result<(), RunError> {
        let Prepared { at, start, metadata, state } = prepared;
        let (generation, worker) = (self.generations.fresh(), self.least_loaded());
        self.control(worker, Control::Adopt { at, generation, start, state })?;
        let owned = Owned { generation, worker, metadata, reached: None, uncommitted: false, going: false };
        self.owned.insert(at, owned);
        Ok(())
    }

    fn least_loaded(&self) -> usize {
        let mut loads = vec![0_usize; self.setup.ports.len()];
        for owned in self.owned.values() {
            loads[owned.worker] += 1;
        }
        loads.iter().enumerate().min_by_key(|(_, load)| **load).map_or(0, |(worker, _)| worker)
    }

    fn begin_release(&mut self, partitions: Vec<TopicPartition>, lost: bool, closing: bool) -> Result<(), RunError> {
        let done = Countdown::new(partitions.iter().filter(|at| self.owned.contains_key(at)).count());
        for at in &partitions {
            if self.parking.forget(*at) {
                self.pause_or_resume(*at, false);
            }
            let Some(owned) = self.owned.get_mut(at) else { continue };
            owned.going = true;
            let worker = owned.worker;
            self.control(worker, Control::Release { at: *at, lost, done: Arc::clone(&done) })?;
        }
        let within = if self.setup.lifecycle.has_failed() { Duration::ZERO } else { RELEASE_WITHIN };
        let until = Instant::now() + within;
        self.phase = Phase::Releasing { partitions, done, until, lost, closing };
        Ok(())
    }

    /// Commits what the workers finished; a commit after the answer would come too late to be taken.
    fn finish_release(&mut self, partitions: Vec<TopicPartition>, lost: bool, closing: bool, complete: bool) {
        if !complete {
            tracing::warn!(stage = self.setup.stage, "a worker was not finished in time; its work is done again");
        }
        if !lost {
            self.commit();
        }
        self.phase = Phase::Committing { partitions, until: Instant::now() + LAST_COMMITS_WITHIN, closing };
    }

    fn give_up(&mut self, partitions: &[TopicPartition], closing: bool) -> Result<(), RunError> {
        for at in partitions {
            self.owned.remove(at);
        }
        self.setup.notes.forget(partitions);
        self.count_owned();
        if closing {
            self.phase = Phase::Released;
            return Ok(());
        }
        let list = self.list(partitions.iter().map(|at| (*at, None, "")));
        self.consumer.incremental_unassign(&list).map_err(RunError::kafka("giving partitions up"))
    }

    fn control(&self, worker: usize, message: Control<S>) -> Result<(), RunError> {
        let sent = self.setup.ports[worker].control.send_timeout(message, CONTROL_WITHIN);
        sent.map_err(|_| RunError::Ended { what: "a worker" })
    }

    fn count_owned(&self) {
        let count = i64::try_from(self.owned.len()).unwrap_or(i64::MAX);
        self.setup.metrics.partitions.with_label_values(&[self.setup.stage]).set(count);
    }

    fn list<'a>(
        &self,
        partitions: impl Iterator<Item = (TopicPartition, Option<Offset>, &'a str)>,
    ) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for (at, offset, metadata) in partitions {
            let mut element = list.add_partition(self.setup.topics.name(at.topic), wire_partition(at.partition));
            if let Some(offset) = offset {
                // Only negative offsets are refused, and there are none.
                let _ = element.set_offset(WireOffset::Offset(wire_offset(offset.0)));
                element.set_metadata(metadata);
            }
        }
        list
    }

    // --- commits ---

    fn commit(&mut self) {
        self.committed_at = Instant::now();
        for (at, point) in self.setup.board.take() {
            if let Some(owned) = self.owned.get_mut(&at).filter(|owned| owned.generation == point.generation) {
                owned.reached = Some(point.next);
                owned.uncommitted = true;
            }
        }
        let again = self.setup.notes.take_commit_failure();
        let points: Vec<_> = (self.owned.iter())
            .filter(|(_, owned)| owned.uncommitted || again)
            .filter_map(|(at, owned)| Some((*at, Some(owned.reached?), owned.metadata.as_str())))
            .collect();
        if points.is_empty() || self.setup.lifecycle.has_failed() {
            return;
        }
        let list = self.list(points.into_iter());
        match self.consumer.commit(&list, CommitMode::Async) {
            Ok(()) => {
                self.setup.notes.commit_sent();
                self.owned.values_mut().for_each(|owned| owned.uncommitted = false);
            }
            Err(error) => tracing::warn!(stage = self.setup.stage, %error, "commit not sent"),
        }
    }

    fn close(self) {
        self.setup.notes.close();
        self.setup.heartbeat.beat();
        drop(self.consumer);
    }

    // --- reading ---

    fn resume_parked(&mut self) {
        for at in self.parking.partitions() {
            let Some(owned) = self.owned.get(&at) else { continue };
            if self.parking.retry(&self.setup.ports[owned.worker], at) {
                self.pause_or_resume(at, false);
            }
        }
    }

    fn pause_or_resume(&self, at: TopicPartition, pause: bool) {
        let list = self.list(std::iter::once((at, None, "")));
        let done = if pause { self.consumer.pause(&list) } else { self.consumer.resume(&list) };
        if let Err(error) = done {
            tracing::warn!(stage = self.setup.stage, %error, pause, "pausing or resuming a partition");
        }
    }

    fn wait(&self) -> Duration {
        let steady = matches!(self.phase, Phase::Steady) && self.parking.is_empty();
        if steady { IDLE_WAIT } else { BUSY_WAIT }
    }

    fn read(&mut self) -> Result<(), RunError> {
        let (mut records, mut bytes, mut wait) = (0, 0, self.wait());
        while records < TURN_RECORDS && bytes < TURN_BYTES {
            match self.consumer.poll(wait) {
                Some(Ok(message)) => {
                    records += 1;
                    bytes += message.payload_len();
                    take_in(&mut self.turn, &self.owned, &self.setup.topics, &message);
                }
                Some(Err(error)) => self.judge(error)?,
                None => break,
            }
            wait = Duration::ZERO;
        }
        self.hand_over_turn()
    }

    fn hand_over_turn(&mut self) -> Result<(), RunError> {
        for (at, batch) in std::mem::take(&mut self.turn) {
            let Some(owned) = self.owned.get(&at) else { continue };
            match self.parking.hand_over(&self.setup.ports[owned.worker], batch) {
                Handover::Sent | Handover::Queued => {}
                Handover::Parked => {
                    self.setup.metrics.pauses.with_label_values(&[self.setup.stage]).inc();
                    self.pause_or_resume(at, true);
                }
                Handover::Ended => return Err(RunError::Ended { what: "a worker" }),
            }
        }
        Ok(())
    }

    fn judge(&self, error: KafkaError) -> Result<(), RunError> {
        let stage = self.setup.stage;
        match error {
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => Err(RunError::OffsetGone { stage }),
            KafkaError::MessageConsumptionFatal(code) => Err(RunError::ClientFatal { stage, reason: code.to_string() }),
            // A broker that is away comes back; the client goes on trying.
            other => {
                tracing::debug!(stage, error = %other, "reading");
                Ok(())
            }
        }
    }
}

fn take_in(
    turn: &mut HashMap<TopicPartition, OwnedBatch>,
    owned: &HashMap<TopicPartition, Owned>,
    topics: &TopicTable,
    message: &BorrowedMessage<'_>,
) {
    let Some(at) = topics.locate(message.topic(), message.partition()) else { return };
    let Some(generation) = owned.get(&at).filter(|owned| !owned.going).map(|owned| owned.generation) else { return };
    let batch = turn.entry(at).or_insert_with(|| OwnedBatch::new(at, generation));
    let timestamp = message.timestamp().to_millis().and_then(EventTime::from_millis);
    let offset = Offset(u64::try_from(message.offset()).unwrap_or_default());
    batch.push(offset, timestamp, message.payload().unwrap_or_default());
}
