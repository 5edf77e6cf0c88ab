//! A record that ends the process each time it is handled: on a real Kafka it is found after a few crashes, set aside and
//! told of, in ingest and in detect, and nothing else is lost.

mod common;

use common::kafka::{Kafka, eventually, produce, read_all};
use common::stages::{EVERY, Instance, POISON, POISON_LATER, Topics};
use leakwatch::core::activity::{BatchReader, Control, Record};
use leakwatch::core::history::History;
use leakwatch::core::incident::Incident;
use leakwatch::io::kafka::history_log::HistoryLog;
use leakwatch::io::kafka::trials::{BEGINNINGS, SET_ASIDE_AFTER};
use rdkafka::config::ClientConfig;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

const TEST: &str = "poison";
const PARTITIONS: i32 = 3;
const ACTORS: u64 = 6;
/// Each stage has a culprit; every crash is one's or the other's.
const MOST_LIVES: u32 = 2 * (BEGINNINGS + SET_ASIDE_AFTER + 2);
const LIFE_WITHIN: Duration = Duration::from_mins(1);

/// Every actor's events, with a culprit of each kind in the middle of a partition.
fn lines() -> Vec<(i32, Vec<u8>)> {
    let line = |actor: &str, n: u64| (i32::try_from(n).expect("small") % PARTITIONS, actor.to_owned());
    let mut lines: Vec<(i32, String)> =
        (0..ACTORS * EVERY).map(|n| line(&format!("emp{}", n % ACTORS), n / ACTORS)).collect();
    lines.insert(200, (1, POISON.to_owned()));
    lines.insert(400, (2, POISON_LATER.to_owned()));
    lines.into_iter().map(|(to, actor)| (to, format!(r#"{{"actor":"{actor}"}}"#).into_bytes())).collect()
}

/// What was set aside, by topic.
fn set_aside(config: &ClientConfig, topics: &Topics) -> BTreeSet<(String, u32, u64)> {
    let mut found = BTreeSet::new();
    for line in read_all(config, &topics.activity) {
        for record in BatchReader::new(&line.value).expect("a batch") {
            let record = record.expect("a record");
            if let Record::Control(Control::SetAside { source, partition, offset, .. }) = &record {
                found.insert(((*source).to_owned(), partition.0, *offset));
            }
            if let Record::Control(Control::LeftOut { topic, partition, position, .. }) = &record {
                found.insert(((*topic).to_owned(), partition.0, position.offset.0));
            }
        }
    }
    found
}

fn raised(config: &ClientConfig, topics: &Topics) -> BTreeSet<String> {
    let lines = read_all(config, &topics.incidents);
    let incidents = lines.iter().map(|line| serde_json::from_slice::<Incident>(&line.value).expect("an incident"));
    incidents.filter(|incident| incident.revision == 1).map(|incident| incident.entity.id).collect()
}

/// A process, until it fails or all is done; whether it failed.
fn life(config: &ClientConfig, topics: &Topics, state: &Path, runtime: &tokio::runtime::Handle) -> bool {
    let mut instance = Instance::new(config, TEST).ingest(topics, 2);
    instance.try_detect(topics, None, state, runtime).expect("detect starts");
    let all = usize::try_from(ACTORS).expect("few");
    let failed = || instance.services.lifecycle.has_failed();
    eventually("it fails or all is done", LIFE_WITHIN, || {
        failed() || (raised(config, topics).len() == all && set_aside(config, topics).len() == 2)
    });
    let failed = failed();
    instance.stop();
    failed
}

#[test]
fn what_keeps_ending_the_process_is_set_aside_and_nothing_else_is_lost() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let (config, topics) = (kafka.config(), Topics::of(TEST));
    kafka.create_topics(&topics.all(PARTITIONS, 2), &[]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
    let state = tempfile::tempdir().expect("a directory");
    let lines = lines();
    let offset = lines[..200].iter().filter(|(to, _)| *to == 1).count() as u64;
    produce(&config, &topics.source, lines);

    let lives = (1..=MOST_LIVES).find(|_| !life(&config, &topics, state.path(), runtime.handle()));
    let lives = lives.expect("the culprits are found within the bound");
    println!("{lives} processes");
    assert!(lives > SET_ASIDE_AFTER, "nothing is set aside lightly");
    let aside = set_aside(&config, &topics);
    assert!(aside.contains(&(topics.source.clone(), 1, offset)), "{aside:?}");
    assert_eq!(aside.iter().filter(|(topic, ..)| *topic == topics.activity).count(), 1, "{aside:?}");
    let rejected = read_all(&config, &topics.rejected);
    let told = rejected.iter().any(|line| {
        let line: serde_json::Value = serde_json::from_slice(&line.value).expect("json");
        line["reason"] == "set_aside" && line["offset"] == offset
    });
    assert!(told, "{rejected:?}");
    whoever_reads_the_log_later_leaves_out_the_same(&config, &topics.activity);
}

/// Every event that counted is in the history, once, and none that did not.
fn whoever_reads_the_log_later_leaves_out_the_same(config: &ClientConfig, activity: &str) {
    let log = HistoryLog::new(config, "poison-reader", activity).expect("a reader");
    let mut history = History::default();
    let read = log.read((None, None), None, &mut history, || ()).expect("reads");
    assert!(read.left_out >= 1, "{read:?}");
    let mut events: BTreeMap<String, u64> = BTreeMap::new();
    history.each_activity(|activity| *events.entry(activity.actor.to_owned()).or_default() += 1);
    let expected: BTreeMap<String, u64> = (0..ACTORS).map(|n| (format!("emp{n}"), EVERY)).collect();
    assert_eq!(events, expected);
}
