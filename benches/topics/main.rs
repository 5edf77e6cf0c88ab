//! What a simulated company's events take on the disk of a real Kafka, topic by topic: at rest, while a backlog of days is
//! caught up with, and live at several rates.
//!
//! `TOPICS_ACTORS`, `_DAYS` and `_SECONDS` change the size. Copies (`replication.factor`) and indexes come on top.

#[path = "../../tests/common/mod.rs"]
mod common;
mod load;

use common::kafka::{Kafka, eventually};
use common::process::Process;
use common::service;
use load::{Event, at_rate, backlog, events};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const TEST: &str = "disk";
const PARTITIONS: u32 = 8;
const WITHIN: Duration = Duration::from_mins(10);
/// Ticks and heartbeats take less, in bytes a second and partition.
const AT_REST_BELOW: f64 = 200.0;
const TOPICS: [&str; 6] = ["source", "activity", "incidents", "shadow", "rejected", "heartbeats"];
const RATES: [u64; 3] = [20, 200, 1_000];
/// After this long every batch that was begun is written.
const SETTLED: Duration = Duration::from_secs(3);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(format!("TOPICS_{name}")).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    let is_test = std::env::args().all(|arg| arg != "--bench") && std::env::var("TOPICS_ACTORS").is_err();
    let (actors, days, seconds) = if is_test { (10, 1, 1) } else { (200, 3, 30) };
    let Some(kafka) = Kafka::alone("topics") else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let events = events(directory.path(), setting("ACTORS", actors), setting("DAYS", days));
    // Events keep their own times, which are long ago: retention would take them at once.
    let for_ever = [("retention.ms", "-1")];
    service::create_topics_with(&kafka, TEST, i32::try_from(PARTITIONS).expect("few"), &for_ever);
    let before = disk(&kafka);
    backlog(&kafka, &format!("{TEST}.source"), &events);
    let process = start(&kafka, directory.path());
    await_read(&process, events.len());
    table("a backlog of days, at the events' own times", events.len(), before, disk(&kafka));
    let lines = process.metric("leakwatch_incidents_total");
    let incidents = kafka.log_bytes(&format!("{TEST}.incidents"));
    println!("  {lines:.0} incident lines of {:.0} bytes", ratio(incidents, lines.max(1.0)));
    let seconds = setting("SECONDS", seconds);
    // Time has just leapt from the events' year to now: every day between is closed first.
    eventually("the log is at rest", WITHIN, || at_rest(&kafka, 2) < AT_REST_BELOW);
    let mut read = events.len();
    for rate in RATES {
        let before = disk(&kafka);
        let sent = at_rate(&kafka, &format!("{TEST}.source"), &events, rate, seconds);
        read += sent;
        await_read(&process, read);
        table(&format!("{rate} events a second for {seconds} s, ticks included"), sent, before, disk(&kafka));
    }
    let idle = at_rest(&kafka, seconds);
    println!("at rest: {idle:.0} bytes a second and partition of the activity log (ticks and heartbeat)");
}

fn start(kafka: &Kafka, directory: &Path) -> Process {
    let data = directory.display();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    std::os::unix::fs::symlink(rules, directory.join("rules")).expect("linked");
    let more = format!(
        "directory: {{file: \"{data}/w/directory.ndjson\", timezone: Asia/Shanghai}}\n\
         filters: {{dir: \"{data}/filters\", key_files: [\"{data}/tag.key\"]}}\n"
    );
    service::start(kafka, TEST, directory, "rules/*.yaml", &more)
}

fn await_read(process: &Process, events: usize) {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 events")]
    let wanted = events as f64;
    eventually("everything is read", WITHIN, || {
        // Ticks come without end, so the log's lag is hardly ever nothing.
        let made = process.metric("leakwatch_activity_records_total");
        let applied = process.metric("leakwatch_applied_records_total{kind=\"activity\"}");
        process.metric("leakwatch_records_total") >= wanted && applied >= made
    });
    thread::sleep(SETTLED);
}

fn disk(kafka: &Kafka) -> [u64; TOPICS.len()] {
    TOPICS.map(|topic| kafka.log_bytes(&format!("{TEST}.{topic}")))
}

fn at_rest(kafka: &Kafka, seconds: u64) -> f64 {
    let (before, began) = (disk(kafka)[1], Instant::now());
    thread::sleep(Duration::from_secs(seconds.max(2)));
    ratio(disk(kafka)[1] - before, f64::from(PARTITIONS) * began.elapsed().as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
fn ratio(bytes: u64, by: f64) -> f64 {
    bytes as f64 / by
}

fn table(what: &str, events: usize, before: [u64; TOPICS.len()], after: [u64; TOPICS.len()]) {
    println!("{what}: {events} events");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 events")]
    let count = events as f64;
    for ((topic, before), after) in TOPICS.iter().zip(before).zip(after) {
        println!("  {topic:10} {:8.1} bytes an event", ratio(after - before, count));
    }
}

/// What is sent.
type Events = [Event];
