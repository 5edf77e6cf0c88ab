//! What can be turned: each rule's limit for each role, and each rule's baseline.

use super::peaks::{Peaks, is_tunable};
use super::tail::Tail;
use crate::core::activity::ActorKind;
use crate::core::event::EventKind;
use crate::core::incident::Severity;
use crate::core::rules::{BaselineSpec, Rule, RuleSet, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// A day is held against what was ordinary once a baseline would have been learned, or at the latest after this share of
/// the history: a short one says little else.
const LEARNED_SHARE: f64 = 0.6;
/// Limits on what an account reads are not set below this: anybody may have such an hour.
const LEAST_READ: f64 = 150.0;
/// Nor limits on what it sends.
const LEAST_SENT: f64 = 20.0;
/// What a baseline is expected to raise in a history in which it raised nothing.
const UNSEEN: f64 = 0.1;
/// A baseline is tightened to this scale at the most.
const LEAST_SCALE: f64 = 0.5;
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
    /// It is not set below this.
    pub least: f64,
    /// What it is held against, one value an actor.
    pub tail: Tail,
    /// How many times what the tail says is expected.
    pub weight: f64,
    /// The limit that a baseline amounts to for each role, at a scale of 1.
    pub typical: BTreeMap<String, f64>,
}

impl Cell {
    /// Whether a file says something else once the knob stands at `value`.
    pub fn is_turned_by(&self, value: f64) -> bool {
        (value / self.now - 1.0).abs() > WORTH_CHANGING
    }

    /// How many incidents a history like this one is expected to bring at `value`.
    pub fn expected(&self, value: f64) -> f64 {
        self.weight * self.tail.expected(value)
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
        cells.extend(roles.into_iter().filter_map(|role| role_cell(at, rule, role, &of_rule, peaks.from_day)));
        let pages = rule.baseline.as_ref().filter(|spec| spec.severity == Severity::Page);
        let raised = raised(peaks, rules, &rule.id);
        cells.extend(pages.map(|spec| baseline_cell(at, spec, &of_rule, raised, peaks.from_day)));
    }
    cells
}

type Told = (String, BTreeMap<u32, f64>);

fn role_cell(at: usize, rule: &Rule, role: &str, told: &[&Told], from_day: u32) -> Option<Cell> {
    let subject = Subject { role, kind: ActorKind::Human, ..Subject::default() };
    let limits = rule.limits.resolve(&subject);
    let now = limits.page?;
    let largest = |days: &BTreeMap<u32, f64>| days.range(from_day..).map(|(_, value)| *value).reduce(f64::max);
    let values = told.iter().filter(|(of, _)| of == role).filter_map(|(_, days)| largest(days)).collect();
    let warn_share = limits.warn.map_or(1.0, |warn| warn / now);
    let knob = Knob::Role(role.to_owned());
    let least = if rule.filter.kind() == Some(EventKind::Query) { LEAST_READ } else { LEAST_SENT };
    let (least, tail) = (least.min(now), Tail::new(values));
    Some(Cell { rule: at, knob, now, warn_share, least, tail, weight: 1.0, typical: BTreeMap::new() })
}

/// What one of a rule's baselines raised on the history.
#[expect(clippy::cast_precision_loss, reason = "incidents and rules are far below 2^52")]
fn raised(peaks: &Peaks, rules: &RuleSet, id: &str) -> f64 {
    let counts = rules.rules.iter().filter(|rule| rule.id == id && rule.baseline.is_some()).count().max(1);
    peaks.pages.get(id).copied().unwrap_or(0) as f64 / counts as f64
}

/// Every actor's worst day, as a share of the limit that its baseline would have given by then.
///
/// What is learned here is less than what the engine learns: how often the baseline is passed as it stands is what it did
/// raise, and the tail only says how that changes with its scale.
fn baseline_cell(at: usize, spec: &BaselineSpec, told: &[&Told], raised: f64, from_day: u32) -> Cell {
    let peers = Peers::new(spec, told);
    let days = || told.iter().flat_map(|(_, days)| days.keys().copied());
    let (first, last) = (days().min().unwrap_or(0), days().max().unwrap_or(0));
    let learned = learned_from(spec, first, last).max(from_day);
    let (mut worst, mut bounds) = (Vec::new(), BTreeMap::<String, Vec<f64>>::new());
    for (role, days) in told {
        let mut largest = 0.0_f64;
        let mut before: Vec<f64> = Vec::new();
        for (day, value) in days {
            let own = before.iter().copied().fold(0.0, f64::max);
            let bound = bound(spec, own, peers.at(role, *day));
            if *day >= learned {
                largest = largest.max(value / bound);
            }
            before.push(*value);
        }
        let own = before.iter().copied().fold(0.0, f64::max);
        bounds.entry(role.clone()).or_default().push(bound(spec, own, peers.at(role, u32::MAX)));
        worst.push(largest);
    }
    let typical = bounds.into_iter().map(|(role, bounds)| (role, median(bounds))).collect();
    let (knob, tail) = (Knob::Baseline, Tail::new(worst));
    let as_it_stands = tail.expected(1.0);
    let weight = if as_it_stands > 0.0 { (raised + UNSEEN) / as_it_stands } else { 1.0 };
    Cell { rule: at, knob, now: 1.0, warn_share: 1.0, least: LEAST_SCALE, tail, weight, typical }
}

/// The day from which on days are held against what was ordinary.
fn learned_from(spec: &BaselineSpec, first: u32, last: u32) -> u32 {
    const DAY_MS: f64 = 86_400_000.0;
    let span = f64::from(last - first + 1);
    #[expect(clippy::cast_precision_loss, reason = "a span of days in milliseconds")]
    let after = spec.own.map_or(0.0, |(_, _, after)| after.as_millis() as f64 / DAY_MS);
    let wait = after.min(span * LEARNED_SHARE).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few days")]
    let learned = first + wait as u32;
    learned
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
