//! `leakwatch backtest`: exactly what replay and the service would have done, over files and over the activity log.

mod common;

use common::kafka::{Kafka, eventually, produce};
use common::process::leakwatch;
use common::service::{create_topics, start};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const TEST: &str = "backtest";
const WITHIN: Duration = Duration::from_mins(1);

fn run(directory: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leakwatch")).args(args).current_dir(directory).output().expect("runs")
}

fn standard_output(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn report(directory: &Path, args: &[&str]) -> Value {
    let output = run(directory, &[&["backtest", "--format", "json"], args].concat());
    serde_json::from_str(&standard_output(&output)).expect("JSON")
}

/// The shipped rules, tightened, loosened and with one fewer.
fn changed_rules() -> String {
    let shipped = include_str!("../rules/leakwatch.yaml");
    let (before, after) = (
        shipped.find("  - id: canary-touched").expect("a rule"),
        shipped.find("  - id: leaver-active").expect("a rule"),
    );
    let without = format!("{}{}", &shipped[..before], &shipped[after..]);
    let at = without.find("  - name: a decoy pages at once").expect("a test");
    let end = at + without[at + 4..].find("  - name:").expect("another") + 4;
    let without = format!("{}{}", &without[..at], &without[end..]);
    let changed = without
        .replace("limit: {warn: 6000, page: 9000}", "limit: {warn: 1000, page: 2000}")
        .replace("over: 7d\n    limit: {warn: 32, page: 48}", "over: 7d\n    limit: {warn: 320, page: 480}");
    assert_ne!(changed, without, "the rules this test changes are there");
    changed
}

fn company(directory: &Path) {
    let out = directory.to_str().expect("text");
    let attacks = [
        "bulk-dump,size=12000,actor=emp0007",
        "read-then-out,size=300,actor=emp0011",
        "canary,actor=emp0003",
        "collusion",
    ];
    let mut args =
        vec!["simulate", "--out", out, "--actors", "60", "--customers", "20000", "--days", "3", "--seed", "5"];
    for attack in attacks {
        args.extend(["--attack", attack]);
    }
    leakwatch(&args);
    let path = |name: &str| directory.join(name).to_str().expect("text").to_owned();
    leakwatch(&["filter", "keygen", &path("key")]);
    leakwatch(&[
        "filter",
        "build",
        "--key-file",
        &path("key"),
        "--out",
        &path("filters"),
        "--canaries",
        &path("canaries.csv"),
        &path("customers.csv"),
    ]);
    std::fs::write(directory.join("new.yaml"), changed_rules()).expect("written");
}

const COMMON: [&str; 8] =
    ["--filters", "filters", "--key-file", "key", "--directory", "directory.ndjson", "--rules", "new.yaml"];
const FILES: [&str; 2] = ["db-queries.ndjson", "egress.ndjson"];

fn changes<'a>(report: &'a Value, change: &str) -> Vec<(&'a str, &'a str)> {
    let lines = report["changes"].as_array().expect("changes").iter().filter(|line| line["change"] == change);
    lines
        .map(|line| {
            let one = if line["new"].is_null() { &line["old"] } else { &line["new"] };
            (line["rule"].as_str().expect("a rule"), one["entity"]["id"].as_str().expect("an entity"))
        })
        .collect()
}

#[test]
fn it_raises_what_replay_raises_to_the_byte() {
    let dir = tempfile::tempdir().expect("a directory");
    company(dir.path());
    let told = report(dir.path(), &[&["--incidents", "judged.ndjson"], &COMMON[..], &FILES].concat());
    standard_output(&run(dir.path(), &[&["replay", "--incidents", "replayed.ndjson"], &COMMON[..], &FILES].concat()));
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).expect("lines");
    assert!(!read("judged.ndjson").is_empty());
    assert_eq!(read("judged.ndjson"), read("replayed.ndjson"));

    let differ: Vec<&str> =
        told["rules_differ"].as_array().expect("ids").iter().map(|id| id.as_str().expect("text")).collect();
    assert_eq!(differ, ["bulk-read", "canary-touched", "read-then-out"]);
    assert!(changes(&told, "earlier").contains(&("bulk-read", "emp0007")), "{told}");
    assert!(changes(&told, "lost").contains(&("canary-touched", "emp0003")), "{told}");
    assert!(changes(&told, "lost").contains(&("read-then-out", "emp0011")), "{told}");
    assert!(changes(&told, "same").is_empty(), "{told}");

    let only = report(dir.path(), &[&["--changed-only"], &COMMON[..], &FILES].concat());
    let of_changed = |report: &Value| -> Vec<Value> {
        let lines = report["changes"].as_array().expect("changes").iter();
        lines.filter(|line| line["rule"] != "read-then-leave").cloned().collect()
    };
    assert_eq!(of_changed(&only), of_changed(&told));
}

