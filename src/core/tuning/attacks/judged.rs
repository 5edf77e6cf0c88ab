//! Attacks in a history, judged under a set of rules.

use super::{Attack, Cast, Caught, Outcome, Scene};
use crate::core::history::{History, Rerun, rerun};
use crate::core::rules::RuleSet;
use crate::core::time::Millis;

/// At most this share of the people attack at a time: more, and attacks would be what is ordinary.
const ATTACKERS_SHARE: usize = 16;

/// How each attack ended, a few at a time.
pub fn outcomes(history: &History, cast: &Cast, attacks: &[Attack], rules: &RuleSet, lateness: Millis) -> Vec<Outcome> {
    let most = (cast.people.len() / ATTACKERS_SHARE).max(1);
    let Some(period) = history.period() else { return vec![Outcome::Missed; attacks.len()] };
    let mut outcomes = Vec::new();
    let mut rest = attacks;
    while !rest.is_empty() {
        let (mut people, mut many) = (0, 0);
        while many < rest.len() && (many == 0 || people + rest[many].leak.people() <= most) {
            people += rest[many].leak.people();
            many += 1;
        }
        let (now, later) = rest.split_at(many);
        let scene = Scene::new(cast, now, period);
        let besides = scene.activities();
        let mut caught = Caught::new(&scene, cast, now);
        rerun(history, Rerun { rules: rules.clone(), lateness, besides: &besides }, |line| caught.take(&line));
        outcomes.extend(caught.outcomes());
        rest = later;
    }
    outcomes
}
