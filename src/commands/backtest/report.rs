//! The difference, counted by rule, role and week.

use super::text;
use crate::commands::format::Format;
use crate::core::backtest::{Change, Difference, Episode, Episodes, compare};
use crate::core::history::History;
use crate::core::incident::{EntityKind, Severity};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Changed incidents that are listed, at most.
const MAX_LISTED: usize = 1_000;
/// Where what several accounts share stands among the roles.
const SHARED: &str = "shared";

/// What the command says.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub events: u64,
    pub actors: usize,
    pub from: Option<String>,
    pub to: Option<String>,
    pub weeks: f64,
    /// The rules that are not the same.
    pub rules_differ: BTreeSet<String>,
    /// Whether they alone were judged.
    pub changed_only: bool,
    pub total: Row,
    pub by_rule: BTreeMap<String, Row>,
    pub by_role: BTreeMap<String, Row>,
    /// By ISO 8601 week of the opening.
    pub by_week: BTreeMap<String, Row>,
    /// Every incident that is not the same, the gravest first.
    pub changes: Vec<Line>,
    pub changes_left_out: usize,
}

/// Counts of incidents; those of shadow rules are in `shadow_` alone.
#[derive(Debug, Default, Serialize)]
pub(super) struct Row {
    pub pages_old: u64,
    pub pages_new: u64,
    pub warnings_old: u64,
    pub warnings_new: u64,
    pub shadow_old: u64,
    pub shadow_new: u64,
    pub changes: BTreeMap<Change, u64>,
}

/// One incident that is not the same.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub change: Change,
    pub rule: String,
    pub role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<i64>,
    pub old: Option<Episode>,
    pub new: Option<Episode>,
}

impl Report {
    pub fn new(history: &History, rules_differ: BTreeSet<String>, both: [&Episodes; 2]) -> Self {
        let period = history.period();
        let [old, new] = both.map(|episodes| episodes.since(history.from()));
        let mut report = Self {
            events: history.events(),
            actors: history.roles().len(),
            from: period.map(|(first, _)| first.to_string()),
            to: period.map(|(_, last)| last.to_string()),
            weeks: history.weeks(),
            rules_differ,
            changed_only: false,
            total: Row::default(),
            by_rule: BTreeMap::new(),
            by_role: BTreeMap::new(),
            by_week: BTreeMap::new(),
            changes: Vec::new(),
            changes_left_out: 0,
        };
        for difference in compare(&old, &new) {
            report.count(&difference, history.roles());
        }
        report.changes.sort_by_key(|line| (std::cmp::Reverse(line.gravest()), line.change));
        report.changes_left_out = report.changes.len().saturating_sub(MAX_LISTED);
        report.changes.truncate(MAX_LISTED);
        report
    }

    fn count(&mut self, difference: &Difference<'_>, roles: &BTreeMap<String, String>) {
        let Some(episode) = difference.either() else { return };
        let role = match episode.entity.kind {
            EntityKind::Actor => roles.get(&episode.entity.id).map_or("unknown", String::as_str),
            EntityKind::Team
            | EntityKind::Destination
            | EntityKind::Domain
            | EntityKind::ClientIp
            | EntityKind::Source => SHARED,
        };
        let rows = [
            &mut self.total,
            self.by_rule.entry(episode.rule.clone()).or_default(),
            self.by_role.entry(role.to_owned()).or_default(),
            self.by_week.entry(episode.opened.iso_week()).or_default(),
        ];
        for row in rows {
            row.add(difference);
        }
        if difference.change != Change::Same {
            self.changes.push(Line {
                change: difference.change,
                rule: episode.rule.clone(),
                role: role.to_owned(),
                delay_seconds: difference.delay().map(|delay| delay.as_millis() / 1_000),
                old: difference.old.cloned(),
                new: difference.new.cloned(),
            });
        }
    }

    /// To standard output, or where that is taken to standard error.
    pub fn print(&self, format: Format, taken: bool) -> io::Result<()> {
        let mut out: Box<dyn Write> = if taken { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
        match format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(self)?),
            Format::Text => out.write_all(text::of(self).as_bytes()),
        }
    }
}

impl Row {
    fn add(&mut self, difference: &Difference<'_>) {
        for (episode, pages, warnings, shadow) in [
            (difference.old, &mut self.pages_old, &mut self.warnings_old, &mut self.shadow_old),
            (difference.new, &mut self.pages_new, &mut self.warnings_new, &mut self.shadow_new),
        ] {
            let Some(episode) = episode else { continue };
            match (episode.shadow, episode.severity) {
                (true, _) => *shadow += 1,
                (false, Severity::Page) => *pages += 1,
                (false, Severity::Warning) => *warnings += 1,
                (false, Severity::Info) => {}
            }
        }
        *self.changes.entry(difference.change).or_default() += 1;
    }
}

impl Line {
    fn gravest(&self) -> Option<Severity> {
        [&self.old, &self.new].into_iter().flatten().map(|episode| episode.severity).max()
    }
}
