//! The one thread that polls a consumer: reads, answers the group, commits. It never waits for a worker or a store.
//!
//! The group's requests are answered late on purpose: an assignment once every partition is prepared, a revocation
//! once every worker is finished or its time is up. Until then the thread goes on polling, so the membership lives.

mod group;
mod offsets;
mod reading;

use super::batch::{Generation, OwnedBatch};
use super::commits::CommitBoard;
use super::consumer::{Generations, Notes, ReaderContext, consumer_config};
use super::dispatch::Parking;
use super::error::RunError;
use super::heartbeat::Heartbeat;
use super::prepare::PrepareThread;
use super::topics_table::{TopicPartition, TopicTable, wire_offset, wire_partition};
use super::workers::{Countdown, Prepared, WorkerPort};
use crate::core::units::Offset;
use crate::io::lifecycle::Lifecycle;
use crate::io::metrics::KafkaMetrics;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset as WireOffset, TopicPartitionList};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const COMMIT_EVERY: Duration = Duration::from_secs(1);
/// A revocation is answered after this long, also where a worker has not finished.
pub const RELEASE_WITHIN: Duration = Duration::from_secs(5);

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
        let outcome = self.turns();
        if outcome.is_err() {
            self.abandon();
        }
        self.close();
        outcome
    }

    fn turns(&mut self) -> Result<(), RunError> {
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
        Ok(())
    }

    fn check_client(&self) -> Result<(), RunError> {
        match self.consumer.client().fatal_error() {
            Some((_, reason)) => Err(RunError::ClientFatal { stage: self.setup.stage, reason }),
            None => Ok(()),
        }
    }

    /// Partitions without offsets.
    fn bare_list(&self, partitions: &[TopicPartition]) -> TopicPartitionList {
        self.list(partitions.iter().map(|at| (*at, None, "")))
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
}
