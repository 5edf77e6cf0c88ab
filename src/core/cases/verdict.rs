//! What on-call says of a case.

use crate::core::incident::IncidentId;
use crate::core::time::EventTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a case turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A leak.
    True,
    /// Nothing that should have been raised.
    False,
    /// Work that somebody ordered; it deserves an exception.
    Expected,
}

/// One verdict: a line of the verdicts topic, keyed by the case. A later one replaces an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// The version of this format: 1.
    pub schema: u32,
    /// The case.
    pub case: IncidentId,
    /// What it was.
    pub verdict: Verdict,
    /// Who says so.
    pub by: String,
    /// When it was said.
    #[serde(with = "super::super::time::rfc3339")]
    #[schemars(with = "String")]
    pub at: EventTime,
    /// Why, in free words.
    pub note: String,
}
