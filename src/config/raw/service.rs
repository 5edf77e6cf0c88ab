//! Sections that only the service reads: `state`, `log`, `heartbeat`.

use super::stores::{Azure, Gcs, S3};
use super::values::Span;
use crate::core::time::Millis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where state is kept, and how much of it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// An object store for snapshots: a directory, or a URL (`file:///…`, `s3://…`, `gs://…`, `az://…`).
    pub store: String,
    /// How an `s3://` store is reached.
    pub s3: Option<S3>,
    /// How a `gs://` store is reached.
    pub gcs: Option<Gcs>,
    /// How an `az://` store is reached.
    pub azure: Option<Azure>,
    /// How often each partition's state is written.
    pub snapshot_every: Span,
    /// How many daily snapshots are kept.
    pub keep_days: u16,
    /// How many entities have state of their own beside the directory's actors, which always have: accounts that it does not
    /// list, client addresses, destinations, domains.
    pub max_entities: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            store: "/var/lib/leakwatch/state".to_owned(),
            s3: None,
            gcs: None,
            azure: None,
            snapshot_every: Span(Millis::from_secs(30)),
            keep_days: 31,
            max_entities: 2_000_000,
        }
    }
}

/// What the service says of itself.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// The least important level that is written.
    pub level: LogLevel,
    /// The form of a line.
    pub format: LogFormat,
}

/// How important a log line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the usual names")]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    /// The name in filters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

/// The synthetic event that proves that the whole chain works.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Heartbeat {
    /// How often; `0s` is never.
    pub every: Span,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { every: Span(Millis::from_mins(1)) }
    }
}
