//! Limits that fit a budget: the one that saves most customers for each further page is tightened first.

use super::cells::{Cell, Knob, cells};
use super::peaks::Peaks;
use crate::core::event::EventKind;
use crate::core::incident::Window;
use crate::core::rules::{Rule, RuleSet, Shape};
use serde::Serialize;
use std::collections::BTreeMap;

/// A knob is turned by so much at a time.
const STEP: f64 = 0.85;
/// A static limit starts so far above the largest count seen, and is never tightened to below it.
const HEADROOM: f64 = 1.25;
/// The share of attacks that meet an account before its baseline is learned.
const UNLEARNED: f64 = 0.25;
/// Baselines are loosened to this scale at the most.
const MOST_SCALE: f64 = 20.0;
const MAX_STEPS: usize = 10_000;

/// How much may be raised in a week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Pages.
    pub pages: f64,
    /// Warnings.
    pub warnings: f64,
}

impl Budget {
    /// How many pages that is in a history of so many `weeks`: incidents are whole, and a week of logs is seldom a whole one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pages")]
    pub fn whole_pages(&self, weeks: f64) -> usize {
        (self.pages * weeks).ceil() as usize
    }
}

/// Expected incidents a week, and the customers that an average leak costs before somebody is woken.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Pages a week.
    pub pages: f64,
    /// Warnings a week.
    pub warnings: f64,
    /// Customers, by the limits alone: what attacks in the history really cost is measured, not modelled.
    pub customers: f64,
}

/// Where each knob should stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The knobs.
    pub cells: Vec<Cell>,
    /// Where each should stand, in the same order.
    pub values: Vec<f64>,
    /// What that is expected to raise and to cost.
    pub expected: Point,
}

/// The limits for `budget`, in a history of so many `weeks`.
pub fn suggest(peaks: &Peaks, rules: &RuleSet, weeks: f64, budget: Budget) -> Suggestion {
    let mut search = Search::new(peaks, rules, weeks, budget);
    search.run(budget);
    let expected = search.point();
    Suggestion { cells: search.cells, values: search.values, expected }
}

/// What each of some budgets of pages buys.
pub fn curve(peaks: &Peaks, rules: &RuleSet, weeks: f64, budgets: &[Budget]) -> Vec<Point> {
    budgets.iter().map(|budget| suggest(peaks, rules, weeks, *budget).expected).collect()
}

/// What is expected while every limit of the rule `id` is each of `factors` times what it is, and everything else stands as
/// it does; `None` where it is no rule that a history says something of.
pub fn turned(peaks: &Peaks, rules: &RuleSet, weeks: f64, id: &str, factors: &[f64]) -> Option<Vec<Point>> {
    let cells = cells(peaks, rules);
    let values: Vec<f64> = cells.iter().map(|cell| cell.now).collect();
    let mut search = Search::standing(peaks, rules, weeks, cells, values.clone());
    let is_turned = |cell: &Cell| rules.rules[cell.rule].id == id && matches!(cell.knob, Knob::Role(_));
    if !search.cells.iter().any(is_turned) {
        return None;
    }
    let at = |factor: &f64| {
        for ((value, cell), now) in search.values.iter_mut().zip(&search.cells).zip(&values) {
            *value = if is_turned(cell) { now * factor } else { *now };
        }
        search.point()
    };
    Some(factors.iter().map(at).collect())
}

struct Search<'a> {
    rules: &'a RuleSet,
    weeks: f64,
    cells: Vec<Cell>,
    values: Vec<f64>,
    /// The share of all actors that have each role.
    shares: BTreeMap<String, f64>,
}

impl<'a> Search<'a> {
    fn new(peaks: &Peaks, rules: &'a RuleSet, weeks: f64, budget: Budget) -> Self {
        let cells = cells(peaks, rules);
        let mut values: Vec<f64> = cells.iter().map(loosest).collect();
        // What the rules raise as they stand is known. Baselines are loosened only where that is too much.
        let raised: usize = peaks.pages.values().sum();
        if raised > budget.whole_pages(weeks) {
            loosen_baselines(&cells, &mut values, budget.pages * weeks);
        }
        Self::standing(peaks, rules, weeks, cells, values)
    }

    fn standing(peaks: &Peaks, rules: &'a RuleSet, weeks: f64, cells: Vec<Cell>, values: Vec<f64>) -> Self {
        let actors: BTreeMap<&str, &str> =
            peaks.by_actor.iter().map(|((_, actor), (role, _))| (actor.as_str(), role.as_str())).collect();
        let mut shares = BTreeMap::<String, f64>::new();
        let each = 1.0 / count(actors.len().max(1));
        for role in actors.values() {
            *shares.entry((*role).to_owned()).or_default() += each;
        }
        Self { rules, weeks, cells, values, shares }
    }

