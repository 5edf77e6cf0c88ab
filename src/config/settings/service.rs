//! `state`, `log` and `heartbeat`, checked.

use super::checker::Checker;
use super::stores::{self, StateStore};
use crate::config::document::At;
use crate::config::raw::{Heartbeat, LogFormat, LogLevel, State};
use crate::core::time::Millis;

/// Where state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateSettings {
    /// The object store for snapshots.
    pub store: StateStore,
    /// How often each partition's state is written.
    pub snapshot_every: Millis,
    /// How many daily snapshots are kept.
    pub keep_days: u16,
}

/// What the service says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// The least important level that is written.
    pub level: LogLevel,
    /// The form of a line.
    pub format: LogFormat,
}

/// The synthetic event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatSettings {
    /// How often; `None` is never.
    pub every: Option<Millis>,
}

const SNAPSHOT_MIN: Millis = Millis::from_secs(1);
const SNAPSHOT_MAX: Millis = Millis::from_hours(24);
const MAX_KEEP_DAYS: u64 = 3_660;
const HEARTBEAT_MIN: Millis = Millis::from_secs(1);
const HEARTBEAT_MAX: Millis = Millis::from_hours(24);

pub(super) fn check_state(raw: &State, checker: &mut Checker<'_>) -> StateSettings {
    let at = At::ROOT.key("state");
    StateSettings {
        store: stores::check(raw, checker),
        snapshot_every: checker.span(&at.key("snapshot_every"), raw.snapshot_every, SNAPSHOT_MIN..=SNAPSHOT_MAX),
        keep_days: checker.number(&at.key("keep_days"), raw.keep_days, 1..=MAX_KEEP_DAYS),
    }
}

pub(super) fn check_heartbeat(raw: Heartbeat, checker: &mut Checker<'_>) -> HeartbeatSettings {
    if raw.every.0 == Millis::ZERO {
        return HeartbeatSettings { every: None };
    }
    let at = At::ROOT.key("heartbeat");
    HeartbeatSettings { every: Some(checker.span(&at.key("every"), raw.every, HEARTBEAT_MIN..=HEARTBEAT_MAX)) }
}
