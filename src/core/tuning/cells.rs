//! What can be turned: each rule's limit for each role, and each rule's baseline.

use super::peaks::{Peaks, is_tunable};
use super::tail::Tail;
use crate::core::activity::ActorKind;
use crate::core::incident::Severity;
use crate::core::rules::{BaselineSpec, Rule, RuleSet, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// Days that must have been learned before a day is held against what was ordinary.
const LEARNED_DAYS: usize = 2;
/// Fewer than so many actors are no peers of each other.
const MIN_PEERS: usize = 5;
/// What changes by less than this is left as it is.
const WORTH_CHANGING: f64 = 0.03;

/// What is turned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Knob {
    /// The static limit for a role: a count.
    Role(String),
    /// The floor and the factors together: how many times what they are.
    Baseline,
}

/// One knob of one rule, and what the history says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The rule's place in its set.
    pub rule: usize,
    /// What is turned.
    pub knob: Knob,
    /// Where it stands now.
    pub now: f64,
    /// A warning's share of the limit that pages.
    pub warn_share: f64,
    /// What it is held against, one value an actor.
    pub tail: Tail,
    /// The limit that a baseline amounts to for each role, at a scale of 1.
    pub typical: BTreeMap<String, f64>,
}

impl Cell {
    /// Whether a file says something else once the knob stands at `value`.
    pub fn is_turned_by(&self, value: f64) -> bool {
        (value / self.now - 1.0).abs() > WORTH_CHANGING
    }

    /// `value` as a file says it: to two digits, upwards, since limits are read by people.
    pub fn written(&self, value: f64) -> f64 {
        match self.knob {
            Knob::Role(_) => rounded_up(value),
            Knob::Baseline => (value * 100.0).round() / 100.0,
        }
    }
}

/// To two digits, upwards.
pub(super) fn rounded_up(value: f64) -> f64 {
    let digit = 10_f64.powf((value.max(1.0).log10().floor() - 1.0).max(0.0));
    (value / digit).ceil() * digit
}

/// Every cell of the tunable rules.
pub fn cells(peaks: &Peaks, rules: &RuleSet) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (at, rule) in rules.rules.iter().enumerate().filter(|(_, rule)| is_tunable(rule)) {
        let of_rule: Vec<_> =
            peaks.by_actor.iter().filter(|((rule, _), _)| *rule == at).map(|(_, told)| told).collect();
        let roles: BTreeSet<&String> = of_rule.iter().map(|(role, _)| role).collect();
        cells.extend(roles.into_iter().filter_map(|role| role_cell(at, rule, role, &of_rule)));
        let pages = rule.baseline.as_ref().filter(|spec| spec.severity == Severity::Page);
        cells.extend(pages.map(|spec| baseline_cell(at, spec, &of_rule)));
    }
    cells
}

type Told = (String, BTreeMap<u32, f64>);

fn role_cell(at: usize, rule: &Rule, role: &str, told: &[&Told]) -> Option<Cell> {
    let subject = Subject { role, kind: ActorKind::Human, ..Subject::default() };
    let limits = rule.limits.resolve(&subject);
    let now = limits.page?;
    let largest = |days: &BTreeMap<u32, f64>| days.values().copied().fold(0.0, f64::max);
    let values = told.iter().filter(|(of, _)| of == role).map(|(_, days)| largest(days)).collect();
    let warn_share = limits.warn.map_or(1.0, |warn| warn / now);
    let knob = Knob::Role(role.to_owned());
    Some(Cell { rule: at, knob, now, warn_share, tail: Tail::new(values), typical: BTreeMap::new() })
}

/// Every actor's worst day, as a share of the limit that its baseline would have given by then.
fn baseline_cell(at: usize, spec: &BaselineSpec, told: &[&Told]) -> Cell {
    let peers = Peers::new(spec, told);
    let (mut worst, mut bounds) = (Vec::new(), BTreeMap::<String, Vec<f64>>::new());
    for (role, days) in told {
        let mut largest = 0.0_f64;
        let mut before: Vec<f64> = Vec::new();
        for (day, value) in days {
            let own = before.iter().copied().fold(0.0, f64::max);
            let bound = bound(spec, own, peers.at(role, *day));
            if before.len() >= LEARNED_DAYS {
                largest = largest.max(value / bound);
            }
            before.push(*value);
        }
        let own = before.iter().copied().fold(0.0, f64::max);
        bounds.entry(role.clone()).or_default().push(bound(spec, own, peers.at(role, u32::MAX)));
        worst.push(largest);
    }
    let typical = bounds.into_iter().map(|(role, bounds)| (role, median(bounds))).collect();
    Cell { rule: at, knob: Knob::Baseline, now: 1.0, warn_share: 1.0, tail: Tail::new(worst), typical }
}

fn bound(spec: &BaselineSpec, own: f64, peers: Option<f64>) -> f64 {
    let own = spec.own.map_or(0.0, |(_, factor, _)| factor * own);
    let peers = spec.peers.zip(peers).map_or(0.0, |((_, factor), peers)| factor * peers);
    spec.floor.max(own).max(peers)
}

/// What was ordinary for a role before each day.
struct Peers<'a> {
    percentile: f64,
    by_role: BTreeMap<&'a str, Vec<&'a BTreeMap<u32, f64>>>,
    days: BTreeMap<(&'a str, u32), Option<f64>>,
}

impl<'a> Peers<'a> {
    fn new(spec: &BaselineSpec, told: &[&'a Told]) -> Self {
        let mut by_role = BTreeMap::<&str, Vec<_>>::new();
        for (role, days) in told.iter().copied() {
            by_role.entry(role).or_default().push(days);
        }
        let percentile = spec.peers.map_or(0.0, |(percentile, _)| percentile);
        let mut peers = Self { percentile, by_role, days: BTreeMap::new() };
        if spec.peers.is_some() {
            let all: BTreeSet<u32> = told.iter().flat_map(|(_, days)| days.keys().copied()).chain([u32::MAX]).collect();
            let roles: Vec<&str> = peers.by_role.keys().copied().collect();
            for (role, day) in roles.iter().flat_map(|role| all.iter().map(move |day| (*role, *day))) {
                let asked = peers.before(role, day);
                peers.days.insert((role, day), asked);
            }
        }
        peers
    }

    fn before(&self, role: &str, day: u32) -> Option<f64> {
        let largest = |days: &&BTreeMap<u32, f64>| days.range(..day).map(|(_, value)| *value).reduce(f64::max);
        let mut values: Vec<f64> = self.by_role.get(role)?.iter().filter_map(largest).collect();
        values.sort_unstable_by(f64::total_cmp);
        (values.len() >= MIN_PEERS).then(|| values[rank(values.len(), self.percentile)])
    }

    fn at(&self, role: &'a str, day: u32) -> Option<f64> {
        self.days.get(&(role, day)).copied().flatten()
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list of actors"
)]
fn rank(values: usize, percentile: f64) -> usize {
    let at = (values as f64 * percentile / 100.0).ceil() as usize;
    at.clamp(1, values) - 1
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
