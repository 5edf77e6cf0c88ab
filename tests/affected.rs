//! `leakwatch affected`: who must be told, over files and over the topics of a service on a real Kafka.

mod common;

use common::kafka::{Kafka, eventually, produce, read_all};
use common::process::leakwatch;
use common::service::{create_topics, start};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const TEST: &str = "affected";
const WITHIN: Duration = Duration::from_mins(1);

fn affected(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    command.arg("affected").args(args).current_dir(directory).output().expect("runs")
}

/// Rows by customer, and what standard error said.
fn told(output: &Output) -> (BTreeMap<String, csv::StringRecord>, String) {
    let coverage = String::from_utf8(output.stderr.clone()).expect("text");
    assert!(output.status.success(), "{coverage}");
    let mut rows = csv::Reader::from_reader(output.stdout.as_slice());
    let at = rows.headers().expect("a header").iter().position(|name| name == "customer_id").expect("a column");
    let rows = rows.records().map(|row| row.expect("a row")).map(|row| (row[at].to_owned(), row));
    (rows.collect(), coverage)
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("lines");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The id of the first incident of `rule` about one of `entities`.
fn incident_of(lines: &[Value], rule: &str, entity: &str) -> String {
    let found = lines.iter().find(|line| line["rule"] == rule && line["entity"]["id"] == entity);
    found.unwrap_or_else(|| panic!("no {rule} about {entity}"))["incident"].as_str().expect("text").to_owned()
}

/// Customers of an attack by what happened to them: (read, sent).
fn truth(directory: &Path, attack: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut rows = csv::Reader::from_path(directory.join("truth-customers.csv")).expect("the truth");
    let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.expect("a row")).collect();
    let of = |column: usize| {
        let there = rows.iter().filter(|row| &row[0] == attack && !row[column].is_empty());
        there.map(|row| row[1].to_owned()).collect()
    };
    (of(2), of(3))
}

const COMMON: [&str; 6] = ["--filters", "filters", "--key-file", "key", "--directory", "directory.ndjson"];

fn company(directory: &Path) -> Vec<Value> {
    let out = directory.to_str().expect("text");
    let attacks =
        ["bulk-dump,size=12000,actor=emp0007", "read-then-out,size=300,actor=emp0011", "copy-unknown,actor=emp0003"];
    let mut args =
        vec!["simulate", "--out", out, "--actors", "40", "--customers", "20000", "--days", "3", "--seed", "77"];
    for attack in attacks {
        args.extend(["--attack", attack]);
    }
    leakwatch(&args);
    let path = |name: &str| directory.join(name).to_str().expect("text").to_owned();
    leakwatch(&["filter", "keygen", &path("key")]);
    let canaries = path("canaries.csv");
    leakwatch(&[
        "filter",
        "build",
        "--key-file",
        &path("key"),
        "--out",
        &path("filters"),
        "--canaries",
        &canaries,
        &path("customers.csv"),
    ]);
    let mut replay = vec!["replay".to_owned(), "--incidents".into(), path("incidents.ndjson")];
    for pair in COMMON.chunks(2) {
        replay.extend([pair[0].to_owned(), path(pair[1])]);
    }
    replay.extend([path("db-queries.ndjson"), path("egress.ndjson")]);
    leakwatch(&replay.iter().map(String::as_str).collect::<Vec<_>>());
    lines(&directory.join("incidents.ndjson"))
}

#[test]
fn of_simulated_leaks_everybody_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let raised = company(dir.path());
    let ask = |id: &str, more: &[&str]| {
        let files = ["--customers", "customers.csv", "db-queries.ndjson", "egress.ndjson"];
        affected(dir.path(), &[&["--incident", id], more, &COMMON, &files].concat())
    };

    let (rows, _) = told(&ask(&incident_of(&raised, "bulk-read", "emp0007"), &[]));
    let (read, _) = truth(dir.path(), "bulk-dump");
    let missing: Vec<_> = read.iter().filter(|customer| !rows.contains_key(*customer)).collect();
    assert!(missing.is_empty(), "{} of {} are missing", missing.len(), read.len());

    let id = incident_of(&raised, "read-then-out", "emp0011");
    let (rows, coverage) = told(&ask(&id, &["--page", "page.html", "--format", "json"]));
    let (_, sent) = truth(dir.path(), "read-then-out");
    let left: BTreeSet<String> =
        rows.iter().filter(|(_, row)| &row[row.len() - 3] != "0").map(|(customer, _)| customer.clone()).collect();
    assert!(sent.is_subset(&left), "{} sent, {} named as sent", sent.len(), left.len());
    let coverage: Value = serde_json::from_str(&coverage).expect("JSON");
    assert_eq!(coverage["named"].as_u64(), Some(rows.len() as u64), "{coverage}");
    assert_eq!(coverage["treat_all_as_affected"], false, "{coverage}");
    assert_nobody_is_on_the_page(dir.path(), &rows);

    let (rows, coverage) = told(&ask(&incident_of(&raised, "unknown-rows", "emp0003"), &[]));
    assert!(rows.len() < 20_000, "a copy names nobody");
    assert!(coverage.contains("Treat all 20000 rows of the file as affected."), "{coverage}");
}

