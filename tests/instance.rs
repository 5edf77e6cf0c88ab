//! `leakwatch run --instance`: a process that is killed and started again under its name takes its partitions back.

mod common;

use common::kafka::{Kafka, eventually, produce};
use common::process::{Process, free_port};
use std::time::Duration;

const TEST: &str = "instance";
const WITHIN: Duration = Duration::from_mins(1);

#[test]
fn a_name_that_survives_a_restart_takes_its_partitions_back() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let names =
        ["source", "activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit", "heartbeats"];
    let topics = names.map(|what| format!("{TEST}.{what}"));
    kafka.create_topics(&topics.each_ref().map(|topic| (topic.as_str(), 2)), &[]);
    let config = kafka.config();
    let brokers = config.get("bootstrap.servers").expect("set");
    let named = names[1..].iter().map(|topic| format!("  {topic}: {TEST}.{topic}\n")).collect::<Vec<_>>().concat();
    let start = || {
        let port = free_port();
        let yaml = format!(
            "version: 1\ndeployment: {TEST}\nkafka: {{brokers: [\"{brokers}\"]}}\ntopics:\n{named}\
             sources:\n  - {{topic: {TEST}.source, decoder: native}}\nstate: {{store: {}/state}}\n\
             http: {{metrics: \"127.0.0.1:{port}\", console: \"127.0.0.1:0\"}}\n",
            dir.path().display()
        );
        Process::start_with(dir.path(), "service", &yaml, port, &["--instance", "pod-0"])
    };
    let owns = |process: &Process| process.metric("leakwatch_partitions_owned{stage=\"detect\"}") > 1.5;
    let first = start();
    eventually("it owns both partitions", WITHIN, || first.is_ready() && owns(&first));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", first.child.id())).expect("limits");
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    let [soft, hard] = [4, 5].map(|at| cores.split_whitespace().nth(at));
    assert_eq!((soft, hard), (Some("0"), Some("0")), "a core dump would hold the key");
    drop(first);
    let second = start();
    eventually("it owns them again", WITHIN, || second.is_ready() && owns(&second));
    let now = jiff::Timestamp::now();
    let event = format!(r#"{{"type":"query","time":"{now:.3}","actor":"e1","objects":["customers"],"rows":3}}"#);
    produce(&config, &topics[0], [(0, event.into_bytes())]);
    eventually("it goes on", WITHIN, || second.metric("leakwatch_applied_records_total{kind=\"activity\"}") >= 1.0);
    assert!(!second.log().contains("group.instance.id"), "no client complains of the setting: {}", second.log());
}
