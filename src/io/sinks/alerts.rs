//! Incidents as Alertmanager alerts: what is open, under which labels, and what has to be said next.
//!
//! Labels are an alert's identity, so a line that changes one ends the old alert and begins another. Pure: time comes
//! in, posts go out. Format: Alertmanager's API v2, `POST /api/v2/alerts`.

use super::ConsoleLinks;
use crate::core::incident::{Incident, IncidentId, Status};
use crate::core::time::{EventTime, Millis};
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything open is said again this often.
pub const RESEND_EVERY: Millis = Millis::from_mins(1);
/// Alertmanager drops an alert that is not said again within this: it covers a few lost rounds.
const VALID_FOR: Millis = Millis::from_mins(5);
/// An end is said again until this long after it.
const REPEAT_END_FOR: Millis = Millis::from_mins(15);
/// More open incidents than this are not kept firing; the topic has them all.
pub const MAX_OPEN: usize = 20_000;

/// The name of the alert that always fires.
const WATCHDOG: &str = "LeakwatchWatchdog";

/// One alert as Alertmanager takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Its identity.
    pub labels: BTreeMap<&'static str, String>,
    /// What people read; every value is text.
    pub annotations: BTreeMap<&'static str, String>,
    /// Since when.
    #[serde(rename = "startsAt", with = "crate::core::time::rfc3339")]
    pub starts_at: EventTime,
    /// Until when, unless said again.
    #[serde(rename = "endsAt", with = "crate::core::time::rfc3339")]
    pub ends_at: EventTime,
}

#[derive(Clone, Debug)]
struct Kept {
    revision: u32,
    labels: BTreeMap<&'static str, String>,
    annotations: BTreeMap<&'static str, String>,
    starts_at: EventTime,
    ended_at: Option<EventTime>,
}

/// What is open, and what has just ended.
#[derive(Debug, Default)]
pub struct Alerts {
    deployment: String,
    links: ConsoleLinks,
    open: BTreeMap<IncidentId, Kept>,
    ended: Vec<Kept>,
    news: bool,
}

impl Alerts {
    /// Nothing is open.
    pub fn new(deployment: &str, links: ConsoleLinks) -> Self {
        Self { deployment: deployment.to_owned(), links, ..Self::default() }
    }

    /// Takes one line. Lines of an earlier revision change nothing.
    pub fn take(&mut self, incident: &Incident, now: EventTime) {
        let known = self.open.get(&incident.incident);
        if known.is_some_and(|known| known.revision >= incident.revision) {
            return;
        }
        let labels = labels(&self.deployment, incident);
        let starts_at = known.map_or(incident.time, |known| known.starts_at);
        let old = self.open.remove(&incident.incident);
        // Its own time where it is past: what ended while nobody watched is not news.
        let happened = incident.time.min(now);
        if let Some(old) = old.filter(|old| old.labels != labels) {
            self.end(old, happened, now);
        }
        let annotations = annotations(incident, &self.links);
        let kept = Kept { revision: incident.revision, labels, annotations, starts_at, ended_at: None };
        match incident.status {
            Status::Resolved => self.end(kept, happened, now),
            Status::Opened | Status::Escalated | Status::Updated => {
                if self.open.len() < MAX_OPEN {
                    self.open.insert(incident.incident.clone(), kept);
                }
            }
        }
        self.news = true;
    }

    fn end(&mut self, mut kept: Kept, ended: EventTime, now: EventTime) {
        if now.since(ended) <= REPEAT_END_FOR {
            kept.ended_at = Some(ended);
            self.ended.push(kept);
        }
    }

    /// Whether something has to be said before the next round.
    pub fn has_news(&self) -> bool {
        self.news
    }

    /// Everything that has to be said at `now`.
    pub fn round(&mut self, now: EventTime) -> Vec<Alert> {
        self.ended.retain(|kept| kept.ended_at.is_some_and(|ended| now.since(ended) <= REPEAT_END_FOR));
        let ends = self.ended.iter().map(|kept| kept.alert(now));
        ends.chain(self.open.values().map(|kept| kept.alert(now))).collect()
    }

    /// The alert that always fires, so that its absence tells of a broken way to whoever is on call: for a receiver that
    /// raises the alarm when it stops coming.
    pub fn watchdog(&self, since: EventTime, now: EventTime) -> Alert {
        let text = "Always firing: while it comes, alerts of this deployment arrive. Where it stops, they may not.";
        Alert {
            labels: BTreeMap::from([
                ("alertname", WATCHDOG.to_owned()),
                ("deployment", self.deployment.clone()),
                ("severity", "none".to_owned()),
            ]),
            annotations: BTreeMap::from([("summary", text.to_owned())]),
            starts_at: since,
            ends_at: now.plus(VALID_FOR),
        }
    }

    /// What was to be said has been said.
    pub fn said(&mut self) {
        self.news = false;
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.open.len()
    }
}

impl Kept {
    fn alert(&self, now: EventTime) -> Alert {
        Alert {
            labels: self.labels.clone(),
            annotations: self.annotations.clone(),
            starts_at: self.starts_at,
            ends_at: self.ended_at.unwrap_or_else(|| now.plus(VALID_FOR)).max(self.starts_at),
        }
    }
}

