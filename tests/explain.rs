//! `leakwatch explain`: over files, and over the activity log of a service on a real Kafka.

mod common;

use common::kafka::{Kafka, eventually, produce};
use common::process::{Process, leakwatch};
use common::service::{create_topics, start};
use leakwatch::core::ingest::partition_of;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const TEST: &str = "explain";
const ACTIVITY_PARTITIONS: i32 = 5;
const WITHIN: Duration = Duration::from_mins(1);

/// For one account that reads eighty customers and sends two of them.
const RULES: &str = r#"version: 1
exceptions:
  - {rule: let-off, actor: emp0042, from: 2012-05-01, until: 2012-06-30, owner: crm, ticket: SEC-118, reason: a test}
rules:
  - {id: bulk, count: customers_named, of: {type: query}, over: 1h, limit: {warn: 40, page: 60}}
  - {id: roles, count: rows, of: {type: query}, over: 24h, limit: {warn: 1000}, limit_for: {role: {sales: {warn: 50}}}}
  - {id: let-off, count: events, over: 1h, limit: {info: 1}}
  - {id: tried-out, mode: shadow, count: bytes, over: 5m, limit: {info: 1000}}
  - {id: pooled, count: customers_named, by: team, over: 24h, actors: {at_least: 2}, limit: {warn: 20}}
  - {id: outside, count: overlap, of: {type: egress}, by: domain, read_before: 24h, over: 7d, limit: {warn: 2}}
  - {id: elsewhere, count: events, over: 1h, limit_for: {role: {analyst: {warn: 1}}}}
tests:
  - name: pages
    events: [{at: "10:00", event: {type: query, actor: e1, customers: 60}}]
    expect: [{rule: bulk, severity: page}, {rule: let-off}]
  - {name: silent, expect: []}
"#;

const DIRECTORY: &str =
    r#"{"actor":"emp0042","aliases":["CORP\\u0042"],"role":"sales","team":"sales-2","kind":"human"}"#;

fn query(time: &str, from: u32, customers: u32) -> String {
    let phones: Vec<String> = (from..from + customers).map(|n| format!("\"1380013{n:04}\"")).collect();
    let phones = phones.join(",");
    format!(
        r#"{{"type":"query","time":"{time}","actor":"CORP\\u0042","objects":["customers"],"rows":{customers},"identifiers":{{"phone":[{phones}]}}}}"#
    )
}

fn egress(time: &str) -> String {
    format!(
        r#"{{"type":"egress","time":"{time}","actor":"emp0042","channel":"http","destination":"x1.drop.example","bytes":1686,"identifiers":{{"phone":["13800130001","13800130002"]}}}}"#
    )
}

fn explain(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    command.arg("explain").args(args).current_dir(directory).output().expect("runs")
}

fn standard_output(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The explanation of the actor itself under `rule`.
fn of_rule<'a>(report: &'a Value, rule: &str) -> &'a Value {
    let rules = report["rules"].as_array().expect("rules");
    rules.iter().find(|one| one["rule"] == rule && one["entity"]["kind"] == "actor").expect("the rule")
}

#[test]
fn text_tells_of_each_rule_why_it_fired_or_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let events = [
        query("2012-05-07T10:00:00Z", 0, 40),
        query("2012-05-07T10:20:00Z", 40, 40),
        egress("2012-05-07T10:30:00Z"),
        query("2012-05-07T10:50:00Z", 1_000, 500),
    ];
    std::fs::write(dir.path().join("events.ndjson"), events.join("\n")).expect("written");
    std::fs::write(dir.path().join("rules.yaml"), RULES).expect("written");
    std::fs::write(dir.path().join("directory.ndjson"), DIRECTORY).expect("written");
    let fixed = ["--rules", "rules.yaml", "--directory", "directory.ndjson", "events.ndjson"];
    let args = [&["--actor", r"corp\U0042", "--at", "2012-05-07T10:30:00Z"], &fixed[..]].concat();
    insta::assert_snapshot!("text", standard_output(&explain(dir.path(), &args)));
}

