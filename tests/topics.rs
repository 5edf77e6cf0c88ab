//! `leakwatch topics` against a real Kafka, through the built binary.

mod common;

use common::kafka::{Kafka, eventually};
use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// The broker's port changes from run to run.
fn brokers(config: &ClientConfig) -> String {
    config.get("bootstrap.servers").expect("brokers").to_owned()
}

struct Place {
    dir: tempfile::TempDir,
    brokers: String,
}

impl Place {
    fn new(kafka: &Kafka) -> Self {
        Self { dir: tempfile::tempdir().expect("a folder"), brokers: brokers(&kafka.config()) }
    }

    fn configure(&self, prefix: &str, more: &str) {
        let topics = ["activity", "incidents", "shadow", "rejected", "verdicts", "audit", "dead_letters", "heartbeats"]
            .map(|topic| format!("  {topic}: {prefix}.{topic}\n"))
            .concat();
        let text = format!("kafka: {{brokers: ['{}']}}\ntopics:\n{topics}{more}", self.brokers);
        std::fs::write(self.dir.path().join("leakwatch.yaml"), text).expect("written");
    }

    fn run(&self, args: &[&str]) -> Output {
        run(self.dir.path(), args)
    }

    /// Standard output, with the broker's address taken out.
    fn shown(&self, args: &[&str], status: i32) -> String {
        let output = self.run(args);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{told}");
        String::from_utf8(output.stdout).expect("text").replace(&self.brokers, "kafka:9092")
    }
}

fn run(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    command.arg("topics").args(args).args(["--config", "leakwatch.yaml"]).current_dir(dir);
    command.output().expect("runs")
}

/// Creates topics and waits until the broker tells of them.
fn create(kafka: &Kafka, topics: &[(&str, i32)], settings: &[(&str, &str)]) {
    kafka.create_topics(topics, settings);
    eventually("the topics are told of", ANSWER_WITHIN, || {
        let there = names(kafka);
        topics.iter().all(|(name, _)| there.iter().any(|known| known == name))
    });
}

fn names(kafka: &Kafka) -> Vec<String> {
    let admin: AdminClient<DefaultClientContext> = kafka.config().create().expect("a client");
    let there = admin.inner().fetch_metadata(None, ANSWER_WITHIN).expect("an answer");
    there.topics().iter().map(|topic| topic.name().to_owned()).collect()
}

fn settings_of(kafka: &Kafka, topic: &str) -> ConfigResource {
    let admin: AdminClient<DefaultClientContext> = kafka.config().create().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let asked = [ResourceSpecifier::Topic(topic)];
    let mut answer = runtime.block_on(admin.describe_configs(&asked, &AdminOptions::new())).expect("an answer");
    answer.remove(0).expect("the topic's settings")
}

fn value(resource: &ConfigResource, key: &str) -> String {
    resource.get(key).and_then(|entry| entry.value.clone()).unwrap_or_default()
}

