//! The load: a simulated company's events, at their own times or at a rate.

use super::Events;
use crate::common::kafka::Kafka;
use crate::common::process::leakwatch;
use jiff::Timestamp;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::Value;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const DELIVERED_WITHIN: Duration = Duration::from_mins(1);
/// Events are sent so many times a second, however many.
const TURNS_A_SECOND: u64 = 20;

/// Without a leak there would be no incident to measure.
const LEAKS: [&str; 3] = ["bulk-dump", "read-then-out", "leaver"];

/// One event, and when it happens.
pub struct Event {
    time_ms: i64,
    json: Value,
}

/// Simulates `actors` people for `days`, and builds their company's filter; every event, in the order of time.
pub fn events(directory: &Path, actors: u64, days: u64) -> Vec<Event> {
    let path = |name: &str| directory.join(name).to_str().expect("text").to_owned();
    let (actors, days) = (actors.to_string(), days.to_string());
    let out = path("w");
    let mut simulate = vec!["simulate", "--out", &out, "--actors", &actors, "--customers", "100000", "--days", &days];
    simulate.extend(LEAKS.iter().flat_map(|leak| ["--attack", leak]));
    leakwatch(&simulate);
    leakwatch(&["filter", "keygen", &path("tag.key")]);
    let (key, filters, customers) = (path("tag.key"), path("filters"), path("w/customers.csv"));
    leakwatch(&["filter", "build", "--key-file", &key, "--out", &filters, &customers]);
    let mut events = Vec::new();
    for file in ["w/db-queries.ndjson", "w/egress.ndjson"] {
        let text = std::fs::read_to_string(directory.join(file)).expect("a file");
        events.extend(text.lines().map(|line| {
            let json: Value = serde_json::from_str(line).expect("JSON");
            let time: Timestamp = json["time"].as_str().expect("a time").parse().expect("a time");
            Event { time_ms: time.as_millisecond(), json }
        }));
    }
    events.sort_by_key(|event| event.time_ms);
    events
}

/// Everything at once, received when it happened.
pub fn backlog(kafka: &Kafka, topic: &str, events: &Events) {
    let producer = producer(kafka);
    for event in events {
        send(&producer, topic, &event.json.to_string(), event.time_ms);
    }
    producer.flush(DELIVERED_WITHIN).expect("all is delivered");
}

/// `rate` events a second for `seconds`, each happening now; how many were sent.
pub fn at_rate(kafka: &Kafka, topic: &str, events: &Events, rate: u64, seconds: u64) -> usize {
    let (producer, began) = (producer(kafka), Instant::now());
    let (mut next, mut sent) = (events.iter().cycle(), 0);
    for turn in 1..=seconds * TURNS_A_SECOND {
        let due = usize::try_from(turn * rate / TURNS_A_SECOND).expect("few");
        let now = Timestamp::now();
        for event in next.by_ref().take(due - sent) {
            let mut json = event.json.clone();
            json["time"] = format!("{now:.3}").into();
            json["id"] = format!("live-{rate}-{sent}").into();
            sent += 1;
            send(&producer, topic, &json.to_string(), now.as_millisecond());
        }
        producer.poll(Duration::ZERO);
        let until = began + Duration::from_millis(turn * 1_000 / TURNS_A_SECOND);
        thread::sleep(until.saturating_duration_since(Instant::now()));
    }
    producer.flush(DELIVERED_WITHIN).expect("all is delivered");
    sent
}

fn producer(kafka: &Kafka) -> BaseProducer {
    kafka.config().set("acks", "all").set("compression.type", "lz4").create().expect("a producer")
}

fn send(producer: &BaseProducer, topic: &str, payload: &str, time_ms: i64) {
    let mut record = BaseRecord::<(), str>::to(topic).partition(0).payload(payload).timestamp(time_ms);
    while let Err((_, back)) = producer.send(record) {
        record = back;
        producer.poll(Duration::from_millis(5));
    }
}
