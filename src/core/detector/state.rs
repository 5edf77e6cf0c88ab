//! The state as bytes: equal states give equal bytes, so that snapshots can be named by content.
//!
//! A snapshot is written beside the hot path: [`Detector::freeze`] shares everything that can be large with a frozen copy,
//! and whoever then changes a part of it copies that part before ([`Shared`]). The frozen copy becomes bytes on any
//! thread, while the log is applied further.

use super::batches::Batches;
use super::dedupe::{Origins, RecentIds};
use super::entity::EntityState;
use super::figures::Figures;
use super::plan::Plan;
use super::pooled::Heard;
use super::role_book::RoleBook;
use super::roster::Roster;
use super::shared::Shared;
use super::slots::Slots;
use super::sources::Sources;
use super::{Detector, DetectorSettings, DetectorStats, StateError};
use crate::core::rules::check_documents;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Partition, Position};
use serde::{Deserialize, Serialize};

/// The version that this build writes. The numbers before it were never released.
pub const STATE_VERSION: u8 = 4;

/// The state's layouts that this build reads. A new version is a new variant; the one before it stays, with a struct of its
/// own and a conversion into [`State`], for as long as it is the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    V4,
}

impl Layout {
    const fn of(version: u8) -> Option<Self> {
        match version {
            4 => Some(Self::V4),
            _ => None,
        }
    }

    fn read(self, body: &[u8]) -> Result<State, StateError> {
        match self {
            Self::V4 => postcard::from_bytes(body).map_err(|_| StateError::Damaged),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    partition: Partition,
    partitions: u32,
    position: Option<Position>,
    watermark: EventTime,
    began: EventTime,
    day: u32,
    rules: Vec<String>,
    figures: Figures,
    stale_after: Option<Millis>,
    origins: Origins,
    ids: RecentIds,
    heard: Heard,
    roles: Shared<RoleBook>,
    batches: Batches,
    sources: Sources,
    entities: Slots<EntityState>,
    free: Vec<u32>,
    swept: (EventTime, u32),
    counted: [u64; 7],
}

/// The state as it was at one position, whatever the detector has read since. It shares what has not changed with the
/// detector, so it takes memory for what has: at most as much as the state itself.
#[derive(Debug)]
pub struct FrozenState(State);

impl FrozenState {
    /// The state as bytes; equal states give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_extend(&self.0, vec![STATE_VERSION]).unwrap_or_default()
    }
}

impl Detector {
    /// The state as it is now, to be written as bytes later, by any thread. This takes a fraction of the time that writing
    /// takes; afterwards each entity's first change takes longer by a copy of what is changed, until the frozen state goes.
    pub fn freeze(&self) -> FrozenState {
        let (entities, free) = self.roster.parts();
        FrozenState(State {
            partition: self.settings.partition,
            partitions: self.settings.partitions,
            position: self.position,
            watermark: self.watermark,
            began: self.began,
            day: self.day,
            rules: self.rules.clone(),
            figures: self.figures.clone(),
            stale_after: self.stale_after,
            origins: self.origins.clone(),
            ids: self.ids.clone(),
            heard: self.heard.clone(),
            roles: self.roles.clone(),
            batches: self.batches.clone(),
            sources: self.sources.clone(),
            entities: entities.clone(),
            free: free.clone(),
            swept: self.swept,
            counted: counted(&self.stats),
        })
    }

    /// The state as bytes, at once; equal states give equal bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        self.freeze().to_bytes()
    }

    /// A detector that goes on after the snapshot's position.
    ///
    /// # Errors
    /// [`StateError`], if the bytes are not a snapshot of this partition.
    pub fn restore(settings: DetectorSettings, state: &[u8]) -> Result<Self, StateError> {
        let (version, body) = state.split_first().ok_or(StateError::Damaged)?;
        let unknown = StateError::Version { found: *version, expected: STATE_VERSION };
        let state = Layout::of(*version).ok_or(unknown)?.read(body)?;
        if (state.partition, state.partitions) != (settings.partition, settings.partitions) {
            return Err(StateError::OtherPartition {
                found: state.partition,
                found_of: state.partitions,
                expected: settings.partition,
                expected_of: settings.partitions,
            });
        }
        let mut detector = Self::new(settings);
        detector.take_over(state)?;
        Ok(detector)
    }

    fn take_over(&mut self, state: State) -> Result<(), StateError> {
        self.position = state.position;
        self.watermark = state.watermark;
        self.began = state.began;
        self.day = state.day;
        self.stale_after = state.stale_after;
        self.heard = state.heard;
        self.roles = state.roles;
        self.batches = state.batches;
        self.sources = state.sources;
        self.rules = state.rules;
        self.figures = state.figures;
        self.figures.derive_rates();
        self.origins = state.origins;
        self.ids = state.ids;
        self.roster = Roster::from_parts(state.entities, state.free);
        self.swept = state.swept;
        self.stats = told(state.counted);
        if !self.rules.is_empty() {
            let rules = check_documents(self.rules.iter().map(String::as_str));
            self.plan = Plan::new(rules.map_err(|_| StateError::Damaged)?);
        }
        self.derive_due();
        Ok(())
    }

    fn derive_due(&mut self) {
        let (entities, _) = self.roster.parts();
        for (at, entity) in entities.iter().enumerate() {
            let Some(entity) = entity else { continue };
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            for open in &entity.open {
                self.due.insert((open.due, at, open.line.rule.clone()));
            }
        }
    }
}

const fn counted(stats: &DetectorStats) -> [u64; 7] {
    [
        stats.duplicates,
        stats.repeated,
        stats.too_late,
        stats.future,
        stats.crowded,
        stats.blind_spots,
        stats.rules_refused,
    ]
}

fn told([duplicates, repeated, too_late, future, crowded, blind_spots, rules_refused]: [u64; 7]) -> DetectorStats {
    DetectorStats {
        duplicates,
        repeated,
        too_late,
        future,
        crowded,
        blind_spots,
        rules_refused,
        ..DetectorStats::default()
    }
}
