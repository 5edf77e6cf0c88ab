//! Where replay's lines go. Every output is created or replaced, also where it stays empty.

use super::Args;
use super::report::Report;
use crate::commands::failure::Failure;
use crate::commands::lines_out::{self, LinesOut};
use crate::core::engine::EngineOut;
use crate::core::event::FieldSet;
use crate::core::incident::Incident;
use crate::core::ingest::{RejectedRecord, SourceRecord};
use serde::Serialize;
use std::io::{self, Write};

/// The outputs that were asked for.
pub(super) struct Outputs {
    incidents: Option<LinesOut>,
    shadow: Option<LinesOut>,
    rejected: Option<LinesOut>,
    failed: Option<io::Error>,
}

/// A record that cannot be used, as it is listed.
#[derive(Serialize)]
struct RejectedLine<'a> {
    file: &'a str,
    /// From 1, as editors count.
    line: u64,
    index: Option<u32>,
    reason: &'a str,
    detail: &'a str,
    digest: Option<String>,
}

impl Outputs {
    pub fn create(args: &Args) -> Result<Self, Failure> {
        let create = |path: &Option<std::path::PathBuf>| path.as_deref().map(lines_out::create).transpose();
        Ok(Self {
            incidents: create(&args.incidents)?,
            shadow: create(&args.shadow)?,
            rejected: create(&args.rejected)?,
            failed: None,
        })
    }

    /// The engine's listener; what it hears is counted in `report` too.
    pub fn with<'a>(&'a mut self, files: &'a [String], report: &'a mut Report) -> Listener<'a> {
        Listener { outputs: self, files, report }
    }

    /// Whether everything could be written so far.
    pub fn check(&mut self) -> Result<(), Failure> {
        self.failed.take().map_or(Ok(()), |error| Err(Failure::run(error)))
    }

    pub fn finish(&mut self) -> Result<(), Failure> {
        for sink in [&mut self.incidents, &mut self.shadow, &mut self.rejected].into_iter().flatten() {
            sink.flush().map_err(Failure::run)?;
        }
        self.check()
    }
}

fn write_line(sink: Option<&mut LinesOut>, failed: &mut Option<io::Error>, line: &impl Serialize) {
    if let Some(Err(error)) = sink.map(|sink| lines_out::write(sink, line)) {
        failed.get_or_insert(error);
    }
}

/// Hears the engine.
pub(super) struct Listener<'a> {
    outputs: &'a mut Outputs,
    files: &'a [String],
    report: &'a mut Report,
}

impl EngineOut for Listener<'_> {
    fn incident(&mut self, incident: Incident) {
        let Outputs { incidents, shadow, failed, .. } = self.outputs;
        let sink = if incident.shadow { shadow } else { incidents };
        write_line(sink.as_mut(), failed, &incident);
        self.report.incident(incident);
    }

    fn reject(&mut self, record: &SourceRecord<'_>, rejected: RejectedRecord<'_>) {
        let line = RejectedLine {
            file: self.files.get(usize::from(record.source.0)).map_or("", String::as_str),
            line: record.offset.0 + 1,
            index: rejected.index,
            reason: rejected.reason,
            detail: rejected.detail,
            digest: rejected.digest.map(|digest| format!("{:016x}", digest.0)),
        };
        write_line(self.outputs.rejected.as_mut(), &mut self.outputs.failed, &line);
        self.report.rejected(rejected.reason);
    }

    fn unknown_fields(&mut self, fields: FieldSet) {
        self.report.unknown_fields(fields);
    }
}
