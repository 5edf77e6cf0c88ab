//! Whether anything was lost, added, or told in two ways.

use crate::common::kafka::read_all;
use crate::receiver::Told;
use crate::story::Pairs;
use leakwatch::core::incident::{Incident, Status};
use rdkafka::ClientConfig;
use std::collections::{BTreeMap, BTreeSet};

/// Built-in incidents that would say that something was lost; nothing here may cause one.
const LOSSES: [&str; 2] = ["gap", "state-incomplete"];
const OURS: &str = "exact-";
/// The built-in incident that says that a snapshot could not be used.
const SKIPPED: &str = "snapshot-skipped";

/// Lines by incident and revision.
type Lines = BTreeMap<(String, u32), Incident>;

/// What there is to be raised.
pub struct Expected<'a> {
    /// Of the stories.
    pub stories: &'a Pairs,
    /// Whether snapshots were made unusable. Which partitions were then restored before their next snapshot is the
    /// machine's to say, so that any may be told of; without it, none.
    pub damaged: bool,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Expected, and never raised.
    pub lost: Pairs,
    /// Raised, and not expected.
    pub spurious: Pairs,
    /// Lines that are not on the topic as they should be, or were told otherwise.
    pub wrong: Vec<String>,
    /// Distinct lines on the topic.
    pub lines: usize,
    /// Lines that were written more than once, always alike.
    pub repeated: usize,
    /// Partitions of which it was said that a snapshot could not be used.
    pub skipped: usize,
    /// Events that the test's own producer wrote twice: how many times they count is then right either way.
    pub told_twice: usize,
}

impl Verdict {
    /// Whether nothing is to be said.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.spurious.is_empty() && self.wrong.is_empty()
    }
}

/// What was raised so far, of the rules that the stories are about.
pub fn raised(config: &ClientConfig, topic: &str) -> Pairs {
    let lines = read_all(config, topic);
    let pairs = lines.iter().map(|line| pair(&serde_json::from_slice(&line.value).expect("an incident")));
    pairs.filter(|(rule, _)| rule.starts_with(OURS)).collect()
}

/// Events that stand in `topic` more than once; each bears a customer's number of its own.
pub fn told_twice(config: &ClientConfig, topic: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let lines = read_all(config, topic).into_iter().map(|line| String::from_utf8_lossy(&line.value).into_owned());
    lines.filter(|line| !seen.insert(line.clone())).collect()
}

/// Compares the topic with what was expected, and what was told with the topic.
pub fn judge(config: &ClientConfig, topic: &str, expected: &Expected<'_>, told: &Told) -> Verdict {
    let mut verdict = Verdict::default();
    let lines = read(config, topic, &mut verdict);
    let (skipped, raised): (Pairs, Pairs) = lines.values().map(pair).partition(|(rule, _)| rule == SKIPPED);
    let raised: Pairs = raised.into_iter().filter(counts).collect();
    verdict.lost = expected.stories.difference(&raised).cloned().collect();
    verdict.spurious = raised.difference(expected.stories).cloned().collect();
    verdict.skipped = skipped.len();
    if !expected.damaged {
        verdict.spurious.extend(skipped);
    }
    verdict.lines = lines.len();
    for ((id, revision), incident) in &lines {
        let key = format!("{id}-{revision}");
        if *revision > 1 && !lines.contains_key(&(id.clone(), revision - 1)) {
            verdict.wrong.push(format!("{key} has no revision before it"));
        }
        if (*revision == 1) != (incident.status == Status::Opened) {
            verdict.wrong.push(format!("{key} has status {:?}", incident.status));
        }
        match told.bodies.get(&key).map(|body| serde_json::from_slice::<Incident>(body).expect("an incident")) {
            None => verdict.wrong.push(format!("{key} was never told")),
            Some(body) if body != *incident => verdict.wrong.push(format!("{key} was told otherwise")),
            Some(_) => {}
        }
    }
    verdict.wrong.extend(told.differing.iter().map(|key| format!("{key} was told in two ways")));
    verdict.wrong.extend(told.out_of_order.iter().map(|key| format!("{key} was told after a later revision")));
    verdict
}

fn read(config: &ClientConfig, topic: &str, verdict: &mut Verdict) -> Lines {
    let mut lines = Lines::new();
    for line in read_all(config, topic) {
        let incident: Incident = serde_json::from_slice(&line.value).expect("an incident");
        let key = (incident.incident.0.clone(), incident.revision);
        match lines.insert(key, incident.clone()) {
            Some(before) if before != incident => {
                verdict.wrong.push(format!("{}-{} has two contents", incident.incident.0, incident.revision));
            }
            Some(_) => verdict.repeated += 1,
            None => {}
        }
    }
    lines
}

fn counts((rule, _): &(String, String)) -> bool {
    rule.starts_with(OURS) || LOSSES.contains(&rule.as_str())
}

fn pair(incident: &Incident) -> (String, String) {
    (incident.rule.clone(), incident.entity.id.clone())
}