#[test]
fn rules_that_count_the_same_are_judged_in_one_pass_with_the_same_answer() {
    let dir = tempfile::tempdir().expect("a directory");
    company(dir.path());
    let shipped = include_str!("../rules/leakwatch.yaml");
    let changed = shipped
        .replace("limit: {warn: 6000, page: 9000}", "limit: {warn: 600, page: 900}")
        .replace("limit: {warn: 150, page: 250}", "limit: {warn: 60, page: 100}")
        .replace("limit: {warn: 600, page: 2000}", "limit: {warn: 20, page: 60}");
    std::fs::write(dir.path().join("new.yaml"), changed).expect("written");
    // Lines are told of each set alone: that takes a pass for each.
    let one_by_one = report(dir.path(), &[&["--incidents", "judged.ndjson"], &COMMON[..], &FILES].concat());
    let at_once = report(dir.path(), &[&COMMON[..], &FILES].concat());
    assert_eq!(at_once, one_by_one);
    assert!(!at_once["changes"].as_array().expect("changes").is_empty(), "{at_once}");
}

#[test]
fn text_tells_what_changes_by_rule_role_and_week() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("old.yaml"), RULES).expect("written");
    let new = RULES.replace("warn: 40", "warn: 20").replace("warn: 2}", "warn: 3}");
    std::fs::write(dir.path().join("new.yaml"), new).expect("written");
    let events = [
        query("2012-05-07T10:00:00Z", "emp0042", 0, 25),
        query("2012-05-07T10:20:00Z", "emp0042", 25, 25),
        query("2012-05-08T10:20:00Z", "emp0043", 25, 25),
        egress("2012-05-08T11:00:00Z"),
    ];
    std::fs::write(dir.path().join("events.ndjson"), events.join("\n")).expect("written");
    let output = run(dir.path(), &["backtest", "--rules", "new.yaml", "--baseline", "old.yaml", "events.ndjson"]);
    insta::assert_snapshot!("text", standard_output(&output));
}

#[test]
fn without_rules_or_a_history_it_says_what_it_expects() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("new.yaml"), RULES).expect("written");
    for (args, expected) in [
        (&["backtest", "events.ndjson"][..], "expected --rules"),
        (&["backtest", "--rules", "new.yaml"], "kafka.brokers"),
        (&["backtest", "--rules", "new.yaml", "--from", "2012-05-07T10:00:00Z", "events.ndjson"], "--from"),
    ] {
        let output = run(dir.path(), args);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
    }
}

const RULES: &str = r"version: 1
rules:
  - {id: bulk, count: customers_named, of: {type: query}, over: 1h, limit: {warn: 40}}
  - {id: outside, count: overlap, of: {type: egress}, by: domain, read_before: 24h, over: 7d, limit: {warn: 2}}
  - {id: tried-out, mode: shadow, count: bytes, over: 5m, limit: {info: 1000}}
tests:
  - {name: silent, expect: []}
";

fn query(time: &str, actor: &str, from: u32, customers: u32) -> String {
    let phones: Vec<String> = (from..from + customers).map(|n| format!("\"1380013{n:04}\"")).collect();
    format!(
        r#"{{"type":"query","time":"{time}","actor":"{actor}","objects":["customers"],"rows":{customers},"identifiers":{{"phone":[{}]}}}}"#,
        phones.join(",")
    )
}

fn egress(time: &str) -> String {
    format!(
        r#"{{"type":"egress","time":"{time}","actor":"emp0043","channel":"http","destination":"x1.drop.example","bytes":1686,"identifiers":{{"phone":["13800130026","13800130027"]}}}}"#
    )
}

#[test]
fn the_activity_log_says_what_the_files_say() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    create_topics(&kafka, TEST, 5);
    std::fs::write(dir.path().join("old.yaml"), RULES).expect("written");
    std::fs::write(dir.path().join("new.yaml"), RULES.replace("warn: 40", "warn: 20").replace("warn: 2}", "warn: 3}"))
        .expect("written");
    let process = start(&kafka, TEST, dir.path(), "old.yaml", "");

    let now = jiff::Timestamp::now();
    let time = |seconds: i64| format!("{:.3}", now + jiff::SignedDuration::from_secs(seconds));
    let events = [
        query(&time(-40), "emp0042", 0, 25),
        query(&time(-30), "emp0042", 25, 25),
        query(&time(-20), "emp0043", 25, 25),
        egress(&time(-10)),
    ];
    std::fs::write(dir.path().join("events.ndjson"), events.join("\n")).expect("written");
    produce(&kafka.config(), &format!("{TEST}.source"), events.map(|event| (0, event.into_bytes())));
    eventually("all of it is counted", WITHIN, || {
        let applied = |kind: &str| process.metric(&format!("leakwatch_applied_records_total{{kind=\"{kind}\"}}"));
        applied("activity") >= 4.0 && applied("pool") >= 1.0
    });
    let files = report(dir.path(), &["--rules", "new.yaml", "--baseline", "old.yaml", "events.ndjson"]);
    let log = report(dir.path(), &["--rules", "new.yaml", "--config", "service.yaml"]);
    assert_eq!(changes(&files, "earlier"), [("bulk", "emp0042")], "{files}");
    assert_eq!(changes(&files, "lost"), [("outside", "drop.example")], "{files}");
    for part in ["events", "total", "by_rule", "by_role", "changes"] {
        assert_eq!(log[part], files[part], "{part}");
    }
    let later = report(dir.path(), &["--rules", "new.yaml", "--config", "service.yaml", "--from", &time(60)]);
    assert_eq!(later["changes"], serde_json::json!([]), "what was before --from is not told");
}
