//! The state as bytes: equal states give equal bytes, so that snapshots can be named by content.

use super::dedupe::{Origins, RecentIds};
use super::entity::EntityState;
use super::figures::Figures;
use super::plan::Plan;
use super::{Detector, DetectorSettings, DetectorStats, StateError};
use crate::core::rules::{RuleText, check};
use crate::core::time::EventTime;
use crate::core::units::{Partition, Position};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The version that this build writes and reads.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct State<'a> {
    partition: Partition,
    partitions: u32,
    position: Option<Position>,
    watermark: EventTime,
    rules: Cow<'a, [String]>,
    figures: Cow<'a, Figures>,
    origins: Cow<'a, Origins>,
    ids: Cow<'a, RecentIds>,
    entities: Cow<'a, [Option<EntityState>]>,
    free: Cow<'a, [u32]>,
    told_rows: Cow<'a, BTreeMap<u64, (u32, u32)>>,
    swept: (EventTime, u32),
    counted: [u64; 7],
}

impl Detector {
    /// The state as bytes; equal states give equal bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        let state = State {
            partition: self.settings.partition,
            partitions: self.settings.partitions,
            position: self.position,
            watermark: self.watermark,
            rules: Cow::Borrowed(&self.rules),
            figures: Cow::Borrowed(&self.figures),
            origins: Cow::Borrowed(&self.origins),
            ids: Cow::Borrowed(&self.ids),
            entities: Cow::Borrowed(&self.entities),
            free: Cow::Borrowed(&self.free),
            told_rows: Cow::Borrowed(&self.told_rows),
            swept: self.swept,
            counted: counted(&self.stats),
        };
        postcard::to_extend(&state, vec![VERSION]).unwrap_or_default()
    }

    /// A detector that goes on after the snapshot's position.
    ///
    /// # Errors
    /// [`StateError`], if the bytes are not a snapshot of this partition.
    pub fn restore(settings: DetectorSettings, state: &[u8]) -> Result<Self, StateError> {
        let (version, body) = state.split_first().ok_or(StateError::Damaged)?;
        if *version != VERSION {
            return Err(StateError::Version { found: *version, expected: VERSION });
        }
        let state: State<'_> = postcard::from_bytes(body).map_err(|_| StateError::Damaged)?;
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
        self.rules = state.rules.into_owned();
        self.figures = state.figures.into_owned();
        self.figures.derive_rates();
        self.origins = state.origins.into_owned();
        self.ids = state.ids.into_owned();
        self.entities = state.entities.into_owned();
        self.free = state.free.into_owned();
        self.told_rows = state.told_rows.into_owned();
        self.swept = state.swept;
        self.stats = told(state.counted);
        if !self.rules.is_empty() {
            let texts: Vec<_> = self.rules.iter().map(|yaml| RuleText { name: "rules", yaml }).collect();
            self.plan = Plan::new(check(&texts).map_err(|_| StateError::Damaged)?);
        }
        self.derive_indexes();
        Ok(())
    }

    fn derive_indexes(&mut self) {
        for (at, entity) in self.entities.iter().enumerate() {
            let Some(entity) = entity else { continue };
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            self.names.insert(entity.name.clone(), at);
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
