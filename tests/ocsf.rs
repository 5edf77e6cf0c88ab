//! Findings against OCSF's published schema of their class, and through a real topic.

mod common;

use common::kafka::{Kafka, eventually, produce, read_all};
use common::process::leakwatch;
use common::service;
use jsonschema::Validator;
use leakwatch::core::incident::{Incident, Status};
use leakwatch::io::sinks::{IncidentLine, Shape};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const TEST: &str = "ocsf";
const WITHIN: Duration = Duration::from_mins(1);
const RULES: &str = r"version: 1
rules:
  - {id: busy, count: events, of: {type: query}, over: 1m, limit: {warn: 1}}
tests:
  - {name: silent, expect: []}
";

fn schema() -> Validator {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ocsf/detection_finding-1.3.0.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(file).expect("a file")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn check(schema: &Validator, finding: &Value) {
    let problems: Vec<String> =
        schema.iter_errors(finding).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

/// What a simulated company with leaks is told, every line.
fn incidents(directory: &Path) -> Vec<Incident> {
    let path = |name: &str| directory.join(name).to_str().expect("text").to_owned();
    let out = path("data");
    let mut args = vec!["simulate", "--out", &out, "--actors", "30", "--customers", "5000", "--days", "2"];
    for attack in ["bulk-dump", "read-then-out", "leaver"] {
        args.extend(["--attack", attack]);
    }
    leakwatch(&args);
    let (queries, egress) = (path("data/db-queries.ndjson"), path("data/egress.ndjson"));
    let told =
        leakwatch(&["replay", "--directory", &path("data/directory.ndjson"), "--incidents", "-", &queries, &egress]);
    told.lines().map(|line| serde_json::from_str(line).expect("an incident")).collect()
}

#[test]
fn every_line_of_a_leaking_company_is_a_finding() {
    let (schema, directory) = (schema(), tempfile::tempdir().expect("a directory"));
    let mut told = incidents(directory.path());
    told.extend(told.first().map(|first| first.clone().resolved()));
    let statuses: BTreeSet<String> = told.iter().map(|line| format!("{:?}", line.status)).collect();
    assert!(told.len() > 4 && statuses.len() >= 3, "{} lines: {statuses:?}", told.len());
    for incident in &told {
        let body = Shape::Ocsf.body(IncidentLine { incident, json: b"" }).into_owned();
        let finding: Value = serde_json::from_slice(&body).expect("JSON");
        check(&schema, &finding);
        let closed = incident.status == Status::Resolved;
        assert_eq!(finding["activity_id"] == 3, closed, "{finding}");
        assert_eq!(finding["type_uid"].as_u64(), finding["activity_id"].as_u64().map(|activity| 200_400 + activity));
    }
}

#[test]
fn what_is_no_finding_is_refused() {
    let schema = schema();
    let incident = common::stages::incident("emp0042", 100);
    let body = Shape::Ocsf.body(IncidentLine { incident: &incident, json: b"" }).into_owned();
    let finding: Value = serde_json::from_slice(&body).expect("JSON");
    check(&schema, &finding);
    for (change, to) in [
        ("/severity_id", json!(7)),
        ("/time", json!("2012-05-01T10:00:00Z")),
        ("/finding_info/uid", Value::Null),
        ("/metadata/product", json!("Leakwatch")),
    ] {
        let mut wrong = finding.clone();
        *wrong.pointer_mut(change).expect("a field") = to;
        assert!(!schema.is_valid(&wrong), "{change}");
    }
    let mut wrong = finding.clone();
    wrong["colour"] = json!("red");
    assert!(!schema.is_valid(&wrong), "a key that the class does not have");
}

#[test]
fn findings_go_to_a_topic_one_key_an_incident() {
    let Some(kafka) = Kafka::shared("findings_go_to_a_topic_one_key_an_incident") else { return };
    let (schema, config) = (schema(), kafka.config());
    let directory = tempfile::tempdir().expect("a directory");
    service::create_topics(&kafka, TEST, 2);
    kafka.create_topics(&[("findings", 3)], &[]);
    std::fs::write(directory.path().join("rules.yaml"), RULES).expect("written");
    let sinks = "sinks:\n  - {name: lake, kind: ocsf, topic: findings}\n";
    let process = service::start(&kafka, TEST, directory.path(), "rules.yaml", sinks);
    let events = (0..3).map(|n| {
        (0, format!(r#"{{"time":"2012-05-01T10:00:0{n}Z","type":"query","actor":"emp{n}","rows":1}}"#).into_bytes())
    });
    produce(&config, &format!("{TEST}.source"), events);
    eventually("all findings are there", WITHIN, || read_all(&config, "findings").len() >= 3);
    let delivered = process.metric("leakwatch_sink_lines_total{outcome=\"delivered\",sink=\"lake\"}");
    assert!((delivered - 3.0).abs() < 0.5, "{delivered} lines");

    let test = Command::new(env!("CARGO_BIN_EXE_leakwatch"))
        .args(["sinks", "test", "--config", "service.yaml"])
        .current_dir(directory.path())
        .output()
        .expect("runs");
    assert_eq!(String::from_utf8_lossy(&test.stdout), "lake: taken\n", "{}", String::from_utf8_lossy(&test.stderr));
    let findings = read_all(&config, "findings");
    assert_eq!(findings.len(), 5, "the trial is opened and resolved");
    for line in &findings {
        let finding: Value = serde_json::from_slice(&line.value).expect("JSON");
        check(&schema, &finding);
        assert_eq!(finding["finding_info"]["uid"].as_str().map(str::as_bytes), Some(line.key.as_slice()));
    }
}

#[test]
fn a_topic_that_is_missing_or_not_its_own_is_refused() {
    let Some(kafka) = Kafka::shared("a_topic_that_is_missing_or_not_its_own_is_refused") else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let config = kafka.config();
    let brokers = config.get("bootstrap.servers").expect("set");
    let said = |sink: &str| {
        let yaml =
            format!("version: 1\nkafka: {{brokers: [\"{brokers}\"]}}\nsinks:\n  - {{name: lake, kind: ocsf{sink}}}\n");
        std::fs::write(directory.path().join("sinks.yaml"), yaml).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
        let ran = command.args(["sinks", "test", "--config", "sinks.yaml"]).current_dir(directory.path()).output();
        let ran = ran.expect("runs");
        let told = [ran.stdout, ran.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        (ran.status.code(), told)
    };
    for (sink, status, words) in [
        (", topic: nowhere", 1, "lake: topic nowhere does not exist"),
        (", topic: leakwatch.incidents", 2, "sinks[0].topic: expected a topic of its own"),
        (", topic: findings, url: \"http://soc/x\"", 2, "sinks[0]: expected either `url` or `topic`"),
        ("", 2, "sinks[0]: expected either `url` or `topic`"),
        (", topic: findings, ca_file: /ca", 2, "sinks[0].ca_file: expected nothing"),
    ] {
        let (code, told) = said(sink);
        assert!(code == Some(status) && told.contains(words), "{sink}: {code:?}: {told}");
    }
}
