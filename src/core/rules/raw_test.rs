//! The shape of a rule file's own tests.

use crate::core::incident::Severity;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A rule file's own test case.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTest {
    /// What it shows.
    pub name: String,
    /// Directory lines.
    #[serde(default)]
    pub directory: Vec<serde_json::Value>,
    /// Values of variables. An event, directory line or expectation in which `$A` stands is written once for each
    /// value of `A`; for each combination where it names several.
    #[serde(default)]
    pub for_each: BTreeMap<String, Vec<String>>,
    /// What happens.
    #[serde(default)]
    pub events: Vec<RawTestEvent>,
    /// What must be raised, and nothing else: an incident that opens, or is escalated to a higher severity.
    #[serde(default)]
    pub expect: Vec<RawExpectation>,
}

/// Events of a test.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTestEvent {
    /// When, in the test's day: `HH:MM`, `HH:MM:SS`, `dN HH:MM`, or an RFC 3339 time.
    pub at: String,
    /// Repeated every so long.
    pub every: Option<String>,
    /// So many times.
    pub times: Option<u32>,
    /// The fields of the event format but `time`, and beside them `customers` (`20` for so many that no event had before,
    /// `1..20` for these, or a saved name), `save` (a name for them) and `canaries` (the same for decoys).
    pub event: serde_json::Map<String, serde_json::Value>,
}

/// An incident that a test expects.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExpectation {
    /// The rule.
    pub rule: String,
    /// The entity's id.
    pub entity: Option<String>,
    /// The severity reached.
    pub severity: Option<Severity>,
    /// When.
    pub at: Option<String>,
    /// The count.
    pub observed: Option<f64>,
    /// The actors, in any order.
    pub actors: Option<Vec<String>>,
}
