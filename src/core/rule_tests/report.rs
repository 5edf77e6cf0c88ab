//! What a test's run found.

use super::expectation::Expectation;
use super::moment::spoken;
use crate::core::incident::{Incident, Measure, Severity, Status};
use crate::core::time::{EventTime, rfc3339};
use serde::Serialize;
use std::fmt;

/// Lines of one kind that a failing test prints.
const MAX_TOLD: usize = 20;

/// An incident that opened, or was escalated to a higher severity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Raise {
    /// The rule.
    pub rule: String,
    /// The entity's id.
    pub entity: String,
    /// The severity reached.
    pub severity: Severity,
    /// When the condition was met.
    #[serde(with = "rfc3339")]
    pub time: EventTime,
    /// What was counted.
    pub measure: Measure,
    /// The count.
    pub observed: f64,
    /// The actors concerned.
    pub actors: Vec<String>,
}

impl Raise {
    /// What `incident` raises; nothing where it was only updated or resolved.
    pub(super) fn of(incident: Incident) -> Option<Self> {
        match incident.status {
            Status::Opened | Status::Escalated => Some(Self {
                rule: incident.rule,
                entity: incident.entity.id,
                severity: incident.severity,
                time: incident.time,
                measure: incident.measure,
                observed: incident.observed,
                actors: incident.actors,
            }),
            Status::Updated | Status::Resolved => None,
        }
    }
}

impl fmt::Display for Raise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, entity, severity, time, measure: _, observed, actors } = self;
        let (severity, time, actors) = (severity.name(), spoken(*time), actors.join(", "));
        write!(f, "{rule} on {entity}, {severity}, at {time}, observed {observed}, actors {actors}")
    }
}

/// How one test went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestReport {
    /// The rule file.
    pub file: String,
    /// The test's line in it, from 1.
    pub line: u64,
    /// The test.
    pub name: String,
    /// Expected, and not raised.
    pub missing: Vec<Expectation>,
    /// Raised, and not expected.
    pub unexpected: Vec<Raise>,
    /// Events that could not be used as they are written.
    pub faults: Vec<String>,
}

impl TestReport {
    /// Whether everything was as expected.
    pub const fn passed(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.faults.is_empty()
    }
}

impl fmt::Display for TestReport {
    /// `file:line: name`, and for a test that failed a line for each thing that is not as expected.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.name)?;
        told(f, "event", &self.faults)?;
        told(f, "expected, not raised", &self.missing)?;
        told(f, "raised, not expected", &self.unexpected)
    }
}

fn told<T: fmt::Display>(f: &mut fmt::Formatter<'_>, what: &str, lines: &[T]) -> fmt::Result {
    for line in lines.iter().take(MAX_TOLD) {
        write!(f, "\n  {what}: {line}")?;
    }
    match lines.len().saturating_sub(MAX_TOLD) {
        0 => Ok(()),
        more => write!(f, "\n  {what}: {more} more"),
    }
}
