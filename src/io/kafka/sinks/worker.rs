//! One sink's worker: lines in, in order; an offset may be committed once its line is delivered or among the dead.

use super::super::batch::{Generation, OwnedBatch, Received};
use super::super::commits::{CommitBoard, CommitPoint};
use super::super::deliveries::DeliverySet;
use super::super::error::RunError;
use super::super::ingest::OutTopic;
use super::super::producer::Destination;
use super::super::services::{Services, partition_of_key};
use super::super::synthetic::Beat;
use super::super::topics_table::TopicPartition;
use super::super::workers::{Control, WorkerInbox};
use super::{BEATS, SinkSettings};
use crate::core::incident::Incident;
use crate::core::units::Offset;
use crate::io::lifecycle::chain;
use crate::io::metrics::Post;
use crate::io::sinks::{IncidentLine, Sink, SinkError};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const IDLE_WAIT: Duration = Duration::from_secs(1);
/// A sink that cannot write its file is tried again this often.
const FILE_RETRY: Duration = Duration::from_secs(5);
const DEAD_SLICE: Duration = Duration::from_secs(1);

struct Owned {
    generation: Generation,
    end: Offset,
    next: Offset,
}

/// One line of the dead letters: what a sink did not take, and why.
#[derive(Serialize)]
struct DeadLetter<'a> {
    sink: &'a str,
    reason: String,
    partition: u32,
    offset: u64,
    line: Option<&'a RawValue>,
}

/// A sink's worker.
pub struct SinkWorker {
    settings: SinkSettings,
    sink: Box<dyn Sink>,
    inbox: WorkerInbox<Offset>,
    dead: OutTopic,
    board: Arc<CommitBoard>,
    services: Services,
    owned: HashMap<TopicPartition, Owned>,
}

impl SinkWorker {
    /// For `sink`.
    pub fn new(
        settings: SinkSettings,
        sink: Box<dyn Sink>,
        inbox: WorkerInbox<Offset>,
        dead: OutTopic,
        board: Arc<CommitBoard>,
        services: Services,
    ) -> Self {
        Self { settings, sink, inbox, dead, board, services, owned: HashMap::new() }
    }

    /// Works until the poll thread has gone.
    ///
    /// # Errors
    /// [`RunError`], which ends the process.
    pub fn run(mut self) -> Result<(), RunError> {
        let (inbox, batches) = (self.inbox.control.clone(), self.inbox.batches.clone());
        loop {
            crossbeam_channel::select! {
                recv(inbox) -> control => match control {
                    Ok(control) => self.control(control),
                    Err(_) => return Ok(()),
                },
                recv(batches) -> batch => match batch {
                    Ok(batch) => self.batch(&batch)?,
                    Err(_) => return Ok(()),
                },
                default(IDLE_WAIT) => {}
            }
            let caught_up = self.owned.values().all(|owned| owned.next >= owned.end);
            self.sink.tick(self.services.clock.now(), caught_up);
        }
    }

    fn control(&mut self, control: Control<Offset>) {
        match control {
            Control::Adopt { at, generation, start, state: end } => {
                self.owned.insert(at, Owned { generation, end, next: start });
                if at.topic == BEATS {
                    self.services.metrics.heartbeats.expect(self.post());
                }
            }
            Control::Release { at, done, lost: _ } => {
                self.owned.remove(&at);
                if at.topic == BEATS {
                    self.services.metrics.heartbeats.forget(&self.post());
                }
                done.arrive();
            }
        }
    }

    fn batch(&mut self, batch: &OwnedBatch) -> Result<(), RunError> {
        // What was sent before the batch is handled before it.
        while let Ok(control) = self.inbox.control.try_recv() {
            self.control(control);
        }
        for received in batch.records() {
            let current = self.owned.get(&batch.from).is_some_and(|owned| owned.generation == batch.generation);
            if !current {
                return Ok(());
            }
            if !self.line(batch.from, &received)? {
                // No later line may be committed past this one.
                self.owned.remove(&batch.from);
                return Ok(());
            }
            let next = Offset(received.offset.0 + 1);
            self.board.reached(batch.from, CommitPoint { generation: batch.generation, next });
            if let Some(owned) = self.owned.get_mut(&batch.from) {
                owned.next = next;
            }
        }
        Ok(())
    }

    /// Delivers one line, or lays it with the dead; `false` where the process is ending first.
    fn line(&mut self, at: TopicPartition, received: &Received<'_>) -> Result<bool, RunError> {
        if at.topic == BEATS {
            self.beat(received);
            return Ok(true);
        }
        let Ok(incident) = serde_json::from_slice::<Incident>(received.payload) else {
            return self.bury(at, received, "not an incident line".to_owned());
        };
        if incident.severity < self.settings.min_severity {
            self.count("below");
            return Ok(true);
        }
        let line = IncidentLine { incident: &incident, json: received.payload };
        loop {
            match self.sink.deliver(line) {
                Ok(()) => {
                    self.count("delivered");
                    return Ok(true);
                }
                Err(SinkError::Stopped) => return Ok(false),
                Err(error @ SinkError::File { .. }) => {
                    tracing::error!(sink = self.settings.name, error = chain(&error), "sink; trying again");
                    if self.services.lifecycle.sleep(FILE_RETRY) {
                        return Ok(false);
                    }
                }
                Err(error @ (SinkError::Refused { .. } | SinkError::GaveUp { .. })) => {
                    return self.bury(at, received, error.to_string());
                }
            }
        }
    }

    fn beat(&self, received: &Received<'_>) {
        let Ok(beat) = serde_json::from_slice::<Beat>(received.payload) else {
            tracing::warn!(offset = received.offset.0, "expected a heartbeat; its topic is for nothing else");
            return;
        };
        let ages = &self.services.metrics.heartbeats;
        ages.came(&self.post(), beat.partition.0, beat.partitions, beat.time);
    }

    fn post(&self) -> Post {
        Post::Sink { name: self.settings.name.clone() }
    }

    /// Writes a line to the dead letters and waits for its delivery.
    fn bury(&self, at: TopicPartition, received: &Received<'_>, reason: String) -> Result<bool, RunError> {
        tracing::error!(sink = self.settings.name, reason, offset = received.offset.0, "a line to the dead letters");
        let letter = DeadLetter {
            sink: &self.settings.name,
            reason,
            partition: at.partition.0,
            offset: received.offset.0,
            line: serde_json::from_slice(received.payload).ok(),
        };
        let key = format!("{}/{}", at.partition, received.offset);
        let partition = partition_of_key(key.as_bytes(), self.dead.partitions);
        let to = Destination { topic: &self.dead.name, partition, key: Some(key.as_bytes()) };
        let set = [DeliverySet::open()];
        self.services.producer.send(to, &serde_json::to_vec(&letter)?, Some(&set[0]))?;
        set[0].seal();
        while !self.services.producer.wait_delivered(&set, Instant::now() + DEAD_SLICE) {
            if self.services.lifecycle.is_stopping() {
                return Ok(false);
            }
        }
        self.count("dead");
        Ok(true)
    }

    fn count(&self, outcome: &str) {
        self.services.metrics.sinks.lines.with_label_values(&[&self.settings.name, outcome]).inc();
    }
}
