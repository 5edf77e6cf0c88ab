//! What replay says at its end.

use crate::commands::format::Format;
use crate::core::detector::DetectorStats;
use crate::core::event::FieldSet;
use crate::core::incident::{Incident, Severity, Status};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// Pages listed by name, at most.
const MAX_LISTED: usize = 200;

/// Counts of one run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// Records read.
    pub records: u64,
    /// Records that could be used, or at least one event of theirs.
    pub used: u64,
    /// Rejects: a record each, or an event each where a record holds several.
    rejected: u64,
    rejected_by_reason: BTreeMap<&'static str, u64>,
    fields_unknown: BTreeMap<&'static str, u64>,
    repeated: u64,
    too_late: u64,
    future: u64,
    actors: u64,
    incidents: BTreeMap<String, u64>,
    pages: Vec<Line>,
    warnings: Vec<Line>,
}

/// One incident line, in short.
#[derive(Debug, Serialize)]
struct Line {
    time: String,
    rule: String,
    entity: String,
    summary: String,
}

impl Report {
    pub fn incident(&mut self, incident: Incident) {
        if incident.shadow {
            return;
        }
        let status = match incident.status {
            Status::Opened => "opened",
            Status::Escalated => "escalated",
            Status::Updated => "updated",
            Status::Resolved => "resolved",
        };
        *self.incidents.entry(status.to_string()).or_default() += 1;
        let list = match (incident.status, incident.severity) {
            (Status::Opened | Status::Escalated, Severity::Page) => &mut self.pages,
            (Status::Opened, Severity::Warning) => &mut self.warnings,
            (_, Severity::Page | Severity::Warning | Severity::Info) => return,
        };
        if list.len() < MAX_LISTED {
            list.push(Line {
                time: incident.time.to_string(),
                rule: incident.rule,
                entity: incident.entity.id,
                summary: incident.summary,
            });
        }
    }

    pub fn rejected(&mut self, reason: &'static str) {
        self.rejected += 1;
        *self.rejected_by_reason.entry(reason).or_default() += 1;
    }

    pub fn unknown_fields(&mut self, fields: FieldSet) {
        for field in fields.iter() {
            *self.fields_unknown.entry(field.name()).or_default() += 1;
        }
    }

    pub fn close(&mut self, stats: &DetectorStats) {
        self.repeated = stats.repeated;
        self.too_late = stats.too_late;
        self.future = stats.future;
        self.actors = stats.actors;
    }

    /// To standard output; to standard error where the incidents have that.
    pub fn print(&self, format: Format, incidents: Option<&Path>) -> io::Result<()> {
        let taken = incidents == Some(Path::new("-"));
        let mut out: Box<dyn Write> = if taken { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
        match format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(self)?),
            Format::Text => self.print_text(&mut *out),
        }
    }

    fn print_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} records of {} actors; {} rejected", self.records, self.actors, self.rejected)?;
        for (reason, count) in &self.rejected_by_reason {
            writeln!(out, "  rejected, {reason}: {count}")?;
        }
        for (field, count) in &self.fields_unknown {
            writeln!(out, "  `{field}` of a wrong type or range: {count}")?;
        }
        for (what, count) in [("repeated", self.repeated), ("too late", self.too_late), ("in the future", self.future)]
        {
            if count > 0 {
                writeln!(out, "  {what}: {count}")?;
            }
        }
        for (name, lines) in [("pages", &self.pages), ("warnings", &self.warnings)] {
            writeln!(out, "{} {name}", lines.len())?;
            for line in lines {
                writeln!(out, "  {}  {}  {}", line.time, line.rule, line.summary)?;
            }
        }
        Ok(())
    }
}
