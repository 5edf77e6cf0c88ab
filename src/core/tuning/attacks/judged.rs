//! Attacks in a history, judged under sets of rules.

use super::{Attack, Cast, Caught, Outcome, Scene};
use crate::core::activity::Activity;
use crate::core::backtest::Together;
use crate::core::history::{History, Rerun, rerun};
use crate::core::rules::RuleSet;
use crate::core::time::Millis;

/// At most this share of the people attack at a time: more, and attacks would be what is ordinary.
const ATTACKERS_SHARE: usize = 16;

/// `attacks` in groups of as many as may be at work at a time.
pub fn groups<'a>(cast: &Cast, attacks: &'a [Attack]) -> Vec<&'a [Attack]> {
    let most = (cast.people.len() / ATTACKERS_SHARE).max(1);
    let (mut groups, mut rest) = (Vec::new(), attacks);
    while !rest.is_empty() {
        let (mut people, mut many) = (0, 0);
        while many < rest.len() && (many == 0 || people + rest[many].leak.people() <= most) {
            people += rest[many].leak.people();
            many += 1;
        }
        let (now, later) = rest.split_at(many);
        groups.push(now);
        rest = later;
    }
    groups
}

/// How each of `attacks`, which are at work at one time, ended under each of `sets`.
pub fn outcomes(
    history: &History,
    cast: &Cast,
    attacks: &[Attack],
    sets: &[RuleSet],
    lateness: Millis,
) -> Vec<Vec<Outcome>> {
    let Some(period) = history.period() else { return vec![vec![Outcome::Missed; attacks.len()]; sets.len()] };
    let scene = Scene::new(cast, attacks, period);
    let besides = scene.activities();
    let caught = || Caught::new(&scene, cast, attacks);
    if let Some(caught) = at_once(history, sets, &besides, lateness, sets.iter().map(|_| caught()).collect()) {
        return caught.into_iter().map(Caught::outcomes).collect();
    }
    let alone = |rules: &RuleSet| {
        let mut caught = caught();
        let how = Rerun { rules: rules.clone(), lateness, besides: &besides };
        rerun(history, how, |line| caught.take(&line));
        caught.outcomes()
    };
    sets.iter().map(alone).collect()
}

/// `None` where the sets have to be judged one by one.
fn at_once<'a>(
    history: &History,
    sets: &[RuleSet],
    besides: &[Activity<'_>],
    lateness: Millis,
    mut caught: Vec<Caught<'a>>,
) -> Option<Vec<Caught<'a>>> {
    let together = Together::of(sets)?;
    let mut apart = together.apart();
    let how = Rerun { rules: together.rules().clone(), lateness, besides };
    let log = rerun(history, how, |line| {
        apart.take(line, |side, line| {
            if let Some(caught) = caught.get_mut(side) {
                caught.take(line);
            }
        });
    });
    Together::holds(&log.detector().stats()).then_some(caught)
}
