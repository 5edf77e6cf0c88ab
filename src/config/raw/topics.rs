//! `topics`.

use super::values::Span;
use crate::core::time::Millis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The topics that Leakwatch itself writes: names, and what `topics apply` gives them.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Topics {
    /// The activity log.
    pub activity: String,
    /// Incidents that count.
    pub incidents: String,
    /// Incidents of rules in shadow mode.
    pub shadow: String,
    /// Records that could not be used.
    pub rejected: String,
    /// What people decided about incidents.
    pub verdicts: String,
    /// Who looked at what.
    pub audit: String,
    /// Incidents that a sink refused for good.
    pub dead_letters: String,
    /// The synthetic event, from detect to sinks.
    pub heartbeats: String,
    /// How long each topic keeps its records.
    pub retention: Retention,
    /// How many partitions each topic is created with.
    pub partitions: Partitions,
    /// Copies of each partition; by default 3, or as many as there are brokers where there are fewer.
    pub replication_factor: Option<u16>,
    /// Copies that must have a record before it counts as written; by default 2 where there are at least 3 copies.
    pub min_insync_replicas: Option<u16>,
}

impl Default for Topics {
    fn default() -> Self {
        Self {
            activity: "leakwatch.activity".to_owned(),
            incidents: "leakwatch.incidents".to_owned(),
            shadow: "leakwatch.shadow".to_owned(),
            rejected: "leakwatch.rejected".to_owned(),
            verdicts: "leakwatch.verdicts".to_owned(),
            audit: "leakwatch.audit".to_owned(),
            dead_letters: "leakwatch.dead_letters".to_owned(),
            heartbeats: "leakwatch.heartbeats".to_owned(),
            retention: Retention::default(),
            partitions: Partitions::default(),
            replication_factor: None,
            min_insync_replicas: None,
        }
    }
}

/// How long each topic keeps its records.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each field is the topic of the same name")]
pub struct Retention {
    pub activity: Span,
    pub incidents: Span,
    pub shadow: Span,
    pub rejected: Span,
    pub verdicts: Span,
    pub audit: Span,
    pub dead_letters: Span,
    pub heartbeats: Span,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days| Span(Millis::from_days(days));
        Self {
            activity: days(35),
            incidents: days(400),
            shadow: days(90),
            rejected: days(30),
            verdicts: days(400),
            audit: days(400),
            dead_letters: days(90),
            heartbeats: days(1),
        }
    }
}

/// How many partitions each topic is created with. The activity log's number is for ever: state is kept by partition.
/// Incidents and what follows from them are few, and one partition keeps them in one order for whoever joins cases.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each field is the topic of the same name")]
pub struct Partitions {
    pub activity: u32,
    pub incidents: u32,
    pub shadow: u32,
    pub rejected: u32,
    pub verdicts: u32,
    pub audit: u32,
    pub dead_letters: u32,
    pub heartbeats: u32,
}

impl Default for Partitions {
    fn default() -> Self {
        Self {
            activity: 8,
            incidents: 1,
            shadow: 1,
            rejected: 8,
            verdicts: 1,
            audit: 1,
            dead_letters: 1,
            heartbeats: 1,
        }
    }
}
