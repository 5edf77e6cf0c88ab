//! `leakwatch run` as processes on a real Kafka.

mod common;

use common::kafka::{Kafka, Line, eventually, produce, read_all};
use common::process::{Process, free_port};
use leakwatch::core::incident::{Incident, Status};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const SOURCE_PARTITIONS: i32 = 4;
const LEAVERS: u32 = 40;
const WITHIN: Duration = Duration::from_mins(1);

fn start(directory: &Path, name: &str, brokers: &str, test: &str) -> Process {
    let port = free_port();
    Process::start(directory, name, &configuration(directory, brokers, test, port), port)
}

fn configuration(directory: &Path, brokers: &str, test: &str, port: u16) -> String {
    let topics = ["activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit", "heartbeats"];
    let topics = topics.map(|topic| format!("  {topic}: {test}.{topic}\n")).concat();
    let directory = directory.display();
    format!(
        "version: 1\ndeployment: {test}\nkafka: {{brokers: [\"{brokers}\"]}}\ntopics:\n{topics}\
         sources:\n  - {{topic: {test}.source, decoder: native, type: query}}\n\
         directory: {{file: {directory}/directory.ndjson}}\n\
         state: {{store: {directory}/state, snapshot_every: 1s}}\n\
         sinks:\n  - {{name: lines, kind: file, path: {directory}/incidents.ndjson, min_severity: info}}\n\
         http: {{metrics: \"127.0.0.1:{port}\", console: \"127.0.0.1:0\"}}\n"
    )
}

fn write_directory(directory: &Path) {
    let mut lines = String::new();
    for n in 0..LEAVERS {
        writeln!(lines, r#"{{"actor":"leaver{n:03}","role":"sales","left_at":"2012-04-30T00:00:00Z"}}"#).expect("text");
    }
    std::fs::write(directory.join("directory.ndjson"), lines).expect("written");
}

/// Event `n`: some leaver, now, reads three rows that name a customer.
fn events(range: std::ops::Range<u32>) -> impl Iterator<Item = (i32, Vec<u8>)> {
    let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_millis();
    range.map(move |n| {
        let (partition, leaver) = (i32::try_from(n).expect("small") % SOURCE_PARTITIONS, n % LEAVERS);
        let event = format!(
            r#"{{"id":"q-{n}","time":{now},"actor":"LEAVER{leaver:03}","database":"shop","objects":["customers"],"operation":"select","rows":3,"identifiers":{{"phone":["1380013{:04}"]}}}}"#,
            n % 10_000
        );
        (partition, event.into_bytes())
    })
}

/// Incidents by id and revision; one content each.
fn incidents(log: &[Line]) -> BTreeMap<(String, u32), Incident> {
    let mut seen: BTreeMap<(String, u32), Incident> = BTreeMap::new();
    for line in log {
        let incident: Incident = serde_json::from_slice(&line.value).expect("an incident");
        let known = seen.insert((incident.incident.0.clone(), incident.revision), incident.clone());
        assert!(known.is_none_or(|known| known == incident), "one content for each revision");
    }
    seen
}

fn create_topics(kafka: &Kafka, test: &str) {
    let names = ["source", "activity", "incidents", "shadow", "rejected", "dead_letters", "heartbeats"];
    let names = names.map(|what| format!("{test}.{what}"));
    let partitions = [SOURCE_PARTITIONS, 8, 2, 1, 1, 1, 1];
    let topics: Vec<(&str, i32)> = names.iter().map(String::as_str).zip(partitions).collect();
    kafka.create_topics(&topics, &[]);
}

fn terminate(process: &Process) {
    let pid = process.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
}

#[test]
fn a_broker_that_is_away_is_no_reason_to_restart_and_none_to_hang() {
    let Some(kafka) = Kafka::alone("a_broker_that_is_away_is_no_reason_to_restart_and_none_to_hang") else { return };
    let (config, test) = (kafka.config(), "away");
    create_topics(&kafka, test);
    let directory = tempfile::tempdir().expect("a directory");
    write_directory(directory.path());
    let brokers = config.get("bootstrap.servers").expect("set").to_owned();
    let mut process = start(directory.path(), "away", &brokers, test);
    eventually("it is ready", WITHIN, || process.is_ready());
    drop(kafka);
    eventually("it misses the broker", WITHIN, || {
        process.metric("leakwatch_client_errors_total{stage=\"detect\"}") > 0.0
    });
    let (status, _) = process.get("/healthz").expect("an answer");
    assert!(status.contains("200"), "{status}");
    let begun = Instant::now();
    terminate(&process);
    process.child.wait().expect("it ends");
    let took = begun.elapsed();
    eprintln!("ended in {took:?} without a broker");
    assert!(took < Duration::from_secs(12), "{took:?}: {}", process.log());
}

#[test]
fn two_processes_of_which_one_is_killed_raise_every_page_once() {
    let Some(kafka) = Kafka::shared("two_processes_of_which_one_is_killed_raise_every_page_once") else { return };
    let (config, test) = (kafka.config(), "service");
    let topic = |what: &str| format!("{test}.{what}");
    create_topics(&kafka, test);
    let directory = tempfile::tempdir().expect("a directory");
    write_directory(directory.path());
    let brokers = config.get("bootstrap.servers").expect("set").to_owned();

    let mut first = start(directory.path(), "first", &brokers, test);
    let mut second = start(directory.path(), "second", &brokers, test);
    eventually("both are ready", WITHIN, || first.is_ready() && second.is_ready());
    produce(&config, &topic("source"), events(0..10_000));
    eventually("the first has made activity", WITHIN, || first.metric("leakwatch_activity_records_total") > 500.0);
    first.child.kill().expect("killed");
    produce(&config, &topic("source"), events(10_000..20_000));

    let all = usize::try_from(LEAVERS).expect("few");
    eventually("every page is there", WITHIN, || {
        let seen = incidents(&read_all(&config, &topic("incidents")));
        let opened = seen.values().filter(|it| it.rule == "leaver-active" && it.status == Status::Opened);
        opened.count() == all
    });
    eventually("the second has read everything", WITHIN, || {
        let lag = |n| second.metric(&format!("leakwatch_lag_records{{partition=\"{n}\",topic=\"service.source\"}}"));
        (0..SOURCE_PARTITIONS).map(lag).sum::<f64>() < 0.5 && second.is_ready()
    });
    eventually("its file has a line for each", WITHIN, || {
        let lines = std::fs::read_to_string(directory.path().join("incidents.ndjson")).unwrap_or_default();
        let pages = lines
            .lines()
            .filter(|line| line.contains(r#""rule":"leaver-active""#) && line.contains(r#""status":"opened""#));
        pages.collect::<std::collections::BTreeSet<_>>().len() == all
    });

    let begun = Instant::now();
    terminate(&second);
    let status = second.child.wait().expect("it ends");
    assert!(status.success(), "{status}: {}", second.log());
    assert!(begun.elapsed() < Duration::from_secs(10), "drained in {:?}", begun.elapsed());
    assert!(second.log().contains("\"drained\""), "{}", second.log());
    for identifier in ["13800130001", "1380013"] {
        assert!(!second.log().contains(identifier) && !first.log().contains(identifier));
    }
}
