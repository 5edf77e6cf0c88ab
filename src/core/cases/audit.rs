//! Who changed what: a line of the audit topic.

use super::verdict::Judgement;
use crate::core::time::EventTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A verdict on a case.
    Verdict,
}

/// One change, keyed by what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audited {
    /// The version of this format: 1.
    pub schema: u32,
    /// When.
    #[serde(with = "super::super::time::rfc3339")]
    #[schemars(with = "String")]
    pub at: EventTime,
    /// Who.
    pub by: String,
    /// What was done.
    pub action: Action,
    /// What it is about: a case's id.
    pub about: String,
    /// What was there before.
    pub before: Option<Judgement>,
    /// What is there now.
    pub after: Judgement,
}

impl Audited {
    /// A verdict was given, in place of `before`.
    pub fn verdict(before: Option<Judgement>, after: Judgement) -> Self {
        let (at, by, about) = (after.at, after.by.clone(), after.case.to_string());
        Self { schema: 1, at, by, action: Action::Verdict, about, before, after }
    }
}
