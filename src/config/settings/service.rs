//! `state`, `log` and `heartbeat`, checked.

use super::checker::Checker;
use crate::config::document::At;
use crate::config::raw::{Heartbeat, LogFormat, LogLevel, State};
use crate::core::time::Millis;
use std::path::PathBuf;
use url::Url;

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

/// An object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateStore {
    /// A local directory.
    Directory(PathBuf),
    /// Amazon S3 and what speaks its protocol (`s3://bucket/prefix`).
    S3(Url),
    /// Google Cloud Storage (`gs://bucket/prefix`).
    Gcs(Url),
    /// Azure Blob Storage (`az://container/prefix`).
    Azure(Url),
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
    let store = store(&raw.store).unwrap_or_else(|| {
        checker.fail(
            &at.key("store"),
            "expected a directory, or a URL that begins with file:///, s3://, gs:// or az:// and names a bucket",
        );
        StateStore::Directory(PathBuf::new())
    });
    StateSettings {
        store,
        snapshot_every: checker.span(&at.key("snapshot_every"), raw.snapshot_every, SNAPSHOT_MIN..=SNAPSHOT_MAX),
        keep_days: checker.number(&at.key("keep_days"), raw.keep_days, 1..=MAX_KEEP_DAYS),
    }
}

fn store(text: &str) -> Option<StateStore> {
    if text.trim().is_empty() {
        return None;
    }
    if !text.contains("://") {
        return Some(StateStore::Directory(PathBuf::from(text)));
    }
    let url = Url::parse(text).ok().filter(|url| url.username().is_empty() && url.password().is_none())?;
    match url.scheme() {
        "file" => url.to_file_path().ok().map(StateStore::Directory),
        "s3" if url.has_host() => Some(StateStore::S3(url)),
        "gs" if url.has_host() => Some(StateStore::Gcs(url)),
        "az" if url.has_host() => Some(StateStore::Azure(url)),
        _ => None,
    }
}

pub(super) fn check_heartbeat(raw: Heartbeat, checker: &mut Checker<'_>) -> HeartbeatSettings {
    if raw.every.0 == Millis::ZERO {
        return HeartbeatSettings { every: None };
    }
    let at = At::ROOT.key("heartbeat");
    HeartbeatSettings { every: Some(checker.span(&at.key("every"), raw.every, HEARTBEAT_MIN..=HEARTBEAT_MAX)) }
}
