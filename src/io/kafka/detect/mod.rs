//! Detect on Kafka: one owner a partition of the activity log, its state restored, kept, and handed over.

mod careful;
mod counts;
mod newest;
mod publish;
mod restore;
mod slot;
mod snapshotter;
mod worker;

pub use restore::{Finding, decide};

use super::commits::CommitBoard;
use super::consumer::Notes;
use super::error::RunError;
use super::heartbeat::Heartbeat;
use super::ingest::OutTopic;
use super::lookup::Lookup;
use super::poll_thread::{PollSetup, PollThread};
use super::prepare;
use super::services::{Running, Services};
use super::stages::DetectFactory;
use super::synthetic;
use super::topics_table::TopicTable;
use super::trials::Trials;
use super::unowned;
use super::workers::{WorkerPort, worker_queues};
use crate::io::live::Live;
use crate::io::shared_rules::SharedRules;
use crate::io::snapshots::SnapshotStore;
use crossbeam_channel::{Sender, bounded};
use publish::Publisher;
use restore::{Restored, StatePreparer};
use snapshotter::{SNAPSHOT_QUEUE, SnapshotJob, Snapshotter};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use worker::DetectWorker;

const STAGE: &str = "detect";

/// What detect is told.
#[derive(Clone, Debug)]
pub struct DetectSettings {
    /// The activity topic.
    pub activity: String,
    /// The incidents topic.
    pub incidents: String,
    /// The topic for incidents of rules that do not count yet.
    pub shadow: String,
    /// The topic for the synthetic event, where there is to be one.
    pub heartbeats: Option<String>,
    /// How often each partition's state is written.
    pub snapshot_every: Duration,
    /// How many worker threads.
    pub workers: usize,
}

struct Parts {
    settings: DetectSettings,
    topics: Arc<TopicTable>,
    publisher: Publisher,
    notes: Arc<Notes>,
    board: Arc<CommitBoard>,
    trials: Arc<Trials>,
    live: Arc<Live>,
    services: Services,
}

/// Starts detect: one poll thread, the workers, and the threads that restore and write snapshots.
///
/// # Errors
/// [`RunError`]: a topic is missing, the broker does not answer, or the snapshots were written for another number of
/// partitions.
pub fn start(
    settings: &DetectSettings,
    factory: Arc<dyn DetectFactory>,
    rules: Option<Arc<SharedRules>>,
    store: SnapshotStore,
    live: Arc<Live>,
    services: &Services,
) -> Result<Running, RunError> {
    let lookup = Lookup::new(&services.connection, &services.group(STAGE))?;
    let parts = parts(settings, rules, live, &lookup, services)?;
    let preparer = StatePreparer {
        lookup,
        topic: settings.activity.clone(),
        partitions: parts.publisher.activity.partitions,
        store,
        trials: Arc::clone(&parts.trials),
        factory,
        services: services.clone(),
    };
    preparer.check_count()?;
    let heartbeat = Heartbeat::new(STAGE);
    let mut threads = Vec::new();
    let queues = workers(&parts, &preparer.store, &mut threads)?;
    let poll = poll(&parts, preparer, queues, &heartbeat, &mut threads)?;
    threads.push(poll);
    let services = &parts.services;
    threads.push(unowned::watch(STAGE, services.group(STAGE), Arc::clone(&parts.topics), services)?);
    Ok(Running { stage: STAGE, heartbeat, notes: parts.notes, threads })
}

fn parts(
    settings: &DetectSettings,
    rules: Option<Arc<SharedRules>>,
    live: Arc<Live>,
    lookup: &Lookup,
    services: &Services,
) -> Result<Parts, RunError> {
    let topic = |name: &String| -> Result<OutTopic, RunError> {
        Ok(OutTopic { name: name.clone(), partitions: lookup.partitions(name)? })
    };
    let publisher = Publisher {
        activity: topic(&settings.activity)?,
        incidents: topic(&settings.incidents)?,
        shadow: topic(&settings.shadow)?,
        heartbeats: synthetic::topic(lookup, settings.heartbeats.as_ref())?,
        rules,
        producer: services.producer.clone(),
        metrics: services.metrics.detect.clone(),
    };
    let topics = Arc::new(TopicTable::new([settings.activity.clone()]));
    Ok(Parts {
        settings: settings.clone(),
        notes: Arc::new(Notes::new(STAGE, Arc::clone(&topics), services.metrics.kafka.clone())),
        topics,
        trials: Arc::new(Trials::new(services, STAGE)?),
        publisher,
        board: Arc::default(),
        live,
        services: services.clone(),
    })
}

fn snapshot_thread(
    parts: &Parts,
    number: usize,
    store: SnapshotStore,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<Sender<SnapshotJob>, RunError> {
    let (jobs, inbox) = bounded(SNAPSHOT_QUEUE);
    let snapshotter = Snapshotter {
        jobs: inbox,
        store,
        partitions: parts.publisher.activity.partitions,
        producer: parts.services.producer.clone(),
        board: Arc::clone(&parts.board),
        clock: Arc::clone(&parts.services.clock),
        lifecycle: parts.services.lifecycle.clone(),
        metrics: parts.services.metrics.snapshots.clone(),
    };
    threads.push(parts.services.lifecycle.spawn(&format!("snapshots-{number}"), move || -> Result<(), RunError> {
        snapshotter.run();
        Ok(())
    })?);
    Ok(jobs)
}

fn workers(
    parts: &Parts,
    store: &SnapshotStore,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<Vec<WorkerPort<Restored>>, RunError> {
    let mut queues = Vec::new();
    for number in 0..parts.settings.workers.max(1) {
        let (port, inbox) = worker_queues();
        queues.push(port);
        let worker = DetectWorker {
            inbox,
            publisher: parts.publisher.clone(),
            snapshots: snapshot_thread(parts, number, store.clone(), threads)?,
            snapshot_every: parts.settings.snapshot_every,
            trials: Arc::clone(&parts.trials),
            live: Arc::clone(&parts.live),
            clock: Arc::clone(&parts.services.clock),
            metrics: parts.services.metrics.detect.clone(),
            ages: parts.settings.heartbeats.as_ref().map(|_| parts.services.metrics.heartbeats.clone()),
            snapshot_metrics: parts.services.metrics.snapshots.clone(),
        };
        threads.push(parts.services.lifecycle.spawn(&format!("detect-{number}"), move || worker.run())?);
    }
    Ok(queues)
}

fn poll(
    parts: &Parts,
    preparer: StatePreparer,
    queues: Vec<WorkerPort<Restored>>,
    heartbeat: &Arc<Heartbeat>,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<JoinHandle<()>, RunError> {
    let services = &parts.services;
    let (prepare, thread) = prepare::spawn(&services.lifecycle, "detect-prepare", preparer)?;
    threads.push(thread);
    let poll = PollThread::new(PollSetup {
        stage: STAGE,
        connection: services.connection.clone(),
        group: services.group(STAGE),
        topics: Arc::clone(&parts.topics),
        notes: Arc::clone(&parts.notes),
        ports: queues,
        prepare,
        board: Arc::clone(&parts.board),
        heartbeat: Arc::clone(heartbeat),
        lifecycle: services.lifecycle.clone(),
        metrics: services.metrics.kafka.clone(),
    })?;
    Ok(services.lifecycle.spawn("detect-poll", move || poll.run())?)
}
