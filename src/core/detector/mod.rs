//! Detect: a deterministic state machine over one partition of the activity log.
//!
//! Its state after a position depends on the records up to it alone: no clock, no randomness, no hash-map order.

mod baseline;
mod batches;
mod bounds;
mod builtin;
mod common_limits;
mod dedupe;
mod entity;
mod explain;
mod figures;
mod fresh;
mod hours;
mod intake;
mod judge;
mod kept;
mod kinds;
mod lifecycle;
mod names;
mod networks;
mod notices;
mod overlap;
mod peaks;
mod plan;
mod pooled;
mod quiet;
mod recent;
mod role_book;
mod roles;
mod roster;
mod settings;
mod shards;
mod shared;
mod shares;
mod slots;
mod sources;
mod state;
mod stream;
mod summary;
mod tell;
#[cfg(test)]
mod tests;
mod told_rows;
mod unread;
mod upkeep;
mod view;

pub use baseline::day_of;
pub use builtin::is_builtin;
pub use dedupe::Origins;
pub use explain::{Explanation, InForce, Verdict};
pub use kept::{Kept, Walk};
pub use peaks::Peak;
pub use plan::count_alike;
pub use settings::{DetectorSettings, DetectorStats, Output, StateError, To};
pub use state::{FrozenState, STATE_VERSION};

use crate::core::activity::Record;
use crate::core::incident::{EntityKind, Incident};
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Partition, Position};
use dedupe::RecentIds;
use figures::Figures;
use plan::Plan;
use std::collections::BTreeSet;

/// The state of one partition.
#[derive(Debug)]
pub struct Detector {
    settings: DetectorSettings,
    position: Option<Position>,
    /// The record in hand, and how many records were made while it was.
    reading: Option<Position>,
    made: u32,
    watermark: EventTime,
    /// The first time that the log told of.
    began: EventTime,
    /// The UTC day of the watermark, counted from the epoch.
    day: u32,
    /// The text of the rules in force.
    rules: Vec<String>,
    plan: Plan,
    limits: common_limits::CommonLimits,
    figures: Figures,
    stale_after: Option<Millis>,
    origins: Origins,
    ids: RecentIds,
    heard: pooled::Heard,
    roster: roster::Roster,
    roles: shared::Shared<role_book::RoleBook>,
    batches: batches::Batches,
    sources: sources::Sources,
    /// When open incidents are looked at next: (time, entity, rule).
    due: BTreeSet<(EventTime, u32, String)>,
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
            reading: None,
            made: 0,
            watermark: EventTime::MIN,
            began: EventTime::MIN,
            day: 0,
            rules: Vec::new(),
            plan: Plan::default(),
            limits: common_limits::CommonLimits::default(),
            figures: Figures::default(),
            stale_after: None,
            origins: Origins::default(),
            ids: RecentIds::default(),
            heard: pooled::Heard::default(),
            roster: roster::Roster::default(),
            roles: shared::Shared::default(),
            batches: batches::Batches::default(),
            sources: sources::Sources::default(),
            due: BTreeSet::new(),
            swept: (EventTime::MIN, 0),
            stats: DetectorStats::default(),
            scratch: intake::Scratch::default(),
        }
    }

    /// Applies the record at `position`; outputs are appended to `out`, in order.
    pub fn apply(&mut self, position: Position, record: &Record<'_>, out: &mut Vec<Output>) {
        self.reading = Some(position);
        self.made = 0;
        match record {
            Record::Activity(activity) => self.take_in(activity, out),
            Record::Tick(tick) => self.advance(tick.time, out),
            Record::Control(control) => self.control(control, out),
            Record::Pool(pool) => self.take_pool(pool, out),
            Record::Roles(figures) => self.take_roles(figures),
            Record::Source(figures) => self.take_source(figures, out),
            Record::SourceRows(rows) => self.take_rows(rows),
        }
        self.position = Some(position);
    }

    /// Leaves the record at `position` out: what it tells is not known. An activity of the same origin that comes again is
    /// dropped like one that was counted.
    pub fn pass_over(&mut self, position: Position, record: &Record<'_>) {
        if let Record::Activity(activity) = record {
            self.origins.is_new(&activity.origin);
        }
        self.position = Some(position);
    }

    /// No record will follow: what is told once a slice is told now. Nothing is resolved.
    pub fn finish(&mut self, out: &mut Vec<Output>) {
        self.close_all_batches(out);
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

    /// Sizes worth watching; [`Self::kept`] tells those that every entity has a part in.
    pub fn stats(&self) -> DetectorStats {
        DetectorStats {
            entities: self.roster.len() as u64,
            actors: self.roster.count(EntityKind::Actor) as u64,
            watermark: (self.watermark > EventTime::MIN).then_some(self.watermark),
            ..self.stats
        }
    }
}

fn emit(lines: &mut Vec<Incident>, out: &mut Vec<Output>) {
    out.extend(lines.drain(..).map(|line| Output::Incident(Box::new(line))));
}
