//! How often rules were right, week by week.

use super::book::CaseBook;
use super::verdict::Verdict;
use crate::core::time::{EventTime, Millis};
use serde::Serialize;
use std::collections::BTreeMap;

const WEEK: Millis = Millis::from_days(7);

/// How often a rule was right, over judged cases. A case counts once, however many incidents of the rule it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Precision {
    /// Cases that were leaks.
    pub right: u64,
    /// All judged cases.
    pub judged: u64,
}

impl Precision {
    fn add(&mut self, verdict: Verdict) {
        self.judged += 1;
        self.right += u64::from(verdict == Verdict::True);
    }
}

/// One rule in one week (ISO 8601, UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleWeek {
    /// Incidents that began in it.
    pub raised: u64,
    /// Cases whose first incident of the rule began in it.
    pub cases: u64,
    /// What these cases turned out to be.
    #[serde(flatten)]
    pub precision: Precision,
}

/// The weeks of one rule in which it raised something, by their first moment.
pub type RuleWeeks = BTreeMap<EventTime, RuleWeek>;

/// Each rule that raised something, week by week.
pub fn weekly(book: &CaseBook) -> BTreeMap<&str, RuleWeeks> {
    let mut rules: BTreeMap<&str, RuleWeeks> = BTreeMap::new();
    for case in book.cases() {
        let mut first: BTreeMap<&str, EventTime> = BTreeMap::new();
        for told in &case.incidents {
            let (rule, week) = (told.last.rule.as_str(), told.began().floor_to_week());
            rules.entry(rule).or_default().entry(week).or_default().raised += 1;
            let first = first.entry(rule).or_insert(week);
            *first = week.min(*first);
        }
        for (rule, week) in first {
            let week = rules.entry(rule).or_default().entry(week).or_default();
            week.cases += 1;
            if let Some(judgement) = case.judgement {
                week.precision.add(judgement.verdict);
            }
        }
    }
    rules
}

/// All weeks of a rule together.
pub fn overall(weeks: &RuleWeeks) -> Precision {
    weeks.values().fold(Precision::default(), |all, week| Precision {
        right: all.right + week.precision.right,
        judged: all.judged + week.precision.judged,
    })
}

/// The last `count` weeks to that of `now`, from the first of them in which the rule raised something: weeks without an
/// incident are there as well, so that a row of them is an axis of time.
pub fn recent(weeks: &RuleWeeks, now: EventTime, count: u32) -> Vec<(EventTime, RuleWeek)> {
    let last = now.floor_to_week();
    let axis = (0..count).rev().map(|back| last.minus(Millis::new(WEEK.as_millis() * i64::from(back))));
    let axis = axis.skip_while(|week| !weeks.contains_key(week));
    axis.map(|week| (week, weeks.get(&week).copied().unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests;
