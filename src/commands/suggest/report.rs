//! What is suggested, and what it is worth.

use super::injected::Injected;
use super::{Tuned, text};
use crate::commands::format::Format;
use crate::core::history::History;
use crate::core::rules::RuleSet;
use crate::core::tuning::{Budget, Knob, Patched, Point, Raised};
use serde::Serialize;
use std::io::{self, Write};

/// What the command says.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub events: u64,
    pub actors: usize,
    pub weeks: f64,
    pub budget: BudgetAsked,
    /// What the suggested limits are expected to raise a week, also of what this history has not shown.
    pub expected: Point,
    /// Incidents of this very history.
    pub raised_now: Raised,
    pub raised_suggested: Raised,
    pub limits: Vec<Limit>,
    pub injected: Injected,
    pub curve: Vec<Point>,
    /// Tests of the rule files that say other limits.
    pub tests_to_change: Vec<String>,
    /// A unified diff of the rule files.
    pub patch: String,
}

/// What was asked for, a week.
#[derive(Debug, Serialize)]
pub(super) struct BudgetAsked {
    pub pages: f64,
    pub warnings: f64,
}

/// One limit that changes.
#[derive(Debug, Serialize)]
pub(super) struct Limit {
    pub rule: String,
    pub window: &'static str,
    /// The role; none where it is the baseline's floor and factors.
    pub role: Option<String>,
    /// A count; of a baseline, how many times what it is.
    pub now: f64,
    pub suggested: f64,
}

impl Report {
    pub fn new(
        history: &History,
        budget: Budget,
        old: &RuleSet,
        tuned: Tuned,
        injected: Injected,
        curve: Vec<Point>,
    ) -> Self {
        let [raised_now, raised_suggested] = tuned.raised;
        let turned = tuned.suggestion.cells.iter().zip(&tuned.suggestion.values);
        let limits = turned.filter(|(cell, value)| cell.is_turned_by(**value)).map(|(cell, value)| {
            let rule = &old.rules[cell.rule];
            let role = match &cell.knob {
                Knob::Role(role) => Some(role.clone()),
                Knob::Baseline => None,
            };
            let suggested = cell.written(*value);
            Limit { rule: rule.id.clone(), window: rule.window.name(), role, now: cell.now, suggested }
        });
        Self {
            events: history.events(),
            actors: history.roles().len(),
            weeks: history.weeks(),
            budget: BudgetAsked { pages: budget.pages, warnings: budget.warnings },
            expected: tuned.suggestion.expected,
            raised_now,
            raised_suggested,
            limits: limits.collect(),
            injected,
            curve,
            tests_to_change: tuned.broken_tests,
            patch: tuned.patched.iter().map(Patched::diff).collect(),
        }
    }

    pub fn print(&self, format: Format) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(self)?),
            Format::Text => out.write_all(text::of(self).as_bytes()),
        }
    }
}
