//! Was anything lost? The incidents against those of an undisturbed replay of the very same events.

use super::scene::{Scene, leakwatch, produce};
use super::watch::Watch;
use crate::core::incident::Incident;
use crate::core::time::Millis;
use anyhow::{Context, Result};
use std::collections::BTreeSet;

/// (rule, entity) pairs.
pub(super) type Pairs = BTreeSet<(String, String)>;

/// The comparison.
pub(super) struct Verdict {
    heard: usize,
    expected: usize,
    lost: Vec<(String, String)>,
    unexpected: Vec<(String, String)>,
    repeated: u64,
    latency: Option<(Millis, Millis)>,
}

/// What a replay of the events that were sent raises.
pub(super) fn expected(scene: &Scene) -> Result<Pairs> {
    let out = scene.path("replayed.ndjson");
    let mut replay = leakwatch()?;
    replay.arg("replay").arg("--filters").arg(scene.path("filter")).arg("--key-file").arg(scene.path("tag.key"));
    replay.arg("--directory").arg(scene.path("data/directory.ndjson")).arg("--incidents").arg(&out);
    replay.arg(scene.path("sent-db-queries.ndjson")).arg(scene.path("sent-egress.ndjson"));
    let lines = produce(replay, &out)?;
    let pair = |line| {
        let incident: Incident = serde_json::from_str(line).context("an incident line of the replay")?;
        Ok((incident.rule, incident.entity.id))
    };
    lines.lines().map(pair).collect()
}

impl Verdict {
    /// Compares what was heard so far.
    pub fn new(expected: &Pairs, watch: &Watch) -> Self {
        Self {
            heard: watch.pairs.len(),
            expected: expected.len(),
            lost: expected.difference(&watch.pairs).cloned().collect(),
            unexpected: watch.pairs.difference(expected).cloned().collect(),
            repeated: watch.repeated,
            latency: watch.latency(),
        }
    }

    /// Whether both are the same.
    pub fn is_complete(&self) -> bool {
        self.lost.is_empty() && self.unexpected.is_empty()
    }

    /// Says it.
    pub fn print(&self) {
        println!();
        println!("{} incidents; a replay of the same events raises {}", self.heard, self.expected);
        println!("lost {}, unexpected {}, sent twice {}", self.lost.len(), self.unexpected.len(), self.repeated);
        for (rule, entity) in &self.lost {
            println!("  lost: {rule} on {entity}");
        }
        for (rule, entity) in &self.unexpected {
            println!("  unexpected: {rule} on {entity}");
        }
        if let Some((median, worst)) = self.latency {
            println!("from event to screen: {median} median, {worst} worst (the kill included)");
        }
    }
}
