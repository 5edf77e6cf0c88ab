//! The runtime on a real Kafka: nothing lost, nothing counted twice, through crashes and rebalances.

mod common;

use common::kafka::{Kafka, Line, committed, eventually, produce, read_all};
use common::stages::{EVERY, Instance, Topics};
use leakwatch::core::activity::{BatchReader, Record};
use leakwatch::core::incident::Incident;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const SOURCE_PARTITIONS: i32 = 4;
const ACTIVITY_PARTITIONS: u32 = 8;
const WITHIN: Duration = Duration::from_mins(1);

/// Line `n` is of one of 50 actors and goes to one of the source's partitions.
fn lines(range: std::ops::Range<u32>) -> impl Iterator<Item = (i32, Vec<u8>)> {
    range.map(|n| {
        let partition = i32::try_from(n).expect("small") % SOURCE_PARTITIONS;
        (partition, format!(r#"{{"actor":"emp{:03}","n":{n}}}"#, n % 50).into_bytes())
    })
}

/// Origins in the activity log, by where they were found; each in the order of the log.
fn origins(log: &[Line]) -> Vec<(i32, (u32, u64))> {
    let mut found = Vec::new();
    for line in log {
        for record in BatchReader::new(&line.value).expect("a batch") {
            if let Record::Activity(activity) = record.expect("a record") {
                found.push((line.partition, (activity.origin.partition.0, activity.origin.offset)));
            }
        }
    }
    found
}

/// What is left when the highest origin a (activity partition, source partition) is kept, as detect does.
fn counted_once(log: &[Line]) -> Vec<(u32, u64)> {
    let mut highest: BTreeMap<(i32, u32), u64> = BTreeMap::new();
    let mut counted = Vec::new();
    for (partition, (source, offset)) in origins(log) {
        let known = highest.get(&(partition, source));
        if known.is_none_or(|known| offset > *known) {
            highest.insert((partition, source), offset);
            counted.push((source, offset));
        }
    }
    counted.sort_unstable();
    counted
}

fn expected(records: u32) -> Vec<(u32, u64)> {
    let sources = u32::try_from(SOURCE_PARTITIONS).expect("small");
    let mut all: Vec<_> = (0..records).map(|n| (n % sources, u64::from(n / sources))).collect();
    all.sort_unstable();
    all
}

#[test]
fn every_source_record_is_counted_once_through_a_crash() {
    let Some(kafka) = Kafka::shared("every_source_record_is_counted_once_through_a_crash") else { return };
    let (config, topics) = (kafka.config(), Topics::of("crash"));
    kafka.create_topics(&topics.all(SOURCE_PARTITIONS, 8), &[]);
    produce(&config, &topics.source, lines(0..20_000));
    produce(&config, &topics.source, [(0, b"no json".to_vec())]);

    let first = Instance::new(&config, "crash").ingest(&topics, ACTIVITY_PARTITIONS);
    let emitted = first.services.metrics.ingest.emitted.clone();
    eventually("the first instance works", WITHIN, || emitted.get() > 5_000);
    first.crash();

    let second = Instance::new(&config, "crash").ingest(&topics, ACTIVITY_PARTITIONS);
    produce(&config, &topics.source, lines(20_000..40_000));
    eventually("all is committed", WITHIN, || {
        let done = committed(&config, "crash-ingest", &topics.source, SOURCE_PARTITIONS);
        done.into_iter().flatten().sum::<i64>() == 40_001
    });
    let begun = Instant::now();
    assert_eq!(second.stop(), None);
    assert!(begun.elapsed() < Duration::from_secs(10), "drained in {:?}", begun.elapsed());

    let log = read_all(&config, &topics.activity);
    let mut counted = counted_once(&log);
    // Partition 0's offset of the line that is no JSON is missing, and what follows it lies one higher.
    for (source, offset) in &mut counted {
        if *source == 0 && *offset > 5_000 {
            *offset -= 1;
        }
    }
    assert_eq!(counted, expected(40_000));
    let rejected: BTreeSet<Vec<u8>> = read_all(&config, &topics.rejected).into_iter().map(|line| line.value).collect();
    assert_eq!(rejected.len(), 1, "the same line, however often it was sent");
    let line: serde_json::Value = serde_json::from_slice(rejected.first().expect("one")).expect("json");
    assert_eq!(line["topic"], topics.source.as_str());
    assert_eq!((&line["partition"], &line["offset"], &line["reason"]), (&0.into(), &5_000.into(), &"not_json".into()));
    assert!(line.get("value_base64").is_none());
}

fn incidents(log: &[Line]) -> BTreeMap<(String, u32), Incident> {
    let mut seen: BTreeMap<(String, u32), Incident> = BTreeMap::new();
    for line in log {
        let incident: Incident = serde_json::from_slice(&line.value).expect("an incident");
        assert_eq!(line.key, incident.incident.0.as_bytes());
        let known = seen.insert((incident.entity.id.clone(), incident.revision), incident.clone());
        assert!(known.is_none_or(|known| known == incident), "one content for each revision");
    }
    seen
}

#[test]
fn state_survives_a_crash_and_a_second_instance_takes_its_share() {
    let Some(kafka) = Kafka::shared("state_survives_a_crash_and_a_second_instance_takes_its_share") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
    let (config, topics) = (kafka.config(), Topics::of("state"));
    kafka.create_topics(&topics.all(SOURCE_PARTITIONS, 8), &[]);
    let directory = tempfile::tempdir().expect("a directory");
    let detect = |instance: &mut Instance| {
        instance.try_detect(&topics, None, directory.path(), runtime.handle()).expect("detect starts");
    };

    let mut first = Instance::new(&config, "state").ingest(&topics, ACTIVITY_PARTITIONS);
    detect(&mut first);
    produce(&config, &topics.source, lines(0..20_000));
    let written = first.services.metrics.snapshots.outcomes.with_label_values(&["written"]);
    eventually("snapshots are written", WITHIN, || written.get() >= 8);

    let mut second = Instance::new(&config, "state");
    detect(&mut second);
    let owned = |instance: &Instance| instance.services.metrics.kafka.partitions.with_label_values(&["detect"]).get();
    eventually("both own a half", WITHIN, || owned(&first) == 4 && owned(&second) == 4);
    produce(&config, &topics.source, lines(20_000..30_000));
    let applied = second.services.metrics.detect.applied.with_label_values(&["activity"]);
    eventually("the second works", WITHIN, || applied.get() > 1_000);
    second.crash();

    eventually("the first owns all again", WITHIN, || owned(&first) == 8);
    produce(&config, &topics.source, lines(30_000..40_000));
    let all = usize::try_from(40_000 / EVERY).expect("few");
    eventually("every incident is there", WITHIN, || incidents(&read_all(&config, &topics.incidents)).len() == all);
    let begun = Instant::now();
    assert_eq!(first.stop(), None);
    let took = begun.elapsed();
    eprintln!("drained in {took:?}");
    assert!(took < Duration::from_secs(10), "drained in {took:?}");
}
