//! Sections that the engine reads, also in file commands: `filters`, `directory`, `clock`, `rules`, `rejected`.

use super::values::Span;
use crate::core::time::Millis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The customer filters.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filters {
    /// The directory that `leakwatch filter build` writes; a new one is picked up by itself.
    pub dir: PathBuf,
    /// Files that hold keys. The filter's own is found by its fingerprint; identifiers are tagged under every one, so that
    /// one key can follow another.
    pub key_files: Vec<PathBuf>,
    /// A filter older than this is an incident.
    #[serde(default = "stale_after")]
    pub stale_after: Span,
}

fn stale_after() -> Span {
    Span(Millis::from_hours(26))
}

/// Who is who, and which destinations are whose.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Directory {
    /// The directory file (NDJSON); read again when it changes.
    pub file: Option<PathBuf>,
    /// The time zone of actors that have none of their own, as in the IANA database.
    pub timezone: String,
    /// A new file that loses more of its lines than this is refused.
    pub max_loss_percent: u8,
}

impl Default for Directory {
    fn default() -> Self {
        Self { file: None, timezone: "UTC".to_owned(), max_loss_percent: 10 }
    }
}

/// How far events may be off the clock.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Clock {
    /// An event further ahead of its arrival counts at its arrival.
    pub max_future: Span,
    /// An event this late still finds every window that it belongs to.
    pub lateness: Span,
}

impl Default for Clock {
    fn default() -> Self {
        Self { max_future: Span(Millis::from_mins(10)), lateness: Span(Millis::from_hours(1)) }
    }
}

/// The rule files.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Files, or patterns with `*` in the file name. Without any, the shipped rules apply.
    pub files: Vec<String>,
}

/// What is kept of rejected records.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rejected {
    /// Keep the record itself, which may hold customers' data, rather than a keyed digest of it.
    pub keep_value: bool,
}
