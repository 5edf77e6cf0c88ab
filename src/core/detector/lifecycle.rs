//! The life of an incident: opened, escalated, updated, resolved.

use super::entity::EntityState;
use super::judge::Met;
use super::summary::new_in_case;
use crate::core::incident::{Entity, Evidence, Incident, IncidentId, SCHEMA_VERSION, Status, incident_id};
use crate::core::rules::{Mode, Rule};
use crate::core::time::{EventTime, Millis};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// An open incident is updated at most this often.
const UPDATE_EVERY: Millis = Millis::from_hours(1);
/// What happens so long after a case was opened is another one.
const LONGEST_CASE: Millis = Millis::from_days(31);
/// A resolved incident's id is remembered so long, in case it opens again: an event that is later than this counts in no
/// window.
const REMEMBER_CLOSED: Millis = Millis::from_days(31);

/// An open incident: its last line, and when its end is looked at next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Open {
    #[serde(with = "as_json")]
    pub line: Incident,
    /// What was observed when the last line went out.
    pub told: f64,
    pub told_at: EventTime,
    pub opened_at: EventTime,
    /// When the condition was last seen to be met.
    pub met_at: EventTime,
    /// The limit that a baseline gave to one of the rule's counts, where one took part.
    pub tight: Option<(u8, f64)>,
    pub hold: Millis,
    pub due: EventTime,
}

/// A resolved incident's id and last revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Closed {
    pub id: String,
    pub revision: u32,
    pub at: EventTime,
}

impl Closed {
    /// Whether so much time has passed that it cannot open again.
    pub fn is_forgotten(&self, now: EventTime) -> bool {
        now.since(self.at) >= REMEMBER_CLOSED
    }
}

impl EntityState {
    /// The open incident of `rule`.
    pub fn open_of(&self, rule: &str) -> Option<usize> {
        self.open.iter().position(|open| open.line.rule == rule)
    }

    /// Takes note that `rule` is met; gives the line to send, if one is due.
    pub fn note(&mut self, rule: &Rule, met: Met) -> Option<Incident> {
        match self.open_of(&rule.id) {
            None => Some(self.open(rule, met)),
            Some(at) => self.open[at].note(met),
        }
    }

    /// The case that the entity's other incidents belong to, and when it was opened.
    pub fn case_told(&self) -> Option<(String, EventTime)> {
        self.oldest_open().map(|open| (open.line.incident.0.clone(), open.opened_at))
    }

    fn open(&mut self, rule: &Rule, mut met: Met) -> Incident {
        let entity = Entity { kind: self.entity, id: self.name.to_string() };
        let id = incident_id(&rule.id, &entity, met.time);
        let before = self.closed.iter().position(|closed| closed.id == id.0);
        let revision = before.map_or(0, |at| self.closed.swap_remove(at).revision) + 1;
        let case = self.case_at(rule, &mut met).unwrap_or_else(|| id.clone());
        let (told, told_at, tight) = (met.observed, met.time, met.tight);
        let line = Incident {
            schema: SCHEMA_VERSION,
            incident: id,
            revision,
            status: Status::Opened,
            case,
            rule: rule.id.clone(),
            title: rule.title.clone(),
            severity: met.severity,
            shadow: rule.mode == Mode::Shadow,
            entity,
            actors: met.actors,
            actors_total: met.actors_total,
            time: met.time,
            measure: rule.measure(),
            window: rule.window,
            observed: met.observed,
            threshold: met.threshold,
            baseline: met.baseline,
            customers: met.customers,
            destinations: met.destinations,
            objects: met.objects,
            first_event: met.first_event,
            last_event: met.last_event,
            summary: met.summary,
            runbook: rule.runbook.clone(),
        };
        let (opened_at, met_at, due) = (met.time, met.time, met.time);
        let open = Open { line: line.clone(), told, told_at, opened_at, met_at, tight, hold: rule.hold, due };
        self.open.push(Box::new(open));
        line
    }

    /// The case that a new incident joins; the sentence then says what is new in it.
    fn case_at(&self, rule: &Rule, met: &mut Met) -> Option<IncidentId> {
        let (case, opened_at, by) = match (self.oldest_open(), self.case.as_deref()) {
            (Some(open), None) => (open.line.incident.clone(), open.opened_at, open.line.rule.as_str()),
            (Some(open), Some((opened, _))) if open.opened_at <= *opened => {
                (open.line.incident.clone(), open.opened_at, open.line.rule.as_str())
            }
            (Some(_) | None, Some((opened, case))) => (case.clone(), *opened, "one of its accounts"),
            (None, None) => return None,
        };
        if met.time.since(opened_at) > LONGEST_CASE {
            return None;
        }
        let what = new_in_case(rule, self.entity);
        let since = &opened_at.to_string()[..16];
        let _ = write!(met.summary, " New in the case open since {since}Z ({by}): {what}.");
        Some(case)
    }

    fn oldest_open(&self) -> Option<&Open> {
        self.open.iter().find(|open| !open.line.shadow).map(|open| &**open)
    }

    /// Ends the open incident number `at`, at `time`.
    pub fn resolve(&mut self, at: usize, time: EventTime, summary: String) -> Incident {
        let mut line = self.open.remove(at).line;
        line.revision += 1;
        line.status = Status::Resolved;
        line.time = time;
        line.summary = summary;
        self.closed.retain(|closed| !closed.is_forgotten(time));
        self.closed.push(Box::new(Closed { id: line.incident.0.clone(), revision: line.revision, at: time }));
        line
    }
}

impl Open {
    fn note(&mut self, met: Met) -> Option<Incident> {
        self.met_at = self.met_at.max(met.time);
        self.tight = met.tight.or(self.tight);
        let status = if met.severity > self.line.severity {
            Status::Escalated
        } else if met.observed >= 2.0 * self.told && met.time.since(self.told_at) >= UPDATE_EVERY {
            Status::Updated
        } else {
            self.line.last_event = met.last_event;
            return None;
        };
        self.told = met.observed;
        self.told_at = met.time;
        self.tell(status, met);
        Some(self.line.clone())
    }

    fn tell(&mut self, status: Status, met: Met) {
        let line = &mut self.line;
        line.revision += 1;
        line.status = status;
        line.severity = line.severity.max(met.severity);
        line.time = met.time;
        line.observed = met.observed;
        line.threshold = met.threshold;
        line.baseline = met.baseline.or(line.baseline.take());
        line.actors = met.actors;
        line.actors_total = met.actors_total;
        line.customers = met.customers;
        line.destinations = met.destinations;
        line.objects = met.objects;
        line.first_event = earliest(line.first_event.take(), met.first_event);
        line.last_event = met.last_event;
        line.summary = met.summary;
    }
}

fn earliest(a: Option<Evidence>, b: Option<Evidence>) -> Option<Evidence> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.time < a.time { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// An incident line inside a binary snapshot: its JSON, which keeps absent fields absent.
mod as_json {
    use crate::core::incident::Incident;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

    pub fn serialize<S: Serializer>(line: &Incident, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::to_string(line).map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Incident, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text).map_err(|_| de::Error::custom("expected an incident line"))
    }
}
