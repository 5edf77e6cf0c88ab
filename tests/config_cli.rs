//! `leakwatch config check` and `leakwatch schema` through the built binary: what users and scripts see.

use std::process::{Command, Output};

const WRONG: &str = "\
deployment: shop
kafka:
  brokers: [kafka-0:9092]
  client:
    acks: 0
    fetch.que.backoff.ms: 5
clock:
  lateness: 3d
";
/// Nothing but the Kafka client itself knows that there is no such setting.
const MISSPELT: &str = "\
kafka:
  brokers: [kafka-0:9092]
  client:
    fetch.queue.backoff.ms: 1

    fetch.que.backoff.ms: hunter2
";
const FINE: &str = "kafka: {brokers: [kafka-0:9092]}\nsources: [{topic: db, type: query}]\n";

fn leakwatch(file: Option<&str>, args: &[&str]) -> Output {
    let dir = tempfile::tempdir().expect("a folder");
    if let Some(text) = file {
        std::fs::write(dir.path().join("leakwatch.yaml"), text).expect("written");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    command.args(args).current_dir(dir.path()).output().expect("runs")
}

fn report(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let status = output.status.code().unwrap_or(-1);
    format!("status {status}\n-- stdout\n{}-- stderr\n{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_file_is_fine_or_every_problem_is_named() {
    insta::assert_snapshot!("fine", report(&leakwatch(Some(FINE), &["config", "check", "leakwatch.yaml"])));
    insta::assert_snapshot!("wrong", report(&leakwatch(Some(WRONG), &["config", "check", "leakwatch.yaml"])));
    let misspelt = report(&leakwatch(Some(MISSPELT), &["config", "check", "leakwatch.yaml"]));
    assert!(!misspelt.contains("hunter2"));
    insta::assert_snapshot!("misspelt", misspelt);
    insta::assert_snapshot!("absent", report(&leakwatch(None, &["config", "check", "leakwatch.yaml"])));
}

#[test]
fn programs_get_json() {
    let json = |text| report(&leakwatch(Some(text), &["config", "check", "--format", "json", "leakwatch.yaml"]));
    insta::assert_snapshot!("fine_json", json(FINE));
    insta::assert_snapshot!("wrong_json", json(WRONG));
    let absent = leakwatch(None, &["config", "check", "--format", "json", "leakwatch.yaml"]);
    insta::assert_snapshot!("absent_json", report(&absent));
}

#[test]
fn every_format_has_a_schema() {
    for name in ["event", "incident", "config", "rules", "directory"] {
        let output = leakwatch(None, &["schema", name]);
        assert_eq!(output.status.code(), Some(0), "{name}");
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
    }
    assert_eq!(leakwatch(None, &["schema", "weather"]).status.code(), Some(2));
}
