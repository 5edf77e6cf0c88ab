//! Ingest on Kafka: source topics in, the activity log out, at least once and with an origin on every record.

mod engine;
mod outbox;
mod progress;
mod start;
mod ticker;
mod worker;

pub use engine::EngineIngest;
pub use outbox::{OutTopic, OutTopics};
pub use progress::Progress;
pub use start::{Finding, Start, decide};
pub use ticker::TICK_EVERY;

use super::commits::CommitBoard;
use super::consumer::Notes;
use super::error::RunError;
use super::heartbeat::Heartbeat;
use super::lookup::Lookup;
use super::poll_thread::{PollSetup, PollThread};
use super::prepare;
use super::services::{Running, Services};
use super::stages::{IngestFactory, RuleSet};
use super::synthetic::Metronome;
use super::topics_table::TopicTable;
use super::trials::Trials;
use super::unowned;
use super::workers::{WorkerInbox, WorkerPort, worker_queues};
use crate::core::time::Millis;
use crate::io::metrics::Post;
use outbox::Outbox;
use start::{SourcePreparer, SourceState};
use std::sync::Arc;
use std::thread::JoinHandle;
use ticker::Ticker;
use worker::IngestWorker;

const STAGE: &str = "ingest";

/// What ingest is told.
#[derive(Clone, Debug)]
pub struct IngestSettings {
    /// The sources' topics, in the order of the configuration.
    pub sources: Vec<String>,
    /// The activity topic.
    pub activity: String,
    /// The topic of rejected records.
    pub rejected: String,
    /// Whether a rejected record's value is kept.
    pub keep_rejected_value: bool,
    /// How many worker threads.
    pub workers: usize,
    /// How often the synthetic event is made; `None` is never.
    pub heartbeat_every: Option<Millis>,
}

struct Parts {
    topics: Arc<TopicTable>,
    out: Arc<OutTopics>,
    board: Arc<CommitBoard>,
    progress: Arc<Progress>,
    notes: Arc<Notes>,
    trials: Arc<Trials>,
}

/// Starts ingest: one poll thread, the workers, the thread that prepares partitions, and the ticker.
///
/// # Errors
/// [`RunError`] if a topic is missing or the broker does not answer.
pub fn start(
    settings: &IngestSettings,
    factory: &Arc<dyn IngestFactory>,
    rules: Option<&RuleSet>,
    services: &Services,
) -> Result<Running, RunError> {
    let lookup = Lookup::new(&services.connection, &services.group(STAGE))?;
    let parts = parts(settings, services, &lookup)?;
    let ticker = Ticker {
        activity: parts.out.activity.clone(),
        progress: Arc::clone(&parts.progress),
        notes: Arc::clone(&parts.notes),
        factory: Arc::clone(factory),
        services: services.clone(),
    };
    if let Some(rules) = rules {
        ticker.publish_first_rules(&lookup, rules)?;
    }
    // Before the first record, so that no partition counts without them.
    let controls = factory.controls_version();
    ticker.publish_controls()?;
    let heartbeat = Heartbeat::new(STAGE);
    let mut threads = Vec::new();
    let queues = workers(settings, factory, &parts, services, &mut threads)?;
    let poll = poll(&parts, lookup, queues, &heartbeat, services, &mut threads)?;
    threads.push(poll);
    threads.push(unowned::watch(STAGE, services.group(STAGE), Arc::clone(&parts.topics), services)?);
    threads.push(services.lifecycle.spawn("ticker", move || ticker.run(controls))?);
    Ok(Running { stage: STAGE, heartbeat, notes: parts.notes, threads })
}

fn parts(settings: &IngestSettings, services: &Services, lookup: &Lookup) -> Result<Parts, RunError> {
    for source in &settings.sources {
        lookup.partitions(source)?;
    }
    let topic = |name: &String| -> Result<OutTopic, RunError> {
        Ok(OutTopic { name: name.clone(), partitions: lookup.partitions(name)? })
    };
    let (activity, rejected) = (topic(&settings.activity)?, topic(&settings.rejected)?);
    let topics = Arc::new(TopicTable::new(settings.sources.iter().cloned()));
    Ok(Parts {
        notes: Arc::new(Notes::new(STAGE, Arc::clone(&topics), services.metrics.kafka.clone())),
        topics,
        out: Arc::new(OutTopics { activity, rejected, keep_value: settings.keep_rejected_value }),
        board: Arc::default(),
        progress: Arc::default(),
        trials: Arc::new(Trials::new(services, STAGE)?),
    })
}

fn workers(
    settings: &IngestSettings,
    factory: &Arc<dyn IngestFactory>,
    parts: &Parts,
    services: &Services,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<Vec<WorkerPort<SourceState>>, RunError> {
    let mut queues = Vec::new();
    // One of them makes the synthetic event, in the turn of its own work: if it hangs, that is missed.
    let mut metronome = settings.heartbeat_every.map(|every| Metronome::new(Arc::clone(&services.clock), every));
    if metronome.is_some() {
        services.metrics.heartbeats.expect(Post::Ingest);
    }
    for number in 0..settings.workers.max(1) {
        let (port, inbox) = worker_queues();
        queues.push(port);
        let worker = IngestWorker { metronome: metronome.take(), ..worker(inbox, factory, parts, services) };
        threads.push(services.lifecycle.spawn(&format!("ingest-{number}"), move || worker.run())?);
    }
    Ok(queues)
}

fn worker(
    inbox: WorkerInbox<SourceState>,
    factory: &Arc<dyn IngestFactory>,
    parts: &Parts,
    services: &Services,
) -> IngestWorker {
    let metrics = services.metrics.ingest.clone();
    IngestWorker {
        inbox,
        stage: factory.stage(),
        outbox: Outbox::new(Arc::clone(&parts.out), services.producer.clone(), metrics.clone()),
        topics: Arc::clone(&parts.topics),
        board: Arc::clone(&parts.board),
        progress: Arc::clone(&parts.progress),
        trials: Arc::clone(&parts.trials),
        clock: Arc::clone(&services.clock),
        metrics,
        metronome: None,
        ages: services.metrics.heartbeats.clone(),
    }
}

fn poll(
    parts: &Parts,
    lookup: Lookup,
    queues: Vec<WorkerPort<SourceState>>,
    heartbeat: &Arc<Heartbeat>,
    services: &Services,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<JoinHandle<()>, RunError> {
    let preparer = SourcePreparer {
        lookup,
        topics: Arc::clone(&parts.topics),
        activity: parts.out.activity.name.clone(),
        partitions: parts.out.activity.partitions,
        trials: Arc::clone(&parts.trials),
        services: services.clone(),
    };
    let (prepare, thread) = prepare::spawn(&services.lifecycle, "ingest-prepare", preparer)?;
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
    Ok(services.lifecycle.spawn("ingest-poll", move || poll.run())?)
}
