//! A simulated week over a real Kafka: topics by `topics apply`, two processes, one of them killed midway; the
//! incidents are those of `replay`.

mod common;

use common::kafka::{Kafka, eventually, read_all};
use common::process::{Process, free_port, leakwatch};
use leakwatch::core::incident::{Incident, Status};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const TEST: &str = "leak_over_kafka";
const PARTITIONS: i32 = 8;
/// A week of the simulated company is told at this speed.
const EVENTS_A_SECOND: usize = 5_000;
/// Each of them is one more page, spread over the week.
const MORE_LEAVERS: usize = 60;
/// What a week of 270 people and their services comes to, at least.
const LEAST_EVENTS: usize = 200_000;
const WITHIN: Duration = Duration::from_mins(3);

/// What teams read is told once in five minutes of the log's time, and at the end of a file: the test does not wait for it.
const TOLD_LATER: &str = "pooled-read";

type Pairs = BTreeSet<(String, String)>;

/// The simulated week's lines in the order of their times, as (topic, before the time, after the time).
fn simulated(directory: &Path) -> Vec<(&'static str, String, String)> {
    let data = directory.join("data");
    let data_text = data.to_str().expect("text").to_owned();
    let leaks = ["bulk-dump,size=12000", "leaver", "canary", "read-then-out,size=120", "copy-unknown", "collusion"];
    let mut args = vec!["simulate", "--out", &data_text, "--actors", "270", "--customers", "20000", "--seed", "41"];
    args.extend(leaks.iter().flat_map(|leak| ["--attack", leak]));
    args.extend(["--attack", "leaver"].repeat(MORE_LEAVERS));
    leakwatch(&args);
    let key = directory.join("tag.key").to_str().expect("text").to_owned();
    leakwatch(&["filter", "keygen", &key]);
    let filter = directory.join("filter").to_str().expect("text").to_owned();
    let (canaries, customers) = (format!("{data_text}/canaries.csv"), format!("{data_text}/customers.csv"));
    leakwatch(&["filter", "build", "--key-file", &key, "--out", &filter, "--canaries", &canaries, &customers]);
    let mut lines = Vec::new();
    for topic in ["db-queries", "egress"] {
        let text = std::fs::read_to_string(data.join(format!("{topic}.ndjson"))).expect("simulated");
        for line in text.lines() {
            let start = line.find("\"time\":\"").expect("a time") + 8;
            let end = start + line[start..].find('"').expect("its end");
            lines.push((line[start..end].to_owned(), topic, line[..start].to_owned(), line[end..].to_owned()));
        }
    }
    lines.sort();
    lines.into_iter().map(|(_, topic, before, after)| (topic, before, after)).collect()
}

fn configuration(directory: &Path, brokers: &str, port: u16) -> String {
    let directory = directory.display();
    let topics = ["activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit", "heartbeats"];
    let topics = topics.map(|topic| format!("  {topic}: {TEST}.{topic}\n")).concat();
    format!(
        "version: 1\ndeployment: {TEST}\n\
         kafka: {{brokers: [\"{brokers}\"], client: {{session.timeout.ms: \"6000\"}}}}\ntopics:\n{topics}\
         sources:\n  - {{topic: {TEST}.db-queries, decoder: native, type: query}}\n\
         \x20 - {{topic: {TEST}.egress, decoder: native, type: egress}}\n\
         filters: {{dir: {directory}/filter, key_files: [{directory}/tag.key]}}\n\
         directory: {{file: {directory}/data/directory.ndjson, timezone: Asia/Shanghai}}\n\
         state: {{store: {directory}/state, snapshot_every: 2s}}\n\
         http: {{metrics: \"127.0.0.1:{port}\", console: \"127.0.0.1:0\"}}\n"
    )
}

