//! Sinks on Kafka: each reads the incidents topic in a group of its own, so one that is slow holds up no other.

mod start;
mod topic;
mod worker;

pub use topic::TopicSink;

use super::commits::CommitBoard;
use super::consumer::Notes;
use super::error::RunError;
use super::heartbeat::Heartbeat;
use super::ingest::OutTopic;
use super::lookup::Lookup;
use super::poll_thread::{PollSetup, PollThread};
use super::prepare;
use super::services::{Running, Services};
use super::synthetic;
use super::topics_table::{TopicIndex, TopicTable};
use super::unowned;
use super::workers::worker_queues;
use crate::core::incident::Severity;
use crate::io::sinks::Sink;
use start::LinePreparer;
use std::sync::Arc;
use worker::SinkWorker;

const STAGE: &str = "sinks";

/// Where the topic of the synthetic event stands in the table of topics; before it, that of incidents.
const BEATS: TopicIndex = TopicIndex(1);

/// What one sink is told.
#[derive(Clone, Debug)]
pub struct SinkSettings {
    /// Its name: in metrics, logs and its group's name.
    pub name: String,
    /// The least severity that it gets.
    pub min_severity: Severity,
    /// The incidents topic.
    pub incidents: String,
    /// The topic of the synthetic event, where there is to be one.
    pub heartbeats: Option<String>,
    /// Where lines go that it does not take.
    pub dead_letters: String,
}

/// Starts one sink.
///
/// # Errors
/// [`RunError`] if a topic is missing or the broker does not answer.
pub fn start(settings: SinkSettings, sink: Box<dyn Sink>, services: &Services) -> Result<Running, RunError> {
    let group = services.group(&format!("{STAGE}-{}", settings.name));
    let lookup = Lookup::new(&services.connection, &group)?;
    lookup.partitions(&settings.incidents)?;
    let dead = OutTopic { partitions: lookup.partitions(&settings.dead_letters)?, name: settings.dead_letters.clone() };
    let beats = synthetic::topic(&lookup, settings.heartbeats.as_ref())?.map(|topic| topic.name);
    let topics = Arc::new(TopicTable::new([settings.incidents.clone()].into_iter().chain(beats)));
    let notes = Arc::new(Notes::new(STAGE, Arc::clone(&topics), services.metrics.kafka.clone()));
    let board = Arc::new(CommitBoard::default());
    let heartbeat = Heartbeat::new(STAGE);
    let (port, inbox) = worker_queues();
    let preparer = LinePreparer { lookup, topics: Arc::clone(&topics), rebuilds: sink.rebuilds() };
    let worker = SinkWorker::new(settings, sink, inbox, dead, Arc::clone(&board), services.clone());
    let (prepare, prepare_thread) = prepare::spawn(&services.lifecycle, "sinks-prepare", preparer)?;
    let unowned = unowned::watch(STAGE, group.clone(), Arc::clone(&topics), services)?;
    let poll = PollThread::new(PollSetup {
        stage: STAGE,
        connection: services.connection.clone(),
        group,
        topics,
        notes: Arc::clone(&notes),
        ports: vec![port],
        prepare,
        board,
        heartbeat: Arc::clone(&heartbeat),
        lifecycle: services.lifecycle.clone(),
        metrics: services.metrics.kafka.clone(),
    })?;
    let threads = vec![
        unowned,
        prepare_thread,
        services.lifecycle.spawn("sink", move || worker.run())?,
        services.lifecycle.spawn("sinks-poll", move || poll.run())?,
    ];
    Ok(Running { stage: STAGE, heartbeat, notes, threads })
}