#[test]
fn the_attacker_of_a_simulated_company_is_explained() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data");
    let out = data.to_str().expect("text");
    let attack = "bulk-dump,size=12000,actor=emp0007";
    leakwatch(&[
        "simulate",
        "--out",
        out,
        "--actors",
        "40",
        "--customers",
        "20000",
        "--days",
        "2",
        "--seed",
        "7",
        "--attack",
        attack,
    ]);
    let truth: Value =
        serde_json::from_slice(&std::fs::read(data.join("truth.json")).expect("the truth")).expect("JSON");
    let end = truth["attacks"][0]["last_event"].as_str().expect("its end").to_owned();
    let fixed = ["--directory", "directory.ndjson", "--format", "json", "db-queries.ndjson", "egress.ndjson"];
    let output = explain(&data, &[&["--actor", "emp0007", "--at", &end], &fixed[..]].concat());
    let report: Value = serde_json::from_str(&standard_output(&output)).expect("JSON");
    let bulk = of_rule(&report, "bulk-read");
    assert_eq!(bulk["verdict"], serde_json::json!({"verdict": "fires", "severity": "page"}), "{bulk}");
    assert_eq!(bulk["limit_from"], "default", "{bulk}");
    assert!(bulk["observed"].as_f64() >= bulk["limits"]["page"].as_f64(), "{bulk}");

    let nobody = explain(&data, &[&["--actor", "nobody", "--at", &end], &fixed[..]].concat());
    let told = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert_eq!(nobody.status.code(), Some(1), "{told}");
    assert!(told.contains("expected a login that the files name"), "{told}");
}

#[test]
fn without_files_a_configuration_with_brokers_is_needed() {
    let dir = tempfile::tempdir().expect("a directory");
    let asked = ["--actor", "emp0042", "--at", "2012-05-07T10:30:00Z"];
    std::fs::write(dir.path().join("bare.yaml"), "version: 1\ndeployment: bare\n").expect("written");
    for (more, expected) in [(&[][..], "kafka.brokers"), (&["--config", "bare.yaml"][..], "kafka.brokers")] {
        let output = explain(dir.path(), &[&asked[..], more].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
    }
}

/// The service, running over its topics.
fn service(kafka: &Kafka, directory: &Path) -> Process {
    create_topics(kafka, TEST, ACTIVITY_PARTITIONS);
    std::fs::write(directory.join("rules.yaml"), RULES).expect("written");
    std::fs::write(directory.join("directory.ndjson"), DIRECTORY).expect("written");
    let more = format!("directory: {{file: {}/directory.ndjson}}\n", directory.display());
    start(kafka, TEST, directory, "rules.yaml", &more)
}

/// What the report says of the actor and of what is shared, but for the team: that is told at the close of five minutes.
fn but_team(report: &Value) -> Vec<Value> {
    let rules = report["rules"].as_array().expect("rules");
    rules.iter().filter(|one| one["entity"]["kind"] != "team").cloned().collect()
}

#[test]
fn the_activity_log_says_what_the_files_say() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let process = service(&kafka, dir.path());
    let now = jiff::Timestamp::now();
    let time = |seconds: i64| format!("{:.3}", now + jiff::SignedDuration::from_secs(seconds));
    let at = time(-10);
    let events = [query(&time(-30), 0, 40), query(&time(-20), 40, 40), egress(&at), query(&time(-5), 1_000, 500)];
    std::fs::write(dir.path().join("events.ndjson"), events.join("\n")).expect("written");
    let values = events.iter().map(|event| (0, event.clone().into_bytes()));
    produce(&kafka.config(), &format!("{TEST}.source"), values);
    eventually("all of it is counted", WITHIN, || {
        let applied = |kind: &str| process.metric(&format!("leakwatch_applied_records_total{{kind=\"{kind}\"}}"));
        applied("activity") >= 4.0 && applied("pool") >= 1.0
    });

    let asked = ["--actor", r"corp\U0042", "--at", &at, "--format", "json"];
    let report = |more: &[&str]| -> Value {
        serde_json::from_str(&standard_output(&explain(dir.path(), &[&asked, more].concat()))).expect("JSON")
    };
    let files = report(&["--rules", "rules.yaml", "--directory", "directory.ndjson", "events.ndjson"]);
    let log = report(&["--config", "service.yaml"]);
    let owners = ["emp0042", "domain:drop.example"].map(|name| partition_of(name, ACTIVITY_PARTITIONS.unsigned_abs()));
    assert_ne!(owners[0], owners[1], "what is shared comes from another partition");
    assert_eq!(but_team(&log), but_team(&files));
    assert_eq!(but_team(&log).len(), 6);
    assert_eq!(of_rule(&log, "bulk")["verdict"]["severity"], "page");
    assert_eq!(of_rule(&log, "bulk")["observed"], 80.0);
    let nobody = explain(dir.path(), &["--actor", "nobody", "--at", &at, "--config", "service.yaml"]);
    let told = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert_eq!(nobody.status.code(), Some(1), "{told}");
    assert!(told.contains("expected a login that the activity log names"), "{told}");
}
