//! What each of several limits of a rule would have raised and cost.

use super::JUDGED_WITHIN;
use crate::core::history::History;
use crate::core::rules::RuleSet;
use crate::core::time::{EventTime, Millis};
use crate::core::tuning::{self, Dial, Peaks, Raised, scaled};
use serde::Serialize;
use std::time::Instant;

/// Coprime to the number of limits: an interrupted curve has points from end to end.
const STRIDE: usize = 5;

/// What a history is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct About {
    /// Events in it.
    pub events: u64,
    /// Accounts in it.
    pub actors: usize,
    /// How long it is; at least a day, since a rate from less is none.
    pub weeks: f64,
    /// When its first event arrived, and its last.
    pub from: Option<String>,
    /// The last.
    pub to: Option<String>,
    /// Whether a bound left something out.
    pub cut: bool,
}

impl About {
    pub(super) fn new(history: &History, cut: bool) -> Self {
        let period = history.period();
        Self {
            events: history.events(),
            actors: history.roles().len(),
            weeks: history.weeks(),
            from: period.map(|(first, _)| first.to_string()),
            to: period.map(|(_, last)| last.to_string()),
            cut,
        }
    }
}

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Everybody's limit; those of roles, teams and accounts are turned with it.
    pub limit: f64,
    /// Pages a week.
    pub pages: f64,
    /// Warnings a week.
    pub warnings: f64,
    /// All incidents a week.
    pub incidents: f64,
    /// Customers that an average leak costs before somebody is woken, by all rules; `None` for a rule that says nothing of
    /// that.
    pub customers: Option<f64>,
}

/// A rule's limits, by size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// Where it stands.
    pub now: f64,
    /// What was tried.
    pub points: Vec<CurvePoint>,
    /// Limits that there was no time for.
    pub left_out: usize,
    /// The history.
    pub history: About,
}

/// Tries the limits of the rule `id`; calls `progress` with how many are done, of how many. `None` for a rule without limits
/// to turn.
pub(super) fn draw(
    rules: &RuleSet,
    lateness: Millis,
    (history, peaks, about): (&History, &Peaks, &About),
    id: &str,
    mut progress: impl FnMut(usize, usize),
) -> Option<Curve> {
    let dial = Dial::of(rules, id)?;
    let factors: Vec<f64> = dial.limits.iter().map(|limit| limit / dial.now).collect();
    let expected = tuning::turned(peaks, rules, about.weeks, id, &factors);
    let until = Instant::now() + JUDGED_WITHIN;
    let mut points = Vec::new();
    for (done, at) in order(factors.len()).into_iter().enumerate() {
        progress(done, factors.len());
        if Instant::now() >= until {
            break;
        }
        let raised = Raised::on(history, scaled(rules, id, factors[at]), lateness);
        let customers = expected.as_ref().map(|points| points[at].customers);
        points.push(CurvePoint::new(dial.limits[at], raised, customers, about.weeks));
    }
    points.sort_by(|a, b| a.limit.total_cmp(&b.limit));
    let left_out = factors.len() - points.len();
    Some(Curve { now: dial.now, points, left_out, history: about.clone() })
}

fn order(limits: usize) -> Vec<usize> {
    (0..limits).map(|at| if limits.is_multiple_of(STRIDE) { at } else { at * STRIDE % limits }).collect()
}

impl CurvePoint {
    #[expect(clippy::cast_precision_loss, reason = "incidents are far below 2^52")]
    fn new(limit: f64, raised: Raised, customers: Option<f64>, weeks: f64) -> Self {
        let weekly = |count: usize| count as f64 / weeks;
        let incidents = weekly(raised.pages + raised.warnings + raised.infos);
        Self { limit, pages: weekly(raised.pages), warnings: weekly(raised.warnings), incidents, customers }
    }
}

/// What the rules raise on a history as they stand, and what its actors do: what is expected of other limits follows.
pub(super) fn look(history: &History, rules: &RuleSet, lateness: Millis) -> Peaks {
    let mut peaks = tuning::probe(history, rules, lateness);
    peaks.pages = tuning::pages_by_rule(history, rules, lateness);
    peaks
}

/// From when on a history is read.
pub(super) const fn reads_from(now: EventTime) -> EventTime {
    now.minus(super::BACK)
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn every_limit_has_its_turn_once() {
        for limits in 1..20 {
            let mut all = order(limits);
            all.sort_unstable();
            assert_eq!(all, (0..limits).collect::<Vec<_>>());
        }
    }
}
