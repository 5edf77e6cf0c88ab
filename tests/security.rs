//! TLS, SCRAM, client certificates and permissions by role, against a real Kafka that allows nothing by itself.

mod common;

use common::kafka::{eventually, produce, read_all};
use common::process::{Process, free_port};
use common::secure::SecureKafka;
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TEST: &str = "security";
const WITHIN: Duration = Duration::from_mins(1);
const TOPICS: [&str; 8] =
    ["activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit", "heartbeats"];

fn configuration(kafka_section: &str, directory: &Path, port: u16) -> String {
    let topics = TOPICS.map(|topic| format!("{topic}: {TEST}.{topic}")).join(", ");
    format!(
        "version: 1\ndeployment: {TEST}\nkafka: {kafka_section}\n\
         topics: {{{topics}, partitions: {{activity: 2}}, replication_factor: 1, min_insync_replicas: 1}}\n\
         sources:\n  - {{topic: {TEST}.source, decoder: native}}\nrules: {{files: [{0}/busy.yaml]}}\n\
         state: {{store: {0}/state}}\nhttp: {{metrics: \"127.0.0.1:{port}\", console: \"127.0.0.1:0\"}}\n\
         sinks:\n  - {{name: disk, kind: file, path: {0}/told.ndjson, min_severity: info}}\n\
         \x20 - {{name: siem, kind: ocsf, topic: {TEST}.findings, min_severity: info}}\n",
        directory.display()
    )
}

fn topics(directory: &Path, what: &str, kafka_section: &str) -> Output {
    std::fs::write(directory.join("topics.yaml"), configuration(kafka_section, directory, 9464)).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    command.args(["topics", what, "--config", "topics.yaml"]).current_dir(directory).output().expect("runs")
}

/// Grants what `topics plan` says that each role needs, by the commands that it prints.
fn grant(kafka: &SecureKafka, plan: &str) {
    let mut granted = 0;
    for line in plan.lines().filter_map(|line| line.strip_prefix("kafka-acls ")) {
        let line = line.replace("$INGEST", "ingest").replace("$DETECT", "detect").replace("$SINKS", "sinks");
        let args: Vec<String> = line.split_whitespace().map(|word| word.replace('"', "")).collect();
        kafka.acls(&args);
        granted += 1;
    }
    assert!(granted > 10, "the commands were not found: {plan}");
}

/// Notes what became of a message.
#[derive(Clone, Default)]
struct Reported(Arc<Mutex<Option<KafkaError>>>);

impl rdkafka::client::ClientContext for Reported {}

impl ProducerContext for Reported {
    type DeliveryOpaque = ();

    fn delivery(&self, report: &DeliveryResult<'_>, (): ()) {
        *self.0.lock().expect("no panic") = report.as_ref().err().map(|(error, _)| error.clone());
    }
}

fn is_refused(error: Option<KafkaError>) -> bool {
    let code = error.and_then(|error| error.rdkafka_error_code());
    matches!(code, Some(RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::UnknownTopicOrPartition))
}

fn may_not_write(config: &ClientConfig, topic: &str) {
    let reported = Reported::default();
    let producer: BaseProducer<Reported> = config.create_with_context(reported.clone()).expect("a producer");
    producer.send(BaseRecord::<(), [u8]>::to(topic).payload(b"forged")).expect("queued");
    let _ = producer.flush(Duration::from_secs(20));
    let error = reported.0.lock().expect("no panic").clone();
    assert!(is_refused(error.clone()), "{topic}: {error:?}");
}

fn may_not_read(config: &ClientConfig, topic: &str) {
    let mut config = config.clone();
    config.set("group.id", "anybody");
    let consumer: BaseConsumer<Silent> = config.create_with_context(Silent).expect("a consumer");
    let seen = consumer.fetch_metadata(Some(topic), Duration::from_secs(20)).expect("an answer");
    let hidden = seen.topics().iter().any(|one| one.error().is_some_and(|error| error == HIDDEN));
    if hidden {
        return;
    }
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Beginning).expect("a partition");
    consumer.assign(&list).expect("assigned");
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        match consumer.poll(Duration::from_millis(200)) {
            // It may join no group either; what it may read is another question.
            Some(Err(error)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::GroupAuthorizationFailed) => {}
            Some(Err(error)) => {
                assert!(is_refused(Some(error.clone())), "{topic}: {error:?}");
                return;
            }
            Some(Ok(_)) => panic!("{topic} was read"),
            None => {}
        }
    }
    panic!("{topic}: nothing was said");
}

