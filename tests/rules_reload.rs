//! Rule files that change under a running service, on a real Kafka.

mod common;

use common::kafka::{Kafka, eventually, produce, read_all};
use common::process::{Process, get};
use common::service;
use leakwatch::core::activity::{BatchReader, Control, Record};
use leakwatch::core::incident::Incident;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

const TEST: &str = "rules_reload";
const PARTITIONS: i32 = 3;
const WITHIN: Duration = Duration::from_mins(1);

fn rules(limit: u32) -> String {
    format!(
        "version: 1\nrules:\n  - id: many-queries\n    title: Many queries\n    count: events\n    of: {{type: query}}\n    \
         by: actor\n    over: 1h\n    limit: {{warn: {limit}}}\n    hold: 1h\n"
    )
}

/// Puts a file in its place whole, as whoever mounts it does.
fn put(directory: &Path, text: &str) {
    fs::write(directory.join("rules.new"), text).expect("written");
    fs::rename(directory.join("rules.new"), directory.join("rules.yaml")).expect("in its place");
}

/// The partitions in whose log rules with a limit stand, once for each time.
fn published(kafka: &Kafka, limit: u32) -> Vec<i32> {
    let told = |line: &common::kafka::Line| {
        let records = BatchReader::new(&line.value).expect("a batch");
        let sets = records.filter(|record| match record.as_ref().expect("a record") {
            Record::Control(Control::Rules { yaml, .. }) => yaml[0].contains(&format!("{{warn: {limit}}}")),
            _ => false,
        });
        vec![line.partition; sets.count()]
    };
    read_all(&kafka.config(), &format!("{TEST}.activity")).iter().flat_map(told).collect()
}

fn queries(kafka: &Kafka, actor: &str, count: usize) {
    let line = |number: usize| {
        let event = json!({"type": "query", "id": format!("{actor}-{number}"), "actor": actor, "rows": 1,
            "time": jiff::Timestamp::now().to_string()});
        (0, event.to_string().into_bytes())
    };
    produce(&kafka.config(), &format!("{TEST}.source"), (0..count).map(line));
}

fn incidents(kafka: &Kafka) -> Vec<(String, f64)> {
    let lines = read_all(&kafka.config(), &format!("{TEST}.incidents"));
    let incidents = lines.iter().map(|line| serde_json::from_slice::<Incident>(&line.value).expect("an incident"));
    incidents.map(|line| (line.entity.id, line.threshold)).collect()
}

/// What the console's page about rules is made from.
fn shown(process: &Process) -> String {
    let log = process.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut consoles = lines.filter(|line| line["fields"]["message"] == "console" || line["message"] == "console");
    let line = consoles.next().expect("the console's address").to_string();
    let at = line.find("127.0.0.1:").expect("an address") + "127.0.0.1:".len();
    let port: String = line[at..].chars().take_while(char::is_ascii_digit).collect();
    get(port.parse().expect("a port"), "/api/v1/rules").expect("an answer").1
}

#[test]
fn a_lowered_limit_is_in_force_without_a_restart_and_a_broken_file_changes_nothing() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    put(dir.path(), &rules(500));
    service::create_topics(&kafka, TEST, PARTITIONS);
    let process = service::start(&kafka, TEST, dir.path(), "rules.yaml", "");
    queries(&kafka, "ann", 15);
    eventually("they are counted", WITHIN, || {
        process.metric("leakwatch_applied_records_total{kind=\"activity\"}") >= 15.0
    });
    assert_eq!(incidents(&kafka), [], "15 are not 500");
    // Into an empty log ingest and the owner of partition 0 may both write what they began with.
    let begun = published(&kafka, 500).len();

    put(dir.path(), &rules(12));
    eventually("the new rules are in every partition", WITHIN, || published(&kafka, 12) == [0, 1, 2]);
    queries(&kafka, "bea", 12);
    eventually("there is an incident under the new limit", WITHIN, || incidents(&kafka) == [("bea".to_owned(), 12.0)]);
    assert!(shown(&process).contains("\"warning\":12"), "{}", shown(&process));

    put(dir.path(), &rules(3).replace("over: 1h", "over: 2h"));
    eventually("they are refused", WITHIN, || process.metric("leakwatch_rules_files_refused") > 0.0);
    assert!(process.metric("leakwatch_rules_reload_failures_total") > 0.0);
    let log = process.log();
    assert!(log.contains("rules.yaml:3: ") && log.contains("(over): expected"), "file, line and field: {log}");
    queries(&kafka, "cid", 12);
    let expected = ["bea", "cid"].map(|actor| (actor.to_owned(), 12.0));
    eventually("the old limit is in force", WITHIN, || incidents(&kafka) == expected);
    assert!(published(&kafka, 3).is_empty(), "what is wrong is not published");

    put(dir.path(), &rules(500));
    eventually("the first rules are back", WITHIN, || published(&kafka, 500).len() == begun + 3);
    assert!(process.metric("leakwatch_rules_files_refused") < 1.0);
    assert_eq!(published(&kafka, 12), [0, 1, 2], "a version is published once");
}
