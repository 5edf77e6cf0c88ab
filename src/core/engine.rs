//! Ingest and detect in one piece, in memory: the same code and the same bytes between them as on Kafka.
//!
//! One partition; what replay, rule tests and benchmarks run.

use super::activity::{BatchBuilder, BatchReader, Control, Record, codec};
use super::detector::{Detector, DetectorSettings, DetectorStats, Explanation, Output};
use super::event::FieldSet;
use super::incident::Incident;
use super::ingest::{Ingest, IngestOut, IngestSettings, Knowledge, RejectedRecord, SourceRecord};
use super::time::{EventTime, Millis};
use super::units::{Partition, Position};
use std::collections::VecDeque;
use std::sync::Arc;

/// Actors that the directory does not know, at most, before they share entities.
pub const MAX_UNLISTED: usize = 500_000;

/// Who hears what the engine has to say.
pub trait EngineOut {
    /// A revision of an incident.
    fn incident(&mut self, incident: Incident);
    /// A record, or one of its events, that cannot be used.
    fn reject(&mut self, record: &SourceRecord<'_>, rejected: RejectedRecord<'_>);
    /// Fields of a wrong type.
    fn unknown_fields(&mut self, fields: FieldSet);
}

/// Ingest, the activity log's bytes, and one detector.
pub struct Engine {
    ingest: Ingest,
    log: Log,
}

/// The part after ingest.
struct Log {
    batch: BatchBuilder,
    detector: Detector,
    outputs: Vec<Output>,
    incidents: Vec<Incident>,
    next: Position,
}

impl Engine {
    /// An engine under `rules` (YAML texts that pass the check), with what is known.
    pub fn new(settings: IngestSettings, knowledge: Knowledge, rules: &[&str], lateness: Millis) -> Self {
        let detector = Detector::new(DetectorSettings {
            partition: Partition(0),
            partitions: 1,
            lateness,
            max_unlisted: MAX_UNLISTED,
        });
        let mut log = Log::new(detector);
        log.append(&Record::Control(Control::Rules { version: "", yaml: rules.to_vec() }));
        for control in settings.controls(&knowledge) {
            log.append(&control);
        }
        let settings = IngestSettings { partitions: 1, ..settings };
        let mut engine = Self { ingest: Ingest::new(Arc::new(settings), knowledge), log };
        engine.log.apply();
        engine
    }

    /// Takes in one source record; everything that follows from it is said before this returns. Whether it was used:
    /// at least one of its events was, or it holds none and nothing in it was rejected.
    pub fn feed(&mut self, record: &SourceRecord<'_>, out: &mut dyn EngineOut) -> bool {
        let mut intake = Intake { record, log: &mut self.log, out, emitted: false, rejected: false };
        self.ingest.process(record, &mut intake);
        let used = intake.emitted || !intake.rejected;
        self.log.apply();
        for incident in self.log.incidents.drain(..) {
            out.incident(incident);
        }
        used
    }

    /// The input has ended: what is told once a slice is told now. Nothing is resolved.
    pub fn finish(&mut self, out: &mut dyn EngineOut) {
        self.log.detector.finish(&mut self.log.outputs);
        self.log.settle();
        for incident in self.log.incidents.drain(..) {
            out.incident(incident);
        }
    }

    /// Every rule as it stands at `time` for `actor`; see [`Detector::explain`].
    pub fn explain(&self, actor: &str, time: EventTime) -> Vec<Explanation> {
        self.log.detector.explain(actor, time)
    }

    /// Sizes worth watching.
    pub fn stats(&self) -> DetectorStats {
        self.log.detector.stats()
    }
}

impl Log {
    fn new(detector: Detector) -> Self {
        Self {
            batch: BatchBuilder::default(),
            detector,
            outputs: Vec::new(),
            incidents: Vec::new(),
            next: Position::default(),
        }
    }

    fn append(&mut self, record: &Record<'_>) {
        // A record that cannot be encoded cannot be logged on Kafka either; there is none of its kind.
        let _ = self.batch.push(record);
    }

    fn apply(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        if let Ok(records) = BatchReader::new(batch.as_bytes()) {
            for record in records.map_while(Result::ok) {
                self.apply_one(&record);
            }
        }
        self.batch = batch;
        self.batch.clear();
    }

    /// Applies a record, and right after it what the detector made of it: in memory a record for another entity does not
    /// wait. What was made first is applied first, as in a log.
    fn apply_one(&mut self, record: &Record<'_>) {
        self.step(record);
        self.settle();
    }

    fn step(&mut self, record: &Record<'_>) {
        self.detector.apply(self.next, record, &mut self.outputs);
        self.next.offset.0 += 1;
    }

    fn settle(&mut self) {
        let mut made = VecDeque::new();
        loop {
            for output in self.outputs.drain(..) {
                match output {
                    Output::Incident(incident) => self.incidents.push(*incident),
                    Output::Record { record, .. } => made.push_back(record),
                }
            }
            let Some(next) = made.pop_front() else { return };
            if let Ok(record) = codec::decode(&next) {
                self.step(&record);
            }
        }
    }
}

struct Intake<'a, 'r> {
    record: &'a SourceRecord<'r>,
    log: &'a mut Log,
    out: &'a mut dyn EngineOut,
    emitted: bool,
    rejected: bool,
}

impl IngestOut for Intake<'_, '_> {
    fn emit(&mut self, _to: Partition, record: &Record<'_>) {
        self.emitted = true;
        self.log.append(record);
    }

    fn reject(&mut self, rejected: RejectedRecord<'_>) {
        self.rejected = true;
        self.out.reject(self.record, rejected);
    }

    fn unknown_fields(&mut self, fields: FieldSet) {
        self.out.unknown_fields(fields);
    }
}
