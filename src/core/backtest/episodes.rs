//! Incident lines, gathered into incidents from the opening to the end.

use crate::core::detector::is_builtin;
use crate::core::incident::{Entity, Incident, IncidentId, Severity, Status};
use crate::core::time::EventTime;
use serde::Serialize;
use std::collections::HashMap;

/// One incident.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Episode {
    /// Its id.
    pub incident: IncidentId,
    /// The rule.
    pub rule: String,
    /// What it is about.
    pub entity: Entity,
    /// Whether its rule does not count yet.
    pub shadow: bool,
    /// The highest severity that it reached.
    pub severity: Severity,
    /// When it reached that.
    #[serde(with = "crate::core::time::rfc3339")]
    pub at: EventTime,
    /// When it was opened.
    #[serde(with = "crate::core::time::rfc3339")]
    pub opened: EventTime,
    /// When it was resolved.
    #[serde(skip)]
    pub resolved: Option<EventTime>,
    /// The count at `at`.
    pub observed: f64,
    /// The limit then.
    pub threshold: f64,
}

/// Incidents as their lines come in. Those about the pipeline itself are left out: no rule file changes them.
#[derive(Clone, Debug, Default)]
pub struct Episodes {
    all: Vec<Episode>,
    open: HashMap<IncidentId, usize>,
}

impl Episodes {
    /// Takes up a line.
    pub fn take(&mut self, line: &Incident) {
        if is_builtin(&line.rule) {
            return;
        }
        match (line.status, self.open.get(&line.incident)) {
            (Status::Resolved, Some(&at)) => {
                self.all[at].resolved = Some(line.time);
                self.open.remove(&line.incident);
            }
            (Status::Resolved, None) => {}
            (Status::Opened | Status::Escalated | Status::Updated, Some(&at)) => self.all[at].go_on(line),
            (Status::Opened | Status::Escalated | Status::Updated, None) => {
                self.open.insert(line.incident.clone(), self.all.len());
                self.all.push(Episode::new(line));
            }
        }
    }

    /// Those opened at `from` or later, in the order of their opening.
    pub fn since(&self, from: EventTime) -> Vec<Episode> {
        self.all.iter().filter(|episode| episode.opened >= from).cloned().collect()
    }

    /// All of them, in the order of their opening.
    pub fn all(&self) -> &[Episode] {
        &self.all
    }
}

impl Episode {
    fn new(line: &Incident) -> Self {
        Self {
            incident: line.incident.clone(),
            rule: line.rule.clone(),
            entity: line.entity.clone(),
            shadow: line.shadow,
            severity: line.severity,
            at: line.time,
            opened: line.time,
            resolved: None,
            observed: line.observed,
            threshold: line.threshold,
        }
    }

    fn go_on(&mut self, line: &Incident) {
        if line.severity > self.severity {
            self.severity = line.severity;
            self.at = line.time;
            self.observed = line.observed;
            self.threshold = line.threshold;
        }
    }

    /// Whether both were open at one time.
    pub fn meets(&self, other: &Self) -> bool {
        let until = |episode: &Self| episode.resolved.unwrap_or(EventTime::MAX);
        self.opened <= until(other) && other.opened <= until(self)
    }
}