#[test]
fn missing_topics_are_planned_created_and_then_fine() {
    let Some(kafka) = Kafka::shared("missing_topics_are_planned_created_and_then_fine") else { return };
    let place = Place::new(&kafka);
    create(&kafka, &[("plan.queries", 2)], &[]);
    place.configure(
        "plan",
        "sources:\n  - {topic: plan.queries, type: query}\n  - {topic: plan.absent, type: egress}\n",
    );
    insta::assert_snapshot!("plan_of_a_bare_cluster", place.shown(&["plan"], 0));
    insta::assert_snapshot!("applied_to_a_bare_cluster", topics(&place.shown(&["apply"], 0)));
    insta::assert_snapshot!("plan_once_applied", topics(&place.shown(&["plan"], 0)));
    let activity = settings_of(&kafka, "plan.activity");
    assert_eq!(value(&activity, "retention.ms"), "3024000000");
    assert_eq!(value(&activity, "unclean.leader.election.enable"), "false");
    let json: serde_json::Value = serde_json::from_str(&place.shown(&["plan", "--format", "json"], 0)).expect("JSON");
    let statuses: Vec<&str> =
        json["topics"].as_array().expect("topics").iter().filter_map(|t| t["status"].as_str()).collect();
    assert_eq!(statuses, ["ok", "manual", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"]);
    assert!(!names(&kafka).contains(&"plan.absent".to_owned()), "a source was created");
}

/// The part about topics, without the permissions.
fn topics(text: &str) -> String {
    text.split("\n\n").next().unwrap_or_default().to_owned()
}

#[test]
fn settings_are_altered_and_those_of_others_stay() {
    let Some(kafka) = Kafka::shared("settings_are_altered_and_those_of_others_stay") else { return };
    let place = Place::new(&kafka);
    let own =
        [("retention.ms", "60000"), ("cleanup.policy", "compact"), ("segment.ms", "123456"), ("flush.messages", "77")];
    create(&kafka, &[("alter.rejected", 8)], &own);
    create(&kafka, &[("alter.audit", 1)], &[("retention.ms", "-1"), ("max.message.bytes", "9000000")]);
    place.configure("alter", "");
    insta::assert_snapshot!("plan_of_settings", topics(&place.shown(&["plan"], 0)));
    place.shown(&["apply"], 0);
    let rejected = settings_of(&kafka, "alter.rejected");
    let of = |key| value(&rejected, key);
    assert_eq!([of("retention.ms"), of("cleanup.policy")], ["2592000000", "delete"]);
    assert_eq!([of("segment.ms"), of("flush.messages")], ["123456", "77"], "settings of others were reset");
    assert_eq!(value(&settings_of(&kafka, "alter.audit"), "retention.ms"), "-1");
    assert_eq!(value(&settings_of(&kafka, "alter.audit"), "max.message.bytes"), "9000000");
    insta::assert_snapshot!("plan_of_settings_once_applied", topics(&place.shown(&["plan"], 0)));
}

#[test]
fn the_topic_of_a_sink_is_created_once_and_then_left_to_its_readers() {
    let Some(kafka) = Kafka::shared("the_topic_of_a_sink_is_created_once_and_then_left_to_its_readers") else { return };
    let place = Place::new(&kafka);
    create(&kafka, &[("sink.theirs", 3)], &[("retention.ms", "60000")]);
    let sink = |name, topic| format!("  - {{name: {name}, kind: ocsf, topic: {topic}}}\n");
    let sinks = [sink("lake", "sink.findings"), sink("soc", "sink.findings"), sink("other", "sink.theirs")].concat();
    place.configure("sink", &format!("  retention: {{incidents: 50d}}\nsinks:\n{sinks}"));
    let planned = place.shown(&["plan"], 0);
    insta::assert_snapshot!("plan_with_topics_of_sinks", topics(&planned));
    for topic in ["sink.findings", "sink.theirs"] {
        let grant = format!("\"User:$SINKS\" --operation Write --operation Describe --topic {topic}\n");
        assert_eq!(planned.matches(&grant).count(), 1, "{planned}");
    }
    place.shown(&["apply"], 0);
    let [findings, theirs] = ["sink.findings", "sink.theirs"].map(|topic| settings_of(&kafka, topic));
    assert_eq!(value(&findings, "retention.ms"), "4320000000");
    assert_eq!(
        value(&findings, "max.message.bytes"),
        value(&settings_of(&kafka, "sink.incidents"), "max.message.bytes")
    );
    assert_eq!(value(&theirs, "retention.ms"), "60000", "a topic of others was altered");
    assert!(!place.shown(&["plan"], 0).contains("create"));
}

#[test]
fn another_number_of_partitions_is_refused_and_nothing_is_applied() {
    let Some(kafka) = Kafka::shared("another_number_of_partitions_is_refused_and_nothing_is_applied") else { return };
    let place = Place::new(&kafka);
    create(&kafka, &[("count.activity", 4), ("count.incidents", 3)], &[]);
    place.configure("count", "  replication_factor: 2\n");
    insta::assert_snapshot!("plan_that_cannot_be_applied", topics(&place.shown(&["plan"], 0)));
    let refused = place.run(&["apply"]);
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).expect("text");
    assert!(
        told.starts_with("leakwatch: leakwatch.yaml: nothing applied, see the manual lines for count.activity"),
        "{told}"
    );
    assert!(!names(&kafka).contains(&"count.audit".to_owned()), "something was applied");
}

#[test]
fn nobody_answering_is_a_failure_while_running() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let place = Place { dir: tempfile::tempdir().expect("a folder"), brokers: format!("127.0.0.1:{port}") };
    place.configure("x", "");
    let output = place.run(&["plan"]);
    let told = String::from_utf8(output.stderr).expect("text");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{told}");
    assert!(told.contains(&format!("leakwatch: kafka: 127.0.0.1:{port}: expected an answer about topics")), "{told}");
}
