//! Detect on a log in memory, of one partition.

use crate::core::activity::{Record, codec};
use crate::core::detector::{Detector, DetectorSettings, Output};
use crate::core::incident::Incident;
use crate::core::rules::RuleSet;
use crate::core::time::Millis;
use crate::core::units::{Partition, Position};
use std::collections::VecDeque;

/// Entities beside the directory's actors, at most, where nobody set another limit.
pub const MAX_ENTITIES: u64 = 1_000_000;

/// One detector, and how far it has read.
pub struct MemoryLog {
    detector: Detector,
    outputs: Vec<Output>,
    next: Position,
}

impl MemoryLog {
    /// A detector that has read nothing and has no rules.
    pub fn new(lateness: Millis) -> Self {
        Self::bounded(lateness, MAX_ENTITIES)
    }

    /// The same, with at most `max_entities` beside the directory's actors.
    pub fn bounded(lateness: Millis, max_entities: u64) -> Self {
        let detector = Detector::new(DetectorSettings::sharing(max_entities, Partition(0), 1, lateness));
        Self { detector, outputs: Vec::new(), next: Position::default() }
    }

    /// Puts `rules` in force, as a control record would.
    pub fn put_in_force(&mut self, rules: RuleSet) {
        self.detector.put_in_force(rules, &mut self.outputs);
    }

    /// Applies a record, and right after it what the detector made of it: in memory a record for another entity does not
    /// wait. What was made first is applied first, as in a log. What is raised is appended to `incidents`.
    pub fn apply(&mut self, record: &Record<'_>, incidents: &mut Vec<Incident>) {
        self.step(record);
        self.settle(incidents);
    }

    /// Leaves a record out, as [`Detector::pass_over`] does.
    pub fn pass_over(&mut self, record: &Record<'_>) {
        self.detector.pass_over(self.next, record);
        self.next.offset.0 += 1;
    }

    /// The log has ended: what is told once a slice is told now. Nothing is resolved.
    pub fn finish(&mut self, incidents: &mut Vec<Incident>) {
        self.detector.finish(&mut self.outputs);
        self.settle(incidents);
    }

    /// The detector as it stands.
    pub const fn detector(&self) -> &Detector {
        &self.detector
    }

    fn step(&mut self, record: &Record<'_>) {
        self.detector.apply(self.next, record, &mut self.outputs);
        self.next.offset.0 += 1;
    }

    fn settle(&mut self, incidents: &mut Vec<Incident>) {
        let mut made = VecDeque::new();
        loop {
            for output in self.outputs.drain(..) {
                match output {
                    Output::Incident(incident) => incidents.push(*incident),
                    Output::Record { record, .. } => made.push_back(record),
                    Output::Heartbeat { .. } => {}
                }
            }
            let Some(next) = made.pop_front() else { return };
            if let Ok(record) = codec::decode(&next) {
                self.step(&record);
            }
        }
    }
}