/// What the broker says of a topic that the user may not even describe.
const HIDDEN: RDKafkaRespErr = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;

/// Says nothing.
struct Silent;
impl rdkafka::client::ClientContext for Silent {}
impl rdkafka::consumer::ConsumerContext for Silent {}

const RULES: &str = r"version: 1
rules:
  - {id: busy, count: events, of: {type: query}, over: 1m, limit: {warn: 1}}
tests:
  - {name: silent, expect: []}
";

#[test]
fn each_role_may_do_its_work_over_tls_and_nothing_else() {
    let Some(kafka) = SecureKafka::start(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("busy.yaml"), RULES).expect("written");
    let admin = format!("{{brokers: [\"{}\"]}}", kafka.admin_address());
    produce_topic(&kafka);
    let applied = topics(dir.path(), "apply", &admin);
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let plan = topics(dir.path(), "plan", &admin);
    grant(&kafka, &String::from_utf8_lossy(&plan.stdout));

    let start = |role: &str| {
        let port = free_port();
        let yaml = configuration(&kafka.scram_section(role), dir.path(), port);
        Process::start_with(dir.path(), role, &yaml, port, &["--role", role])
    };
    let running = ["detect", "sinks", "ingest"].map(start);
    for process in &running {
        eventually("it is ready", WITHIN, || process.is_ready());
    }
    let now = jiff::Timestamp::now();
    let event = format!(r#"{{"type":"query","time":"{now:.3}","actor":"e1","objects":["customers"],"rows":3}}"#);
    produce(&kafka.admin(), &format!("{TEST}.source"), [(0, event.into_bytes())]);
    eventually("the incident is told", WITHIN, || {
        std::fs::read_to_string(dir.path().join("told.ndjson")).is_ok_and(|told| told.contains("\"busy\""))
    });
    eventually("the finding is told", WITHIN, || !read_all(&kafka.admin(), &format!("{TEST}.findings")).is_empty());
    for process in &running {
        let log = process.log();
        assert!(!log.contains("-secret"), "a password is in the log");
        assert!(!log.contains("AuthorizationFailed") && !log.contains("is not served"), "{log}");
    }
    drop(running);

    let topic = |name: &str| format!("{TEST}.{name}");
    for (user, reads, writes) in [
        (
            "ingest",
            &["activity", "incidents", "verdicts"][..],
            &["incidents", "verdicts", "audit", "source", "findings"][..],
        ),
        ("detect", &["source", "verdicts", "rejected"], &["source", "verdicts", "audit", "findings"]),
        ("sinks", &["source", "rejected", "findings"], &["activity", "incidents", "source"]),
    ] {
        let client = kafka.client(user);
        for name in reads {
            may_not_read(&client, &topic(name));
        }
        for name in writes {
            may_not_write(&client, &topic(name));
        }
    }
    assert_eq!(read_all(&kafka.admin(), &topic("audit")).len(), 0);
    certificates(&kafka, dir.path());
}

/// By a certificate, and not without one.
fn certificates(kafka: &SecureKafka, directory: &Path) {
    let known = topics(directory, "plan", &kafka.mutual_section("detect", true));
    let told = String::from_utf8_lossy(&known.stdout).into_owned();
    let (seen, hidden) = (format!("create   {TEST}.activity"), format!("create   {TEST}.rejected"));
    assert!(!told.contains(&seen) && told.contains(&hidden), "detect sees its own topics, and no other: {told}");
    let stranger = topics(directory, "plan", &kafka.mutual_section("detect", false));
    assert_eq!(stranger.status.code(), Some(1), "{}", String::from_utf8_lossy(&stranger.stdout));
}

fn produce_topic(kafka: &SecureKafka) {
    use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
    let admin: AdminClient<DefaultClientContext> = kafka.admin().create().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let name = format!("{TEST}.source");
    let wanted = [NewTopic::new(&name, 1, TopicReplication::Fixed(1))];
    let made = runtime.block_on(admin.create_topics(&wanted, &AdminOptions::new())).expect("an answer");
    assert!(made.iter().all(Result::is_ok), "{made:?}");
}
