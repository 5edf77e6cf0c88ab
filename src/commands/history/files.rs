//! A history from files of events.

use crate::commands::engine_args::EngineParts;
use crate::commands::failure::Failure;
use crate::commands::progress;
use crate::commands::replay_files::ReplayFiles;
use crate::core::activity::Record;
use crate::core::event::FieldSet;
use crate::core::history::{History, HistoryError};
use crate::core::ingest::{IngestOut, RejectedRecord};
use crate::core::units::Partition;

/// Reads `files`, and what ingest makes of them, into `history`.
///
/// # Errors
/// [`Failure`]
pub(super) fn read(files: &[String], parts: &EngineParts, history: History) -> Result<History, Failure> {
    let mut files = ReplayFiles::open(parts, files)?;
    let mut intake = Intake { history, failed: None };
    for control in files.controls(parts) {
        intake.push(&control);
    }
    let mut ingest = files.ingest(parts);
    let progress = progress::records();
    while let Some((record, _)) = files.next_record().map_err(Failure::run)? {
        progress.inc(1);
        ingest.process(&record, &mut intake);
        if let Some(error) = intake.failed.take() {
            return Err(Failure::run(error));
        }
    }
    progress.finish_and_clear();
    intake.history.close().map_err(Failure::run)?;
    Ok(intake.history)
}

struct Intake {
    history: History,
    failed: Option<HistoryError>,
}

impl Intake {
    fn push(&mut self, record: &Record<'_>) {
        if let Err(error) = self.history.push(record) {
            self.failed = Some(error);
        }
    }
}

impl IngestOut for Intake {
    fn emit(&mut self, _to: Partition, record: &Record<'_>) {
        self.push(record);
    }
    fn reject(&mut self, _rejected: RejectedRecord<'_>) {}
    fn unknown_fields(&mut self, _fields: FieldSet) {}
}
