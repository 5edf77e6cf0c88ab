//! The state as bytes: equal states give equal bytes, so that snapshots can be named by content.

use super::batches::Batches;
use super::dedupe::{Origins, RecentIds};
use super::entity::EntityState;
use super::figures::Figures;
use super::plan::Plan;
use super::pooled::Heard;
use super::role_book::RoleBook;
use super::roster::Roster;
use super::sources::Sources;
use super::{Detector, DetectorSettings, DetectorStats, StateError};
use crate::core::rules::check_documents;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Partition, Position};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

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

    fn read(self, body: &[u8]) -> Result<State<'_>, StateError> {
        match self {
            Self::V4 => postcard::from_bytes(body).map_err(|_| StateError::Damaged),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct State<'a> {
    partition: Partition,
    partitions: u32,
    position: Option<Position>,
    watermark: EventTime,
    began: EventTime,
    day: u32,
    rules: Cow<'a, [String]>,
    figures: Cow<'a, Figures>,
    stale_after: Option<Millis>,
    origins: Cow<'a, Origins>,
    ids: Cow<'a, RecentIds>,
    heard: Cow<'a, Heard>,
    roles: Cow<'a, RoleBook>,
    batches: Cow<'a, Batches>,
    sources: Cow<'a, Sources>,
    entities: Cow<'a, [Option<EntityState>]>,
    free: Cow<'a, [u32]>,
    swept: (EventTime, u32),
    counted: [u64; 7],
}

impl Detector {
    /// The state as bytes; equal states give equal bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        let (entities, free) = self.roster.parts();
        let state = State {
            partition: self.settings.partition,
            partitions: self.settings.partitions,
            position: self.position,
            watermark: self.watermark,
            began: self.began,
            day: self.day,
            rules: Cow::Borrowed(&self.rules),
            figures: Cow::Borrowed(&self.figures),
            stale_after: self.stale_after,
            origins: Cow::Borrowed(&self.origins),
            ids: Cow::Borrowed(&self.ids),
            heard: Cow::Borrowed(&self.heard),
            roles: Cow::Borrowed(&self.roles),
            batches: Cow::Borrowed(&self.batches),
            sources: Cow::Borrowed(&self.sources),
            entities: Cow::Borrowed(entities),
            free: Cow::Borrowed(free),
            swept: self.swept,
            counted: counted(&self.stats),
        };
        postcard::to_extend(&state, vec![STATE_VERSION]).unwrap_or_default()
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

    fn take_over(&mut self, state: State<'_>) -> Result<(), StateError> {
        self.position = state.position;
        self.watermark = state.watermark;
        self.began = state.began;
        self.day = state.day;
        self.stale_after = state.stale_after;
        self.heard = state.heard.into_owned();
        self.roles = state.roles.into_owned();
        self.batches = state.batches.into_owned();
        self.sources = state.sources.into_owned();
        self.rules = state.rules.into_owned();
        self.figures = state.figures.into_owned();
        self.figures.derive_rates();
        self.origins = state.origins.into_owned();
        self.ids = state.ids.into_owned();
        self.roster = Roster::from_parts(state.entities.into_owned(), state.free.into_owned());
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