/// Sends every line, happening now, and keeps what was sent for the replay; kills `victim` midway, and says when.
fn tell(
    directory: &Path,
    config: &ClientConfig,
    lines: &[(&'static str, String, String)],
    victim: &mut Process,
) -> i64 {
    let mut killed_ms = i64::MAX;
    let producer: BaseProducer = config.clone().set("acks", "all").set("linger.ms", "20").create().expect("a producer");
    let mut sent: BTreeMap<&str, String> = BTreeMap::new();
    let began = Instant::now();
    for (number, (topic, before, after)) in lines.iter().enumerate() {
        let due =
            began + Duration::from_secs(1) / 1_000 * u32::try_from(number * 1_000 / EVENTS_A_SECOND).expect("small");
        while Instant::now() < due {
            producer.poll(Duration::from_millis(1));
        }
        if number == lines.len() / 2 {
            victim.child.kill().expect("killed");
            victim.child.wait().expect("ended");
            killed_ms = jiff::Timestamp::now().as_millisecond();
        }
        let now = jiff::Timestamp::now();
        let line = format!("{before}{now:.3}{after}");
        writeln!(sent.entry(topic).or_default(), "{line}").expect("text");
        let name = format!("{TEST}.{topic}");
        let partition = i32::try_from(number).expect("small") % PARTITIONS;
        let mut record = BaseRecord::<(), [u8]>::to(&name).partition(partition).payload(line.as_bytes());
        while let Err((_, back)) = producer.send(record) {
            record = back;
            producer.poll(Duration::from_millis(5));
        }
    }
    producer.flush(WITHIN).expect("all is delivered");
    for (topic, text) in sent {
        std::fs::write(directory.join(format!("sent-{topic}.ndjson")), text).expect("written");
    }
    killed_ms
}

fn replayed(directory: &Path) -> Pairs {
    let path = |name: &str| directory.join(name).to_str().expect("text").to_owned();
    let (filter, key, out) = (path("filter"), path("tag.key"), path("replayed.ndjson"));
    let (who, queries, egress) =
        (path("data/directory.ndjson"), path("sent-db-queries.ndjson"), path("sent-egress.ndjson"));
    let engine = ["--filters", &filter, "--key-file", &key, "--directory", &who];
    leakwatch(&[&["replay", "--incidents", &out], &engine[..], &[&queries, &egress]].concat());
    let lines = std::fs::read_to_string(out).expect("replayed");
    let pairs = lines.lines().map(|line| pair(&serde_json::from_str(line).expect("an incident")));
    pairs.filter(|(rule, _)| rule != TOLD_LATER).collect()
}

fn pair(incident: &Incident) -> (String, String) {
    (incident.rule.clone(), incident.entity.id.clone())
}

/// The pairs on the topic; every (incident, revision) has one content.
fn raised(config: &ClientConfig) -> Pairs {
    let mut known: BTreeMap<(String, u32), Incident> = BTreeMap::new();
    for line in read_all(config, &format!("{TEST}.incidents")) {
        let incident: Incident = serde_json::from_slice(&line.value).expect("an incident");
        let before = known.insert((incident.incident.0.clone(), incident.revision), incident.clone());
        assert!(before.is_none_or(|before| before == incident), "one content for each revision");
    }
    for ((id, revision), incident) in &known {
        let follows = *revision == 1 || known.contains_key(&(id.clone(), revision - 1));
        assert!(follows, "revision {revision} of {id} has one before it");
        assert_eq!(*revision == 1, incident.status == Status::Opened);
    }
    known.values().map(pair).filter(|(rule, _)| rule != TOLD_LATER).collect()
}

/// From the event that met a rule to the incident's record, while the first process still lived: for information.
fn print_latency(config: &ClientConfig, killed_ms: i64) {
    let lines = read_all(config, &format!("{TEST}.incidents"));
    let latency = |line: &common::kafka::Line| {
        let incident: Incident = serde_json::from_slice(&line.value).expect("an incident");
        let told = matches!(incident.status, Status::Opened | Status::Escalated) && line.made_ms < killed_ms;
        told.then(|| line.made_ms - incident.time.as_millis())
    };
    let mut all: Vec<i64> = lines.iter().filter_map(latency).collect();
    all.sort_unstable();
    if let (Some(median), Some(p99)) = (all.get(all.len() / 2), all.get(all.len() * 99 / 100)) {
        println!("event to incident at {EVENTS_A_SECOND}/s: p50 {median} ms, p99 {p99} ms of {} lines", all.len());
    }
}

#[test]
fn two_processes_of_which_one_is_killed_raise_what_a_replay_raises() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let config = kafka.config();
    let brokers = config.get("bootstrap.servers").expect("set").to_owned();
    let directory = tempfile::tempdir().expect("a directory");
    let lines = simulated(directory.path());
    assert!(lines.len() >= LEAST_EVENTS, "{} events", lines.len());
    let sources = ["db-queries", "egress"].map(|topic| format!("{TEST}.{topic}"));
    kafka.create_topics(&[(&sources[0], PARTITIONS), (&sources[1], PARTITIONS)], &[]);

    let ports = [free_port(), free_port()];
    let configurations = ports.map(|port| configuration(directory.path(), &brokers, port));
    let plan = directory.path().join("topics.yaml");
    std::fs::write(&plan, &configurations[0]).expect("written");
    leakwatch(&["topics", "apply", "--config", plan.to_str().expect("text")]);
    let mut first = Process::start(directory.path(), "first", &configurations[0], ports[0]);
    let second = Process::start(directory.path(), "second", &configurations[1], ports[1]);
    eventually("both are ready", WITHIN, || first.is_ready() && second.is_ready());

    let killed_ms = tell(directory.path(), &config, &lines, &mut first);
    let expected = replayed(directory.path());
    for rule in ["bulk-read", "leaver-active", "canary-touched", "read-then-out", "unknown-rows", "pooled-exit"] {
        assert!(expected.iter().any(|(raised, _)| raised == rule), "the replay raises {rule}");
    }
    let until = Instant::now() + WITHIN;
    while !raised(&config).is_superset(&expected) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(500));
    }
    print_latency(&config, killed_ms);
    assert_eq!(raised(&config), expected, "{}", second.log());
}
