//! Evidence in files: read once through the engine for the incidents, and again for what belongs to one.

use super::evidence::{Evidence, Take};
use crate::commands::engine_args::EngineParts;
use crate::commands::failure::Failure;
use crate::commands::progress;
use crate::commands::replay_files::ReplayFiles;
use crate::core::activity::{Record, Standing};
use crate::core::affected::Scope;
use crate::core::cases::CaseBook;
use crate::core::engine::EngineOut;
use crate::core::event::FieldSet;
use crate::core::incident::Incident;
use crate::core::ingest::{IngestOut, RejectedRecord, SourceRecord};
use crate::core::time::EventTime;
use crate::core::units::Partition;
use anyhow::anyhow;

/// The files, and what they are read with.
pub(super) struct Files<'a> {
    parts: &'a EngineParts,
    files: &'a [String],
}

impl<'a> Files<'a> {
    /// # Errors
    /// [`Failure::Usage`], if one of them is standard input.
    pub fn new(parts: &'a EngineParts, files: &'a [String]) -> Result<Self, Failure> {
        if files.iter().any(|file| file == "-" || file.ends_with("=-")) {
            return Err(Failure::usage(anyhow!("-: expected files, which can be read more than once")));
        }
        Ok(Self { parts, files })
    }
}

impl Evidence for Files<'_> {
    fn book(&mut self) -> Result<(CaseBook, EventTime), Failure> {
        let mut files = ReplayFiles::open(self.parts, self.files)?;
        let mut engine = files.engine(self.parts);
        let (mut book, mut end) = (Listener::default(), EventTime::MIN);
        let progress = progress::records();
        while let Some((record, received)) = files.next_record().map_err(Failure::run)? {
            progress.inc(1);
            end = end.max(received);
            engine.feed(&record, &mut book);
        }
        engine.finish(&mut book);
        progress.finish_and_clear();
        Ok((book.0, end))
    }

    fn activities(&mut self, _scopes: &[Scope], take: &mut Take<'_>) -> Result<(), Failure> {
        let mut files = ReplayFiles::open(self.parts, self.files)?;
        let mut ingest = files.ingest(self.parts);
        let progress = progress::records();
        let mut tap = Tap { take };
        while let Some((record, _)) = files.next_record().map_err(Failure::run)? {
            progress.inc(1);
            ingest.process(&record, &mut tap);
        }
        progress.finish_and_clear();
        Ok(())
    }

    fn begins_late(&self) -> bool {
        false
    }
}

/// Hears the engine.
#[derive(Default)]
struct Listener(CaseBook);

impl EngineOut for Listener {
    fn incident(&mut self, incident: Incident) {
        self.0.take(incident);
    }
    fn reject(&mut self, _record: &SourceRecord<'_>, _rejected: RejectedRecord<'_>) {}
    fn unknown_fields(&mut self, _fields: FieldSet) {}
}

/// Hears ingest.
struct Tap<'a, 't> {
    take: &'a mut Take<'t>,
}

impl IngestOut for Tap<'_, '_> {
    fn emit(&mut self, _to: Partition, record: &Record<'_>) {
        if let Record::Activity(activity) = record {
            (self.take)(activity, Standing::Applied);
        }
    }
    fn reject(&mut self, _rejected: RejectedRecord<'_>) {}
    fn unknown_fields(&mut self, _fields: FieldSet) {}
}
