//! Who changed or uncovered what: a line of the audit topic.

use super::verdict::Judgement;
use crate::core::time::EventTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A verdict on a case.
    Verdict,
    /// The name behind a pseudonym was asked for.
    Unmask,
    /// An exception was proposed for a case.
    Exception,
}

/// One deed, keyed by what it is about.
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
    /// What it is about: a case's id, or the account that was unmasked.
    pub about: String,
    /// The verdict that was there before.
    #[serde(default)]
    pub before: Option<Judgement>,
    /// The verdict that is there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Judgement>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The exception, as YAML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// Whether every check of it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
}

impl Audited {
    fn new(action: Action, at: EventTime, by: String, about: String) -> Self {
        Self {
            schema: 1,
            at,
            by,
            action,
            about,
            before: None,
            after: None,
            reason: None,
            exception: None,
            passed: None,
        }
    }

    /// A verdict was given, in place of `before`.
    pub fn verdict(before: Option<Judgement>, after: Judgement) -> Self {
        let (at, by, about) = (after.at, after.by.clone(), after.case.to_string());
        Self { before, after: Some(after), ..Self::new(Action::Verdict, at, by, about) }
    }

    /// Somebody asked for the name of `actor`, and why.
    pub fn unmask(at: EventTime, by: String, actor: String, reason: String) -> Self {
        Self { reason: Some(reason), ..Self::new(Action::Unmask, at, by, actor) }
    }

    /// An exception was proposed for a case.
    pub fn exception(at: EventTime, by: String, case: String, exception: String, passed: bool) -> Self {
        Self { exception: Some(exception), passed: Some(passed), ..Self::new(Action::Exception, at, by, case) }
    }
}
