//! Other limits of one rule: which are worth trying, and what each would have made of a history.

use super::cells::rounded_up;
use crate::core::backtest::{Episode, Episodes, only};
use crate::core::history::{History, Rerun, rerun};
use crate::core::incident::Severity;
use crate::core::rules::{Mode, RuleSet, Subject};
use crate::core::time::Millis;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Steps down and up from where a limit stands; four double it.
const STEPS: i32 = 8;
const STEPS_TO_DOUBLE: f64 = 4.0;
/// Limits that differ by less than this share are one.
const SAME: f64 = 0.05;

/// A rule's limit, as something to be turned.
#[derive(Clone, Debug, PartialEq)]
pub struct Dial {
    /// Everybody's limit now, for the gravest severity that it has.
    pub now: f64,
    /// The limits to try, in order; `now` is among them.
    pub limits: Vec<f64>,
}

impl Dial {
    /// That of the rule `id`; `None` where there is no such rule, or no limit for everybody.
    pub fn of(rules: &RuleSet, id: &str) -> Option<Self> {
        let rule = rules.rules.iter().find(|rule| rule.id == id)?;
        let limits = rule.limits.resolve(&Subject::default());
        let now = limits.page.or(limits.warn).or(limits.info).filter(|now| *now > 0.0)?;
        let tried = (-STEPS..=STEPS).map(|step| (f64::from(step) / STEPS_TO_DOUBLE).exp2() * now);
        let mut limits: Vec<f64> = tried.map(|limit| rounded_up(limit).max(1.0)).chain([now]).collect();
        limits.sort_unstable_by(f64::total_cmp);
        // Rounding goes upwards: of what is nearly the limit that there is, that limit is the first.
        limits.dedup_by(|next, before| *next / *before - 1.0 < SAME);
        Some(Self { now, limits })
    }
}

/// The rule `id` alone, live, with every limit of it `factor` times what it is.
#[must_use]
pub fn scaled(rules: &RuleSet, id: &str, factor: f64) -> RuleSet {
    let mut set = only(rules, &BTreeSet::from([id.to_owned()]));
    for rule in &mut set.rules {
        rule.limits = rule.limits.scaled(factor);
        rule.mode = Mode::Live;
    }
    set
}

/// Incidents of a history, by the gravest severity that each reached; what rules in shadow raise is not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Raised {
    /// That wake somebody.
    pub pages: usize,
    /// To look at in working hours.
    pub warnings: usize,
    /// To know.
    pub infos: usize,
}

impl Raised {
    /// What `rules` raise on `history`.
    pub fn on(history: &History, rules: RuleSet, lateness: Millis) -> Self {
        let mut episodes = Episodes::default();
        rerun(history, Rerun { rules, lateness, besides: &[] }, |line| episodes.take(&line));
        Self::of(&episodes.since(history.from()))
    }

    /// Counts `episodes`.
    pub fn of(episodes: &[Episode]) -> Self {
        let count =
            |severity| episodes.iter().filter(|episode| !episode.shadow && episode.severity == severity).count();
        Self { pages: count(Severity::Page), warnings: count(Severity::Warning), infos: count(Severity::Info) }
    }
}

/// How many pages each of `rules` raises on `history`.
pub fn pages_by_rule(history: &History, rules: &RuleSet, lateness: Millis) -> BTreeMap<String, usize> {
    let mut episodes = Episodes::default();
    rerun(history, Rerun { rules: rules.clone(), lateness, besides: &[] }, |line| episodes.take(&line));
    let mut pages = BTreeMap::new();
    let told = episodes.since(history.from());
    for episode in told.iter().filter(|episode| !episode.shadow && episode.severity == Severity::Page) {
        *pages.entry(episode.rule.clone()).or_default() += 1;
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rules::{SHIPPED, check};

    #[test]
    fn limits_go_down_to_a_quarter_and_up_to_four_times_and_never_below_one() {
        let rules = check(&[SHIPPED]).expect("the shipped rules");
        let dial = Dial::of(&rules, "bulk-read").expect("a limit");
        let near = |one: f64, other: f64| (one / other - 1.0).abs() < 0.1;
        assert!(near(dial.limits[0], dial.now / 4.0) && near(dial.limits[16], dial.now * 4.0), "{dial:?}");
        assert!(dial.limits.len() == 17 && (dial.limits[8] - dial.now).abs() < 1e-9, "{dial:?}");
        let decoys = Dial::of(&rules, "canary-touched").expect("a limit");
        assert_eq!((decoys.now, decoys.limits), (1.0, vec![1.0, 2.0, 3.0, 4.0]));
        assert_eq!(Dial::of(&rules, "nobody's"), None);
    }

    #[test]
    fn every_limit_of_the_rule_is_turned_and_no_other_rule_is_there() {
        let rules = check(&[SHIPPED]).expect("the shipped rules");
        let set = scaled(&rules, "bulk-read", 2.0);
        assert!(set.rules.iter().all(|rule| rule.id == "bulk-read"));
        let of = |set: &RuleSet| -> Vec<f64> {
            let own = set.rules.iter().filter(|rule| rule.id == "bulk-read");
            own.flat_map(|rule| rule.limits.all().collect::<Vec<_>>()).filter_map(|limits| limits.page).collect()
        };
        let doubled: Vec<f64> = of(&rules).into_iter().map(|limit| 2.0 * limit).collect();
        assert!(!doubled.is_empty());
        assert_eq!(of(&set), doubled);
    }
}
