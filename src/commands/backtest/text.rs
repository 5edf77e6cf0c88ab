//! The report, for people.

use super::report::{Line, Report, Row};
use crate::core::backtest::{Change, Episode};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Changed incidents that people are shown, at most; programs get all.
const MAX_SHOWN: usize = 100;

/// `report` as text.
pub(super) fn of(report: &Report) -> String {
    let mut text = String::new();
    let between = |time: &Option<String>| time.clone().unwrap_or_else(|| "nothing".into());
    let (from, to) = (between(&report.from), between(&report.to));
    let _ = writeln!(text, "{} events of {} actors, {from} to {to}", report.events, report.actors);
    let differ: Vec<&str> = report.rules_differ.iter().map(String::as_str).collect();
    let _ = match differ.as_slice() {
        [] => writeln!(text, "the rules are the same"),
        ids => writeln!(text, "rules that differ: {}", ids.join(", ")),
    };
    if report.changed_only {
        text.push_str("they alone were judged\n");
    }
    let rate = |count: u64| rate(count, report.weeks);
    let total = &report.total;
    let _ = writeln!(text, "pages a week: {} → {}", rate(total.pages_old), rate(total.pages_new));
    let _ = writeln!(text, "warnings a week: {} → {}", rate(total.warnings_old), rate(total.warnings_new));
    if total.shadow_old + total.shadow_new > 0 {
        let _ = writeln!(text, "in shadow, a week: {} → {}", rate(total.shadow_old), rate(total.shadow_new));
    }
    for (name, rows) in [("rule", &report.by_rule), ("role", &report.by_role), ("week", &report.by_week)] {
        table(&mut text, name, rows);
    }
    list(&mut text, report);
    text
}

#[expect(clippy::cast_precision_loss, reason = "incidents are far below 2^52")]
fn rate(count: u64, weeks: f64) -> String {
    format!("{:.1}", count as f64 / weeks)
}

fn table(text: &mut String, name: &str, rows: &BTreeMap<String, Row>) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(text, "\n{name:<20} {:>12} {:>12}", "pages", "warnings");
    for change in Change::DIFFERENT {
        let _ = write!(text, " {:>8}", change.name());
    }
    text.push('\n');
    for (name, row) in rows {
        let pages = format!("{} → {}", row.pages_old, row.pages_new);
        let warnings = format!("{} → {}", row.warnings_old, row.warnings_new);
        let _ = write!(text, "{name:<20} {pages:>12} {warnings:>12}");
        for change in Change::DIFFERENT {
            let _ = write!(text, " {:>8}", row.changes.get(&change).copied().unwrap_or(0));
        }
        text.push('\n');
    }
}

fn list(text: &mut String, report: &Report) {
    if report.changes.is_empty() {
        text.push_str("\nevery incident is the same\n");
        return;
    }
    text.push('\n');
    for line in report.changes.iter().take(MAX_SHOWN) {
        line_of(text, line);
    }
    let more = report.changes.len().saturating_sub(MAX_SHOWN) + report.changes_left_out;
    if more > 0 {
        let _ = writeln!(text, "and {more} more: --format json has them");
    }
}

fn line_of(text: &mut String, line: &Line) {
    let Some(shown) = line.new.as_ref().or(line.old.as_ref()) else { return };
    let _ = write!(text, "{:<8} {:<16} {} ({})", line.change.name(), line.rule, shown.entity.id, line.role);
    for (when, episode) in [("old", &line.old), ("new", &line.new)] {
        if let Some(episode) = episode {
            let _ = write!(text, "  {when}: {}", at(episode));
        }
    }
    if let Some(delay) = line.delay_seconds.filter(|delay| *delay != 0) {
        let way = if delay < 0 { "earlier" } else { "later" };
        let _ = write!(text, "  {} min {way}", delay.abs() / 60);
    }
    text.push('\n');
}

fn at(episode: &Episode) -> String {
    let Episode { severity, at, observed, threshold, .. } = episode;
    format!("{} {at} at {observed} of {threshold}", severity.name())
}
