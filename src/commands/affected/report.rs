//! The coverage: how much of what was touched the rows account for.

use super::rows::Tally;
use crate::commands::format::Format;
use crate::core::affected::Touched;
use crate::core::cases::Told;
use crate::core::time::EventTime;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Above this share that cannot be named, in percent, the list is no answer to who must be told.
const MAX_NOT_NAMEABLE_PERCENT: f64 = 5.0;

/// Everything that is said beside the rows. It names no customer.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub incidents: Vec<Line>,
    /// Who acted.
    pub actors: Vec<String>,
    /// The first and the last event.
    pub first: Option<String>,
    pub last: Option<String>,
    /// Rows of customers that were touched: those named, and those that no identifier names.
    pub rows_touched: u64,
    /// Rows of the customers' file that were found.
    pub named: u64,
    /// What is left.
    pub not_nameable: u64,
    pub not_nameable_percent: f64,
    /// Whether the list cannot be relied on.
    pub treat_all_as_affected: bool,
    /// Of the rows found.
    pub read: u64,
    pub egressed: u64,
    pub read_and_egressed: u64,
    /// Rows of the customers' file.
    pub rows_in_file: u64,
    pub queries: u64,
    pub queries_of_untold_rows: u64,
    pub egress_events: u64,
    pub egress_events_unseen: u64,
    pub bytes_egressed: u64,
    /// Kinds of identifier that were named.
    pub identifiers: Vec<String>,
    pub objects: Vec<String>,
    pub destinations: Vec<String>,
    /// The log may begin later than the incident.
    pub begins_late: bool,
    /// More customers were touched than are kept.
    pub cut: bool,
    /// Events that the service had set aside, and that are not counted here either.
    pub events_set_aside: u64,
}

/// One incident, in short.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub incident: String,
    pub case: String,
    pub rule: String,
    pub entity: String,
    pub began: String,
    pub open: bool,
    pub summary: String,
}

impl Report {
    pub fn new(told: &[Told], touched: &Touched, tally: Tally, begins_late: bool) -> Self {
        let figures = &touched.figures;
        let not_nameable = figures.unnamed_rows + touched.named().saturating_sub(tally.found);
        let rows_touched = tally.found + not_nameable;
        let percent = percent(not_nameable, rows_touched);
        let time =
            |pick: fn((EventTime, EventTime)) -> EventTime| figures.period.map(|period| pick(period).to_string());
        Self {
            incidents: told.iter().map(Line::new).collect(),
            actors: figures.actors.iter().cloned().collect(),
            first: time(|period| period.0),
            last: time(|period| period.1),
            rows_touched,
            named: tally.found,
            not_nameable,
            not_nameable_percent: percent,
            treat_all_as_affected: percent > MAX_NOT_NAMEABLE_PERCENT
                || figures.untold > 0
                || figures.cut
                || figures.set_aside > 0,
            read: tally.read,
            egressed: tally.egressed,
            read_and_egressed: tally.both,
            rows_in_file: tally.rows,
            queries: figures.queries,
            queries_of_untold_rows: figures.untold,
            egress_events: figures.egress,
            egress_events_unseen: figures.unseen,
            bytes_egressed: figures.bytes,
            identifiers: touched.kinds().into_iter().map(str::to_owned).collect(),
            objects: figures.objects.iter().cloned().collect(),
            destinations: figures.destinations.iter().cloned().collect(),
            begins_late,
            cut: figures.cut,
            events_set_aside: figures.set_aside,
        }
    }

    /// To standard error: standard output has the rows.
    pub fn print(&self, format: Format) -> io::Result<()> {
        let mut out = io::stderr().lock();
        match format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(self)?),
            Format::Text => out.write_all(self.text().as_bytes()),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.incidents {
            let _ = writeln!(text, "{}  {}  {}", line.incident, line.rule, line.summary);
        }
        if let (Some(first), Some(last)) = (&self.first, &self.last) {
            let _ = writeln!(text, "from {first} to {last}");
        }
        let _ = writeln!(
            text,
            "rows touched: {}; named: {} of {} in the file; not nameable: {} ({:.1} %)",
            self.rows_touched, self.named, self.rows_in_file, self.not_nameable, self.not_nameable_percent
        );
        let _ = writeln!(
            text,
            "of those named: {} read, {} sent, {} read and sent",
            self.read, self.egressed, self.read_and_egressed
        );
        for warning in self.warnings() {
            let _ = writeln!(text, "{warning}");
        }
        text
    }

    /// What the reader must not overlook, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.queries_of_untold_rows > 0 {
            let count = self.queries_of_untold_rows;
            warnings.push(format!("{count} queries of customers do not tell how many rows they returned."));
        }
        if self.egress_events_unseen > 0 {
            let (unseen, all) = (self.egress_events_unseen, self.egress_events);
            warnings.push(format!("{unseen} of {all} events by which something left show no customer."));
        }
        if self.begins_late {
            warnings.push("The log may begin later than the incident: retention has taken what came before.".into());
        }
        if self.cut {
            warnings.push("More customers were touched than are kept.".into());
        }
        if self.events_set_aside > 0 {
            let count = self.events_set_aside;
            warnings.push(format!("{count} events of it were set aside when they came, and are not counted."));
        }
        if self.treat_all_as_affected {
            warnings.push(format!("Treat all {} rows of the file as affected.", self.rows_in_file));
        }
        warnings
    }
}

impl Line {
    fn new(told: &Told) -> Self {
        Self {
            incident: told.last.incident.to_string(),
            case: told.last.case.to_string(),
            rule: told.last.rule.clone(),
            entity: told.last.entity.id.clone(),
            began: told.began().to_string(),
            open: told.is_open(),
            summary: told.shown.summary.clone(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "rows are far below 2^52")]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (1_000.0 * part as f64 / whole as f64).round() / 10.0 }
}
