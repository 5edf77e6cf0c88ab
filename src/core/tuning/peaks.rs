//! A history without limits: each actor's largest counts by day.

use crate::core::detector::day_of;
use crate::core::event::EventKind;
use crate::core::history::{History, Rerun, rerun};
use crate::core::incident::{EntityKind, Measure, Severity};
use crate::core::rules::{BaselineSpec, LimitTable, Mode, Rule, RuleSet, Shape, Subject};
use crate::core::time::Millis;
use std::collections::BTreeMap;

/// Nothing is ordinary yet for so long: no baseline raises anything.
const NEVER: Millis = Millis::from_days(365_000);
/// The longest time back that is remembered.
const ALL: Millis = Millis::from_days(31);

/// Every actor's largest counts by day, under the rules that can be tuned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Peaks {
    /// By the rule's place in its set and by actor: the role, and the days.
    pub by_actor: BTreeMap<(usize, String), (String, BTreeMap<u32, f64>)>,
    /// Earlier days, counted from the epoch, are only there to learn from.
    pub from_day: u32,
    /// How many pages each rule raises on the history as it stands.
    pub pages: BTreeMap<String, usize>,
}

/// Whether a rule has limits that a history can say something about: it counts the customers that one actor reads or
/// sends, whichever they are, and pages.
pub fn is_tunable(rule: &Rule) -> bool {
    let counted = match &rule.shape {
        Shape::Count(Measure::CustomersNamed) | Shape::Overlap { .. } => true,
        Shape::Count(Measure::Customers) => rule.filter.kind() == Some(EventKind::Egress),
        Shape::Count(_) | Shape::FirstSeen(_) | Shape::Sequence { .. } => false,
    };
    let pages = rule.limits.resolve(&Subject::default()).pages();
    counted && pages && rule.filter.is_plain() && rule.mode == Mode::Live && rule.by == EntityKind::Actor
}

/// Judges `history` under the tunable rules of `rules` with no limits.
pub fn probe(history: &History, rules: &RuleSet, lateness: Millis) -> Peaks {
    let tunable: Vec<usize> =
        rules.rules.iter().enumerate().filter(|(_, rule)| is_tunable(rule)).map(|(at, _)| at).collect();
    let bare = |at: &usize| {
        let learning =
            BaselineSpec { own: Some((ALL, f64::MAX, NEVER)), peers: None, floor: f64::MAX, severity: Severity::Page };
        Rule { limits: LimitTable::default(), baseline: Some(learning), ..rules.rules[*at].clone() }
    };
    let set = RuleSet { rules: tunable.iter().map(bare).collect(), ..RuleSet::default() };
    let log = rerun(history, Rerun { rules: set, lateness, besides: &[] }, |_| {});
    let mut peaks = Peaks { from_day: day_of(history.from()), ..Peaks::default() };
    for peak in log.detector().peaks() {
        let actor = (tunable[peak.rule], peak.actor.to_owned());
        let (_, days) = peaks.by_actor.entry(actor).or_insert_with(|| (peak.role.to_owned(), BTreeMap::new()));
        days.insert(peak.day, peak.value);
    }
    peaks
}
