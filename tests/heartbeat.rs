//! The synthetic event through a whole service on a real Kafka: seen at every stage, and nobody's incident.

mod common;

use common::kafka::{Kafka, eventually, produce, read_all};
use common::process::Process;
use common::service;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const TEST: &str = "heartbeat";
const WITHIN: Duration = Duration::from_mins(1);
const PARTITIONS: i32 = 3;
const RULES: &str = r"version: 1
rules:
  - {id: busy, count: events, of: {type: query}, over: 1m, limit: {warn: 1}}
tests:
  - {name: silent, expect: []}
";
const EVENT: &[u8] = br#"{"id":"q-1","time":"2012-05-01T10:00:00Z","type":"query","actor":"emp0042","rows":1}"#;

/// Ages by `stage` and `part`, as they are shown.
fn age(process: &Process, stage: &str, part: &str) -> Option<f64> {
    let (_, body) = process.get("/metrics")?;
    let series = format!("leakwatch_heartbeat_age_seconds{{part=\"{part}\",stage=\"{stage}\"}} ");
    body.lines().find_map(|line| line.strip_prefix(&series)?.parse().ok())
}

/// It comes anew every second: younger than this, it came by since the question was last asked.
fn is_young(process: &Process, stage: &str, part: &str) -> bool {
    age(process, stage, part).is_some_and(|age| age < 3.0)
}

#[test]
fn it_comes_by_everywhere_until_something_hangs_and_is_no_incident() {
    let Some(kafka) = Kafka::shared("it_comes_by_everywhere_until_something_hangs_and_is_no_incident") else { return };
    let (config, directory) = (kafka.config(), tempfile::tempdir().expect("a directory"));
    service::create_topics(&kafka, TEST, PARTITIONS);
    std::fs::write(directory.path().join("rules.yaml"), RULES).expect("written");
    // What is written to /dev/full fails, so that its sink tries the same line for ever.
    let more = format!(
        "heartbeat: {{every: 1s}}\nsinks:\n  - {{name: disk, kind: file, path: {}/told.ndjson}}\n  \
         - {{name: full, kind: file, path: /dev/full}}\n",
        directory.path().display()
    );
    let process = service::start(&kafka, TEST, directory.path(), "rules.yaml", &more);
    let mut posts = vec![("ingest", String::new()), ("sinks", "disk".to_owned()), ("sinks", "full".to_owned())];
    posts.extend((0..PARTITIONS).map(|partition| ("detect", partition.to_string())));
    for (stage, part) in &posts {
        eventually(&format!("it comes by {stage} {part}"), WITHIN, || is_young(&process, stage, part));
    }

    let beats = read_all(&config, &format!("{TEST}.heartbeats"));
    let beats: Vec<Value> = beats.iter().map(|beat| serde_json::from_slice(&beat.value).expect("JSON")).collect();
    let ways: BTreeSet<_> = beats.iter().filter_map(|beat| beat["partition"].as_i64()).collect();
    assert_eq!(ways, (0..i64::from(PARTITIONS)).collect(), "a way through every partition");
    assert!(read_all(&config, &format!("{TEST}.incidents")).is_empty(), "nobody's incident");
    assert!((process.metric("leakwatch_activity_records_total") - 0.0).abs() < 0.5, "nobody's activity");

    for topic in ["source", "activity", "incidents"] {
        let series = format!("leakwatch_topic_retention_seconds{{topic=\"{TEST}.{topic}\"}}");
        eventually(&series, WITHIN, || (process.metric(&series) - 604_800.0).abs() < 0.5);
    }

    produce(&config, &format!("{TEST}.source"), [(0, EVENT.to_vec())]);
    eventually("the full disk holds its sink up", WITHIN, || age(&process, "sinks", "full") > Some(6.0));
    for (stage, part) in posts.iter().filter(|(_, part)| part != "full") {
        eventually(&format!("it still comes by {stage} {part}"), WITHIN, || is_young(&process, stage, part));
    }
}

#[test]
fn where_its_topic_is_missing_the_service_runs_and_says_so() {
    let test = "heartbeatless";
    let Some(kafka) = Kafka::shared("where_its_topic_is_missing_the_service_runs_and_says_so") else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let topics = ["source", "activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit"];
    let topics = topics.map(|topic| format!("{test}.{topic}"));
    kafka.create_topics(&topics.each_ref().map(|topic| (topic.as_str(), 1)), &[]);
    std::fs::write(directory.path().join("rules.yaml"), RULES).expect("written");
    let process = service::start(&kafka, test, directory.path(), "rules.yaml", "heartbeat: {every: 1s}\n");
    eventually("it comes by detect", WITHIN, || is_young(&process, "detect", "0"));
    assert_eq!(age(&process, "sinks", "log"), None);
    assert!(process.log().contains("heartbeatless.heartbeats"), "{}", process.log());
}