    fn run(&mut self, budget: Budget) {
        let mut point = self.point();
        for _ in 0..MAX_STEPS {
            let mut best: Option<(f64, usize, Point)> = None;
            for at in 0..self.cells.len() {
                let before = self.values[at];
                let next = before * STEP;
                if next < self.cells[at].least {
                    continue;
                }
                self.values[at] = next;
                let then = self.point();
                self.values[at] = before;
                if then.pages > budget.pages || then.warnings > budget.warnings {
                    continue;
                }
                let worth = (point.customers - then.customers) / (then.pages - point.pages).max(1e-9);
                if worth <= 0.0 {
                    continue;
                }
                if best.as_ref().is_none_or(|(known, ..)| worth > *known) {
                    best = Some((worth, at, then));
                }
            }
            let Some((_, at, then)) = best else { return };
            self.values[at] *= STEP;
            point = then;
        }
    }

    fn point(&self) -> Point {
        let raised = |share: fn(&Cell) -> f64| {
            let all = self.cells.iter().zip(&self.values);
            all.map(|(cell, value)| cell.expected(value * share(cell))).sum::<f64>() / self.weeks
        };
        let (pages, warned) = (raised(|_| 1.0), raised(|cell| cell.warn_share));
        Point { pages, warnings: (warned - pages).max(0.0), customers: self.customers() }
    }

    /// Customers that a leak costs until it is noticed, over all leaks that are looked for and over all roles.
    fn customers(&self) -> f64 {
        let of_role = |role: &str| LEAKS.iter().map(|leak| self.cost(*leak, role)).sum::<f64>() / LEAK_COUNT;
        self.shares.iter().map(|(role, share)| share * of_role(role)).sum()
    }

    fn cost(&self, leak: Leak, role: &str) -> f64 {
        let (mut fixed, mut learned) = (f64::INFINITY, f64::INFINITY);
        for (cell, value) in self.cells.iter().zip(&self.values) {
            if !leak.is_counted_by(&self.rules.rules[cell.rule]) {
                continue;
            }
            match &cell.knob {
                Knob::Role(of) if of == role => fixed = fixed.min(*value),
                Knob::Role(_) => {}
                Knob::Baseline => {
                    if let Some(typical) = cell.typical.get(role) {
                        learned = learned.min(value * typical);
                    }
                }
            }
        }
        let learned = learned.min(fixed);
        if fixed.is_finite() { UNLEARNED * fixed + (1.0 - UNLEARNED) * learned } else { 0.0 }
    }
}

/// Where the search begins. A limit: at least where it stands, and above everything that was seen. A baseline: where it
/// stands.
fn loosest(cell: &Cell) -> f64 {
    match cell.knob {
        Knob::Role(_) => cell.now.max(cell.tail.largest() * HEADROOM),
        Knob::Baseline => cell.now,
    }
}

/// Loosens baselines, whichever raises most first, until all of them are expected to raise no more than `most`.
fn loosen_baselines(cells: &[Cell], values: &mut [f64], most: f64) {
    loop {
        let expected = |at: usize, values: &[f64]| cells[at].expected(values[at]);
        let baselines: Vec<usize> = (0..cells.len()).filter(|at| cells[*at].knob == Knob::Baseline).collect();
        let all: f64 = baselines.iter().map(|at| expected(*at, values)).sum();
        let loose = baselines.into_iter().filter(|at| values[*at] / STEP < MOST_SCALE);
        let worst = loose.max_by(|a, b| expected(*a, values).total_cmp(&expected(*b, values)));
        let Some(worst) = worst.filter(|_| all > most) else { return };
        values[worst] /= STEP;
    }
}

#[expect(clippy::cast_precision_loss, reason = "actors and incidents are far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

/// A leak as far as its size and pace go.
#[derive(Clone, Copy)]
enum Leak {
    /// Read within the hour.
    Hour,
    /// Read within a day.
    Day,
    /// Read within a week.
    Week,
    /// Sent out, whoever read it.
    Sent,
    /// Read and sent.
    Carried,
}

const LEAKS: [Leak; 5] = [Leak::Hour, Leak::Day, Leak::Week, Leak::Sent, Leak::Carried];
const LEAK_COUNT: f64 = 5.0;

impl Leak {
    /// Whether `rule` counts all of it.
    fn is_counted_by(self, rule: &Rule) -> bool {
        // Of rules that can be tuned.
        let overlap = matches!(rule.shape, Shape::Overlap { .. });
        let reads = !overlap && rule.filter.kind() == Some(EventKind::Query);
        match self {
            Self::Hour => reads,
            Self::Day => reads && rule.window >= Window::Day,
            Self::Week => reads && rule.window >= Window::Week,
            Self::Sent => !overlap && rule.filter.kind() == Some(EventKind::Egress),
            Self::Carried => overlap,
        }
    }
}
