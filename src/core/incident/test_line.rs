//! A marked test incident: what shows that somebody would be told.

use super::{Customers, Entity, EntityKind, Incident, Measure, SCHEMA_VERSION, Severity, Status, Window, incident_id};
use crate::core::time::EventTime;

/// The rule that a test incident names: no rule file may have it, since nothing raises it.
const RULE: &str = "leakwatch-test";

impl Incident {
    /// A test incident of `deployment`, opened at `time`. It pages, so that no sink's least severity hides it.
    pub fn test(time: EventTime, deployment: &str) -> Self {
        let entity = Entity { kind: EntityKind::Source, id: deployment.to_owned() };
        let id = incident_id(RULE, &entity, time);
        Self {
            schema: SCHEMA_VERSION,
            incident: id.clone(),
            revision: 1,
            status: Status::Opened,
            case: id,
            rule: RULE.into(),
            title: "A test of this sink".into(),
            severity: Severity::Page,
            shadow: false,
            entity,
            actors: vec![],
            actors_total: 0,
            time,
            measure: Measure::Events,
            window: Window::Minute,
            observed: 1.0,
            threshold: 1.0,
            baseline: None,
            customers: Customers::default(),
            destinations: vec![],
            objects: vec![],
            first_event: None,
            last_event: None,
            summary: format!("TEST: somebody ran `leakwatch sinks test` for {deployment}. Nothing has happened."),
            runbook: "docs/runbooks/sink-failing.md".into(),
        }
    }

    /// The same, over at once.
    #[must_use]
    pub fn resolved(self) -> Self {
        Self { revision: self.revision + 1, status: Status::Resolved, ..self }
    }
}
