//! `leakwatch verdict`: given and counted, through a real Kafka.

mod common;

use common::kafka::{Kafka, produce, read_all};
use common::stages::incident;
use leakwatch::core::incident::incident_id;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const TEST: &str = "verdict";

fn verdict(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    command.arg("verdict").args(args).args(["--config", "verdict.yaml"]).current_dir(directory).output().expect("runs")
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[test]
fn a_verdict_is_kept_counted_and_may_propose_an_exception() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let topics = ["activity", "incidents", "verdicts", "audit", "shadow"].map(|topic| format!("{TEST}.{topic}"));
    kafka.create_topics(&topics.each_ref().map(|topic| (topic.as_str(), 1)), &[]);
    let config = kafka.config();
    let brokers = config.get("bootstrap.servers").expect("set");
    let named = ["activity", "incidents", "verdicts", "audit", "shadow"]
        .map(|topic| format!("{topic}: {TEST}.{topic}"))
        .join(", ");
    let yaml = format!("version: 1\nkafka: {{brokers: [\"{brokers}\"]}}\ntopics: {{{named}}}\n");
    std::fs::write(dir.path().join("verdict.yaml"), yaml).expect("written");

    assert_eq!(said(&verdict(dir.path(), &["report"])), "no verdict has been given yet\n");
    let told = [incident("emp0042", 500), incident("emp0043", 600)];
    let lines = told.clone().map(|line| (0, serde_json::to_vec(&line).expect("JSON")));
    produce(&config, &topics[1], lines);
    let unjudged = said(&verdict(dir.path(), &["report"]));
    assert!(unjudged.starts_with("no verdict has been given yet\n1970-W01"), "{unjudged}");

    let id = told[0].incident.to_string();
    let given = said(&verdict(dir.path(), &["give", "--case", &id, "true", "--by", "ann"]));
    assert_eq!(given, format!("{}: true\n", told[0].case));
    let id = told[1].incident.to_string();
    let note = "yearly mailing, ask 13800138000";
    let given = said(&verdict(dir.path(), &["give", "--case", &id, "expected", "--by", "bob", "--note", note]));
    assert!(given.contains("actor: \"emp0043\"") && given.contains("ticket: \"\""), "{given}");
    assert!(!given.contains("13800138000"), "{given}");
    let kept = read_all(&config, &topics[2]);
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|line| !String::from_utf8_lossy(&line.value).contains("13800138000")));

    let audited: Vec<Value> =
        read_all(&config, &topics[3]).iter().map(|line| serde_json::from_slice(&line.value).expect("JSON")).collect();
    let who: Vec<_> = audited.iter().map(|line| (line["by"].as_str(), line["after"]["verdict"].as_str())).collect();
    assert_eq!(who, [(Some("ann"), Some("true")), (Some("bob"), Some("expected"))]);

    let report: Value =
        serde_json::from_str(&said(&verdict(dir.path(), &["report", "--format", "json"]))).expect("JSON");
    let row = &report["precision"][0];
    assert_eq!(
        (row["rule"].as_str(), row["right"].as_u64(), row["judged"].as_u64()),
        (Some(told[0].rule.as_str()), Some(1), Some(2))
    );
    assert_eq!((row["raised"].as_u64(), row["cases"].as_u64()), (Some(2), Some(2)), "{row}");
    assert_eq!(row["week"], "1970-W01");
    let text = said(&verdict(dir.path(), &["report"]));
    assert!(text.starts_with("1970-W01") && text.contains("2 incidents  2 of 2 cases judged, 1 of 2 right"), "{text}");

    // A rule in shadow that would have told of one more account.
    let tried_out = [incident("emp0042", 400), incident("emp0099", 400)].map(|mut line| {
        line.rule = format!("{}-next", line.rule);
        line.shadow = true;
        line.incident = incident_id(&line.rule, &line.entity, line.time);
        (0, serde_json::to_vec(&line).expect("JSON"))
    });
    produce(&config, &topics[4], tried_out);
    let mut shadow = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    let shadow = shadow.args(["shadow", "--config", "verdict.yaml"]).current_dir(dir.path()).output().expect("runs");
    let shadow = said(&shadow);
    assert!(shadow.contains("2 raised, 1 of them about something that a live rule raises too"), "{shadow}");
    assert!(shadow.contains("1 new, 1 lost"), "{shadow}");

    wrongly_typed(dir.path());
}

/// What was typed is nobody's business if it was somebody's number.
fn wrongly_typed(dir: &Path) {
    let nobody = verdict(dir, &["give", "--case", "abc", "false", "--by", "ann"]);
    let told = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert_eq!(nobody.status.code(), Some(1), "{told}");
    assert!(told.contains("abc: expected the id of a case"), "{told}");
    for wrong in [&["give", "--case", "13800138000", "false", "--by", "ann"][..], &["give", "13800138000"]] {
        let told = verdict(dir, wrong);
        let told = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.contains("‹phone›") && !told.contains("13800138000"), "{told}");
    }
}
