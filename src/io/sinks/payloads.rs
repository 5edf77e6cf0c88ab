//! An incident line in the shapes that other products take.

use super::{ConsoleLinks, IncidentLine};
use crate::core::incident::{Incident, Severity, Status};
use serde_json::{Value, json};
use std::borrow::Cow;

/// `PagerDuty` takes no longer summary, in characters.
const MAX_SUMMARY: usize = 1_024;
/// The version of OCSF that findings are written in (<https://schema.ocsf.io/1.3.0/classes/detection_finding>).
const OCSF_VERSION: &str = "1.3.0";
const OCSF_CATEGORY: u32 = 2;
const OCSF_CLASS: u32 = 2_004;

/// What a receiver takes.
#[derive(Clone, PartialEq, Eq)]
pub enum Shape {
    /// The line as it is.
    Line,
    /// A Slack incoming webhook's message.
    Slack {
        /// Where people judge what they are told of.
        links: ConsoleLinks,
    },
    /// An event of `PagerDuty`'s Events API v2.
    Pagerduty {
        /// The integration's key: a secret.
        routing_key: String,
        /// Where people judge what they are told of.
        links: ConsoleLinks,
    },
    /// An OCSF Detection Finding.
    Ocsf,
}

impl Shape {
    /// `line` in this shape, as JSON.
    pub fn body<'a>(&self, line: IncidentLine<'a>) -> Cow<'a, [u8]> {
        let value = match self {
            Self::Line => return Cow::Borrowed(line.json),
            Self::Slack { links } => slack(line.incident, links),
            Self::Pagerduty { routing_key, links } => pagerduty(line.incident, routing_key, links),
            Self::Ocsf => ocsf(line.incident),
        };
        Cow::Owned(value.to_string().into_bytes())
    }
}

/// What a link to the case's verdict is called.
const JUDGE: &str = "What was it?";

/// Block Kit, with the text of a notification (Slack, "Sending messages using incoming webhooks").
fn slack(incident: &Incident, links: &ConsoleLinks) -> Value {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let state = match incident.status {
        Status::Resolved => "over",
        Status::Opened | Status::Escalated | Status::Updated => incident.severity.name(),
    };
    let (title, summary) = (escaped(&incident.title), escaped(&incident.summary));
    let text = format!("[{state}] {title}: {summary}");
    let details = format!("rule {} · case {} · runbook {}", incident.rule, incident.case, incident.runbook);
    let mut elements = vec![json!({"type": "mrkdwn", "text": escaped(&details)})];
    elements.extend(links.verdict(incident).map(|url| json!({"type": "mrkdwn", "text": format!("<{url}|{JUDGE}>")})));
    json!({
        "text": text,
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": format!("*[{state}] {title}*\n{summary}")}},
            {"type": "context", "elements": elements},
        ],
    })
}

/// One alert an incident: `dedup_key` joins its lines, `group` those of a case (`PagerDuty`, "Events API v2").
fn pagerduty(incident: &Incident, routing_key: &str, links: &ConsoleLinks) -> Value {
    let action = match incident.status {
        Status::Resolved => "resolve",
        Status::Opened | Status::Escalated | Status::Updated => "trigger",
    };
    let severity = match incident.severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Page => "critical",
    };
    let summary: String = incident.summary.chars().take(MAX_SUMMARY).collect();
    json!({
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": incident.incident,
        "client": "Leakwatch",
        "links": links.verdict(incident).map(|href| json!({"href": href, "text": JUDGE})).into_iter().collect::<Vec<_>>(),
        "payload": {
            "summary": summary,
            "source": format!("{} {}", incident.entity.kind.name(), incident.entity.id),
            "severity": severity,
            "timestamp": incident.time.to_string(),
            "component": incident.rule,
            "group": incident.case,
            "class": incident.measure,
            "custom_details": {
                "title": incident.title,
                "observed": incident.observed,
                "threshold": incident.threshold,
                "window": incident.window,
                "customers": incident.customers,
                "actors": incident.actors,
                "runbook": incident.runbook,
            },
        },
    })
}

