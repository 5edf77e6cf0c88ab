//! Ingest and detect in one piece, in memory: the same code and the same bytes between them as on Kafka.
//!
//! One partition; what replay, rule tests and benchmarks run.

mod log;

pub use log::{MAX_ENTITIES, MemoryLog};

use super::activity::{BatchBuilder, BatchReader, Control, Record};
use super::detector::{DetectorStats, Explanation, Kept};
use super::event::FieldSet;
use super::incident::Incident;
use super::ingest::{Ingest, IngestOut, IngestSettings, Knowledge, RejectedRecord, SourceRecord};
use super::time::{EventTime, Millis};
use super::units::Partition;
use std::sync::Arc;

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
    batch: BatchBuilder,
    log: MemoryLog,
    incidents: Vec<Incident>,
}

impl Engine {
    /// An engine under `rules` (YAML texts that pass the check), with what is known.
    pub fn new(settings: IngestSettings, knowledge: Knowledge, rules: &[&str], lateness: Millis) -> Self {
        Self::on(MemoryLog::new(lateness), settings, knowledge, rules)
    }

    /// The same on `log`, which has read nothing.
    pub fn on(mut log: MemoryLog, settings: IngestSettings, knowledge: Knowledge, rules: &[&str]) -> Self {
        let mut incidents = Vec::new();
        log.apply(&Record::Control(Control::Rules { version: "", yaml: rules.to_vec() }), &mut incidents);
        for control in settings.controls(&knowledge) {
            log.apply(&control, &mut incidents);
        }
        let settings = IngestSettings { partitions: 1, ..settings };
        Self { ingest: Ingest::new(Arc::new(settings), knowledge), batch: BatchBuilder::default(), log, incidents }
    }

    /// Takes in one source record; everything that follows from it is said before this returns. Whether it was used:
    /// at least one of its events was, or it holds none and nothing in it was rejected.
    pub fn feed(&mut self, record: &SourceRecord<'_>, out: &mut dyn EngineOut) -> bool {
        let mut intake = Intake { record, batch: &mut self.batch, out, emitted: false, rejected: false };
        self.ingest.process(record, &mut intake);
        let used = intake.emitted || !intake.rejected;
        self.apply();
        self.tell(out);
        used
    }

    /// The input has ended: what is told once a slice is told now. Nothing is resolved.
    pub fn finish(&mut self, out: &mut dyn EngineOut) {
        self.log.finish(&mut self.incidents);
        self.tell(out);
    }

    /// What is in hand passes through the log's bytes, as on Kafka.
    fn apply(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        if let Ok(records) = BatchReader::new(self.batch.as_bytes()) {
            for record in records.map_while(Result::ok) {
                self.log.apply(&record, &mut self.incidents);
            }
        }
        self.batch.clear();
    }

    fn tell(&mut self, out: &mut dyn EngineOut) {
        for incident in self.incidents.drain(..) {
            out.incident(incident);
        }
    }

    /// Every rule as it stands at `time` for `actor`; see [`Detector::explain`].
    pub fn explain(&self, actor: &str, time: EventTime) -> Vec<Explanation> {
        self.log.detector().explain(actor, time)
    }

    /// Sizes worth watching.
    pub fn stats(&self) -> DetectorStats {
        self.log.detector().stats()
    }

    /// What all entities keep; this takes as long as there are many.
    pub fn kept(&self) -> Kept {
        self.log.detector().kept()
    }
}

struct Intake<'a, 'r> {
    record: &'a SourceRecord<'r>,
    batch: &'a mut BatchBuilder,
    out: &'a mut dyn EngineOut,
    emitted: bool,
    rejected: bool,
}

impl IngestOut for Intake<'_, '_> {
    fn emit(&mut self, _to: Partition, record: &Record<'_>) {
        self.emitted = true;
        // A record that cannot be encoded cannot be logged on Kafka either; there is none of its kind.
        let _ = self.batch.push(record);
    }

    fn reject(&mut self, rejected: RejectedRecord<'_>) {
        self.rejected = true;
        self.out.reject(self.record, rejected);
    }

    fn unknown_fields(&mut self, fields: FieldSet) {
        self.out.unknown_fields(fields);
    }
}
