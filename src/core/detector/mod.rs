//! Detect: a deterministic state machine over one partition of the activity log.
//!
//! Its state after a position depends on the records up to it alone: no clock, no randomness, no hash-map order.

mod dedupe;
mod entity;
mod figures;
mod intake;
mod judge;
mod kinds;
mod lifecycle;
mod names;
mod overlap;
mod plan;
mod settings;
mod state;
mod stream;
mod summary;
#[cfg(test)]
mod tests;
mod upkeep;
mod view;

pub use settings::{DetectorSettings, DetectorStats, Output, StateError};

use crate::core::activity::{Control, Record};
use crate::core::incident::Incident;
use crate::core::rules::{RuleText, check};
use crate::core::time::EventTime;
use crate::core::units::{Partition, Position};
use dedupe::{Origins, RecentIds};
use entity::EntityState;
use figures::Figures;
use hashbrown::HashMap;
use plan::Plan;
use rustc_hash::FxBuildHasher;
use std::collections::{BTreeMap, BTreeSet};

/// The state of one partition.
#[derive(Debug)]
pub struct Detector {
    settings: DetectorSettings,
    position: Option<Position>,
    watermark: EventTime,
    /// The text of the rules in force.
    rules: Vec<String>,
    plan: Plan,
    figures: Figures,
    origins: Origins,
    ids: RecentIds,
    names: HashMap<Box<str>, u32, FxBuildHasher>,
    entities: Vec<Option<EntityState>>,
    free: Vec<u32>,
    /// When open incidents are looked at next: (time, actor, rule).
    due: BTreeSet<(EventTime, u32, String)>,
    /// Queries of a source that told their rows, and that did not.
    told_rows: BTreeMap<u64, (u32, u32)>,
    swept: (EventTime, u32),
    stats: DetectorStats,
    scratch: intake::Scratch,
}

impl Detector {
    /// A detector that has read nothing.
    pub fn new(settings: DetectorSettings) -> Self {
        Self {
            settings,
            position: None,
            watermark: EventTime::MIN,
            rules: Vec::new(),
            plan: Plan::default(),
            figures: Figures::default(),
            origins: Origins::default(),
            ids: RecentIds::default(),
            names: HashMap::default(),
            entities: Vec::new(),
            free: Vec::new(),
            due: BTreeSet::new(),
            told_rows: BTreeMap::new(),
            swept: (EventTime::MIN, 0),
            stats: DetectorStats::default(),
            scratch: intake::Scratch::default(),
        }
    }

    /// Applies the record at `position`; outputs are appended to `out`, in order.
    pub fn apply(&mut self, position: Position, record: &Record<'_>, out: &mut Vec<Output>) {
        match record {
            Record::Activity(activity) => self.take_in(activity, out),
            Record::Tick(tick) => self.advance(tick.time, out),
            Record::Control(control) => self.control(control, out),
        }
        self.position = Some(position);
    }

    /// The last position applied.
    pub const fn position(&self) -> Option<Position> {
        self.position
    }

    /// The version of the rules in force; `None` before the first control record.
    pub fn rules_version(&self) -> Option<&str> {
        (!self.rules.is_empty()).then_some(&self.plan.set.version)
    }

    /// The partition it owns.
    pub const fn partition(&self) -> Partition {
        self.settings.partition
    }

    /// Sizes worth watching.
    pub fn stats(&self) -> DetectorStats {
        let live = self.entities.iter().flatten();
        DetectorStats {
            entities: self.names.len() as u64,
            tags: live.clone().map(EntityState::kept).sum::<usize>() as u64,
            open_incidents: live.map(|entity| entity.open.len()).sum::<usize>() as u64,
            watermark: (self.watermark > EventTime::MIN).then_some(self.watermark),
            ..self.stats
        }
    }

    fn control(&mut self, control: &Control<'_>, out: &mut Vec<Output>) {
        match control {
            Control::Rules { yaml, .. } => self.change_rules(yaml, out),
            Control::Filter(figures) => self.figures.replace(figures),
            Control::Gap { .. } | Control::StateIncomplete { .. } => self.stats.blind_spots += 1,
        }
    }

    fn change_rules(&mut self, yaml: &[&str], out: &mut Vec<Output>) {
        let texts: Vec<RuleText<'_>> = yaml.iter().map(|yaml| RuleText { name: "rules", yaml }).collect();
        // Only checked rules are published; what this version cannot read leaves the rules in force as they are.
        let Ok(set) = check(&texts) else {
            self.stats.rules_refused += 1;
            return;
        };
        self.rules = yaml.iter().map(ToString::to_string).collect();
        self.relay(Plan::new(set), out);
    }
}

fn emit(lines: &mut Vec<Incident>, out: &mut Vec<Output>) {
    out.extend(lines.drain(..).map(|line| Output::Incident(Box::new(line))));
}