fn ocsf(incident: &Incident) -> Value {
    // Create, update, close; new, in progress, resolved.
    let (activity, status) = match incident.status {
        Status::Opened => (1, 1),
        Status::Escalated | Status::Updated => (2, 2),
        Status::Resolved => (3, 4),
    };
    let severity = match incident.severity {
        Severity::Info => 1,
        Severity::Warning => 3,
        Severity::Page => 5,
    };
    let mut finding = json!({
        "activity_id": activity,
        "category_uid": OCSF_CATEGORY,
        "class_uid": OCSF_CLASS,
        "type_uid": OCSF_CLASS * 100 + activity,
        "severity_id": severity,
        "status_id": status,
        "time": incident.time.as_millis(),
        "message": incident.summary,
        "metadata": {
            "version": OCSF_VERSION,
            "uid": format!("{}-{}", incident.incident, incident.revision),
            "correlation_uid": incident.case,
            "product": {"name": "Leakwatch", "vendor_name": "Leakwatch", "version": env!("CARGO_PKG_VERSION")},
        },
        "finding_info": {
            "uid": incident.incident,
            "title": incident.title,
            "desc": incident.summary,
            "types": [incident.rule],
        },
        // What the class has no place for, as the schema has it.
        "unmapped": incident,
    });
    // A time that is not known is left out: the class takes no null.
    for (key, evidence) in [("first_seen_time", &incident.first_event), ("last_seen_time", &incident.last_event)] {
        if let Some(evidence) = evidence {
            finding["finding_info"][key] = evidence.time.as_millis().into();
        }
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::EventTime;

    fn bodies(shape: &Shape) -> Vec<Value> {
        let opened = Incident::test(EventTime::MIN, "shop <&>");
        let lines = [opened.clone(), opened.resolved()];
        let of = |line: &Incident| {
            let json = serde_json::to_vec(line).expect("JSON");
            let body = shape.body(IncidentLine { incident: line, json: &json }).into_owned();
            serde_json::from_slice(&body).expect("JSON")
        };
        lines.iter().map(of).collect()
    }

    fn links() -> ConsoleLinks {
        ConsoleLinks::new(Some("https://leakwatch.corp.example/".parse().expect("a URL")))
    }

    fn case() -> String {
        Incident::test(EventTime::MIN, "shop <&>").case.0
    }

    #[test]
    fn slack_is_told_in_its_own_marks() {
        let told = bodies(&Shape::Slack { links: links() });
        let text = told[0]["text"].as_str().expect("text");
        assert!(
            text.starts_with("[page] A test of this sink: TEST: ") && text.contains("shop &lt;&amp;&gt;"),
            "{text}"
        );
        assert!(told[1]["text"].as_str().expect("text").starts_with("[over] "), "{told:?}");
        let link = told[0]["blocks"][1]["elements"][1]["text"].as_str().expect("a link");
        assert_eq!(link, format!("<https://leakwatch.corp.example/cases/{}/verdict|What was it?>", case()));
        let without = bodies(&Shape::Slack { links: ConsoleLinks::default() });
        assert_eq!(without[0]["blocks"][1]["elements"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn pagerduty_triggers_and_resolves_one_alert() {
        let told = bodies(&Shape::Pagerduty { routing_key: "key".into(), links: links() });
        assert_eq!(told[0]["dedup_key"], told[1]["dedup_key"]);
        let actions: Vec<_> = told.iter().map(|one| one["event_action"].as_str()).collect();
        assert_eq!(actions, [Some("trigger"), Some("resolve")]);
        for required in ["summary", "source", "severity"] {
            assert!(told[0]["payload"][required].is_string(), "{required}");
        }
        let href = format!("https://leakwatch.corp.example/cases/{}/verdict", case());
        assert_eq!(told[0]["links"], json!([{"href": href, "text": "What was it?"}]));
        let without = bodies(&Shape::Pagerduty { routing_key: "key".into(), links: ConsoleLinks::default() });
        assert_eq!(without[0]["links"], json!([]));
    }

    #[test]
    fn a_finding_has_what_its_class_requires() {
        for (told, activity) in bodies(&Shape::Ocsf).iter().zip([1, 3]) {
            assert_eq!((told["class_uid"].as_u64(), told["category_uid"].as_u64()), (Some(2_004), Some(2)));
            assert_eq!(told["type_uid"].as_u64(), Some(200_400 + activity));
            for required in ["activity_id", "severity_id", "time"] {
                assert!(told[required].is_number(), "{required}");
            }
            assert!(told["finding_info"]["uid"].is_string() && told["finding_info"]["title"].is_string());
            assert!(told["metadata"]["version"].is_string() && told["metadata"]["product"]["name"].is_string());
        }
    }
}