fn labels(deployment: &str, incident: &Incident) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("alertname", "LeakwatchIncident".to_owned()),
        ("deployment", deployment.to_owned()),
        ("rule", incident.rule.clone()),
        ("severity", incident.severity.name().to_owned()),
        ("case", incident.case.0.clone()),
        ("incident", incident.incident.0.clone()),
        ("entity_kind", incident.entity.kind.name().to_owned()),
        ("entity", incident.entity.id.clone()),
    ])
}

fn annotations(incident: &Incident, links: &ConsoleLinks) -> BTreeMap<&'static str, String> {
    let mut all = BTreeMap::from([
        ("summary", incident.summary.clone()),
        ("description", incident.title.clone()),
        ("runbook_url", incident.runbook.clone()),
        ("verdict_url", links.verdict(incident).unwrap_or_default()),
        ("observed", incident.observed.to_string()),
        ("threshold", incident.threshold.to_string()),
        ("window", incident.window.name().to_owned()),
        ("customers_read", incident.customers.read.to_string()),
        ("customers_egressed", incident.customers.egressed.to_string()),
        ("customers_overlap", incident.customers.overlap.to_string()),
        ("actors", incident.actors.join(", ")),
        ("revision", incident.revision.to_string()),
    ]);
    all.retain(|_, value| !value.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::incident::{Customers, Entity, EntityKind, Measure, SCHEMA_VERSION, Severity, Window};

    fn line(revision: u32, status: Status, severity: Severity, minutes: i64) -> Incident {
        Incident {
            schema: SCHEMA_VERSION,
            incident: IncidentId("00aa".into()),
            revision,
            status,
            case: IncidentId("00aa".into()),
            rule: "bulk-read".into(),
            title: "One account read unusually many customers".into(),
            severity,
            shadow: false,
            entity: Entity { kind: EntityKind::Actor, id: "emp0042".into() },
            actors: vec!["emp0042".into()],
            actors_total: 1,
            time: at(minutes),
            measure: Measure::Customers,
            window: Window::Hour,
            observed: 500.0,
            threshold: 500.0,
            baseline: None,
            customers: Customers { read: 500, ..Customers::default() },
            destinations: Vec::new(),
            objects: Vec::new(),
            first_event: None,
            last_event: None,
            summary: "emp0042 read 500 customers in 1 h".into(),
            runbook: "docs/runbooks/bulk-read.md".into(),
        }
    }

    fn at(minutes: i64) -> EventTime {
        EventTime::parse_rfc3339("2012-05-01T10:00:00Z").expect("a time").plus(Millis::from_mins(minutes))
    }

    #[test]
    fn an_alert_is_labels_text_and_a_span() {
        let console = "https://leakwatch.corp.example".parse().expect("a URL");
        let mut alerts = Alerts::new("shop", ConsoleLinks::new(Some(console)));
        alerts.take(&line(1, Status::Opened, Severity::Warning, 0), at(1));
        insta::assert_json_snapshot!(alerts.round(at(1)));
    }

    #[test]
    fn without_a_console_that_is_known_there_is_no_link() {
        let mut alerts = Alerts::new("shop", ConsoleLinks::default());
        alerts.take(&line(1, Status::Opened, Severity::Warning, 0), at(1));
        assert!(alerts.round(at(1)).iter().all(|alert| !alert.annotations.contains_key("verdict_url")));
    }

    #[test]
    fn the_watchdog_fires_and_is_of_no_case() {
        let dog = Alerts::new("shop", ConsoleLinks::default()).watchdog(at(0), at(9));
        assert_eq!((dog.labels["alertname"].as_str(), dog.labels.get("case")), ("LeakwatchWatchdog", None));
        assert_eq!((dog.starts_at, dog.ends_at), (at(0), at(14)));
    }

    #[test]
    fn an_escalation_ends_the_old_labels_and_a_resolution_the_new() {
        let mut alerts = Alerts::new("shop", ConsoleLinks::default());
        alerts.take(&line(1, Status::Opened, Severity::Warning, 0), at(1));
        alerts.take(&line(2, Status::Escalated, Severity::Page, 2), at(2));
        alerts.take(&line(1, Status::Opened, Severity::Warning, 0), at(2));
        let said = |alerts: &mut Alerts, now| -> Vec<_> {
            alerts.round(now).iter().map(|a| (a.labels["severity"].clone(), a.ends_at)).collect()
        };
        assert_eq!(said(&mut alerts, at(2)), [("warning".to_owned(), at(2)), ("page".to_owned(), at(7))]);
        alerts.take(&line(3, Status::Resolved, Severity::Page, 10), at(11));
        assert_eq!(said(&mut alerts, at(11)), [("warning".to_owned(), at(2)), ("page".to_owned(), at(10))]);
        assert!(alerts.round(at(26)).is_empty(), "an end is not repeated for ever");
        assert_eq!(alerts.open(), 0);
    }
}