/// The page goes to a regulator: it counts people, and shows none.
fn assert_nobody_is_on_the_page(directory: &Path, rows: &BTreeMap<String, csv::StringRecord>) {
    let page = std::fs::read_to_string(directory.join("page.html")).expect("a page");
    assert!(page.contains("People concerned, by the customers' file"), "{page}");
    let shown = rows.values().flat_map(|row| row.iter().take(row.len() - 4)).filter(|value| value.len() > 5);
    let shown: Vec<&str> = shown.filter(|value| page.contains(value)).collect();
    assert_eq!(shown, Vec::<&str>::new());
}

#[test]
fn an_incident_that_the_input_does_not_raise_is_said() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("customers.csv"), "phone\n13800138000\n").expect("written");
    std::fs::write(dir.path().join("events.ndjson"), "").expect("written");
    let fixed = ["--customers", "customers.csv"];
    for (asked, status, expected) in [
        (&["--incident", "abc", "events.ndjson"][..], 1, "abc: no such incident"),
        (&["--incident", "abc"][..], 2, "kafka.brokers"),
        (&["--incident", "abc", "-"][..], 2, "expected files"),
        (&["events.ndjson"][..], 2, "--incident"),
    ] {
        let output = affected(dir.path(), &[&fixed[..], asked].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{asked:?}: {told}");
        assert!(told.contains(expected), "{asked:?}: {told}");
    }
}

const RULES: &str = r"version: 1
rules:
  - {id: bulk, count: customers_named, of: {type: query}, over: 1h, limit: {warn: 40}}
tests:
  - {name: silent, expect: []}
";

fn query(time: &str, from: u32, customers: u32, rows: u32) -> String {
    let phones: Vec<String> = (from..from + customers).map(|n| format!("\"1380013{n:04}\"")).collect();
    format!(
        r#"{{"type":"query","time":"{time}","actor":"emp0042","objects":["customers"],"rows":{rows},"identifiers":{{"phone":[{}]}}}}"#,
        phones.join(",")
    )
}

fn egress(time: &str) -> String {
    format!(
        r#"{{"type":"egress","time":"{time}","actor":"emp0042","channel":"http","destination":"x1.drop.example","bytes":1686,"identifiers":{{"phone":["13800130001","13800130002"]}}}}"#
    )
}

#[test]
fn of_the_topics_of_a_service_everybody_is_named() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    create_topics(&kafka, TEST, 3);
    std::fs::write(dir.path().join("rules.yaml"), RULES).expect("written");
    let customers: Vec<String> = (0..100).map(|n| format!("C{n},1380013{n:04}")).collect();
    let customers = format!("customer_id,phone\n{}\n", customers.join("\n"));
    std::fs::write(dir.path().join("customers.csv"), customers).expect("written");
    let process = start(&kafka, TEST, dir.path(), "rules.yaml", "");

    let now = jiff::Timestamp::now();
    let time = |seconds: i64| format!("{:.3}", now + jiff::SignedDuration::from_secs(seconds));
    let events = [query(&time(-30), 0, 40, 40), query(&time(-20), 30, 20, 22), egress(&time(-10))];
    produce(&kafka.config(), &format!("{TEST}.source"), events.map(|event| (0, event.into_bytes())));
    let told_of = || read_all(&kafka.config(), &format!("{TEST}.incidents"));
    eventually("the incident is told", WITHIN, || !told_of().is_empty());
    eventually("all of it is counted", WITHIN, || {
        process.metric("leakwatch_applied_records_total{kind=\"activity\"}") >= 3.0
    });
    let line: Value = serde_json::from_slice(&told_of()[0].value).expect("JSON");
    let id = line["incident"].as_str().expect("an id");
    let args = ["--config", "service.yaml", "--customers", "customers.csv", "--incident", id];
    let (rows, coverage) = told(&affected(dir.path(), &args));
    assert_eq!(rows.len(), 50, "{coverage}");
    let happened = |customer: &str| rows[customer].iter().skip(2).take(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(happened("C1"), ["1", "1"], "{coverage}");
    assert_eq!(happened("C35"), ["2", "0"], "{coverage}");
    assert!(coverage.contains("rows touched: 52; named: 50 of 100 in the file; not nameable: 2 (3.8 %)"), "{coverage}");
}
