//! The runtime on a real Kafka: nothing lost, nothing counted twice, through crashes and rebalances.

mod common;

use common::kafka::{Kafka, Line, committed, eventually, produce, read_all};
use common::stages::{EVERY, Instance, Topics};
use leakwatch::core::activity::{BatchReader, Record};
use leakwatch::core::incident::Incident;
use leakwatch::io::kafka::RunError;
use leakwatch::io::kafka::stages::RuleSet;
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

/// A broker, topics, a store for snapshots and somewhere to wait.
struct Bench {
    kafka: std::sync::Arc<Kafka>,
    topics: Topics,
    directory: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    deployment: &'static str,
}

impl Bench {
    fn new(test: &'static str, activity: i32, settings: &[(&str, &str)]) -> Option<Self> {
        let kafka = Kafka::shared(test)?;
        let topics = Topics::of(test);
        kafka.create_topics(&topics.all(SOURCE_PARTITIONS, activity), settings);
        let builder = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let (directory, runtime) = (tempfile::tempdir().expect("a directory"), builder.expect("a runtime"));
        Some(Self { kafka, topics, directory, runtime, deployment: test })
    }

    fn instance(&self) -> Instance {
        Instance::new(&self.kafka.config(), self.deployment)
    }

    fn detect(&self, instance: &mut Instance, rules: Option<&RuleSet>) -> Result<(), RunError> {
        instance.try_detect(&self.topics, rules, self.directory.path(), self.runtime.handle())
    }

    fn snapshots(&self) -> Vec<std::path::PathBuf> {
        let folders = self.directory.path().join(self.deployment).join(&self.topics.activity);
        let partitions = std::fs::read_dir(folders).into_iter().flatten().filter_map(Result::ok);
        let files = partitions.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten());
        files.filter_map(Result::ok).map(|file| file.path()).collect()
    }

    fn control_records(&self) -> Vec<(i32, String)> {
        let mut found = Vec::new();
        for line in read_all(&self.kafka.config(), &self.topics.activity) {
            for record in BatchReader::new(&line.value).expect("a batch") {
                if let Record::Control(control) = record.expect("a record") {
                    found.push((line.partition, format!("{control:?}")));
                }
            }
        }
        found
    }
}

fn joined(instance: &Instance) -> bool {
    instance.running.iter().all(leakwatch::io::kafka::services::Running::is_ready)
}

#[test]
fn damaged_snapshots_are_passed_over_and_a_changed_partition_count_is_refused() {
    let Some(bench) = Bench::new("damaged", 2, &[]) else { return };
    let config = bench.kafka.config();
    let mut first = bench.instance().ingest(&bench.topics, 2);
    bench.detect(&mut first, None).expect("starts");
    produce(&config, &bench.topics.source, lines(0..5_000));
    let seen = || incidents(&read_all(&config, &bench.topics.incidents)).len();
    eventually("the first lines are out", WITHIN, || seen() == 5_000 / usize::try_from(EVERY).expect("small"));
    let written = first.services.metrics.snapshots.outcomes.with_label_values(&["written"]);
    let before = written.get();
    eventually("a few snapshots are written", WITHIN, || written.get() >= before + 4);
    assert_eq!(first.stop(), None);

    // The newest of each partition is cut, the one before is damaged in the middle.
    let mut files = bench.snapshots();
    files.sort();
    for partition in ["00000", "00001"] {
        let mut of_it: Vec<_> =
            files.iter().filter(|file| file.parent().is_some_and(|folder| folder.ends_with(partition))).collect();
        let (newest, older) = (of_it.pop().expect("a snapshot"), of_it.pop().expect("an older one"));
        let mut bytes = std::fs::read(newest).expect("read");
        bytes.truncate(bytes.len() / 2);
        std::fs::write(newest, bytes).expect("written");
        let mut bytes = std::fs::read(older).expect("read");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(older, bytes).expect("written");
    }

    let mut second = bench.instance().ingest(&bench.topics, 2);
    bench.detect(&mut second, None).expect("starts");
    produce(&config, &bench.topics.source, lines(5_000..10_000));
    eventually("every line is out, none with two contents", WITHIN, || {
        seen() == 10_000 / usize::try_from(EVERY).expect("small")
    });
    let unusable = &second.services.metrics.snapshots.unusable;
    // Two of each partition, and those of partition 0 once more when the partition count was checked.
    assert_eq!(unusable.with_label_values(&["damaged"]).get(), 6);
    assert_eq!(second.stop(), None);
    let told = bench.control_records().into_iter().filter(|(_, control)| control.starts_with("SnapshotsSkipped"));
    let mut told: Vec<_> = told.map(|(partition, _)| partition).collect();
    told.sort_unstable();
    assert_eq!(told, [0, 1], "the log has it, once for each partition");

    bench.kafka.add_partitions(&bench.topics.activity, 3);
    eventually("three partitions are known", WITHIN, || {
        let mut third = bench.instance();
        match bench.detect(&mut third, None) {
            Err(RunError::PartitionCount { now: 3, then: 2, .. }) => true,
            Err(other) => panic!("{other}"),
            Ok(()) => {
                third.stop();
                false
            }
        }
    });
}

#[test]
fn configured_rules_reach_every_partition_once() {
    let Some(bench) = Bench::new("rules", 3, &[]) else { return };
    let rules = |version: &str| RuleSet { version: version.into(), yaml: vec!["version: 1".into()] };
    let count = |version: &str| {
        let published = bench.control_records();
        published.iter().filter(|(_, control)| control.contains(&format!("{version:?}"))).count()
    };
    for version in ["one", "one", "two"] {
        let mut instance = bench.instance();
        bench.detect(&mut instance, Some(&rules(version))).expect("starts");
        eventually("the rules are published", WITHIN, || count(version) == 3 && joined(&instance));
        // The state has to have read them before it is kept.
        let applied = instance.services.metrics.detect.applied.with_label_values(&["control"]);
        let written = instance.services.metrics.snapshots.outcomes.with_label_values(&["written"]);
        if count("two") > 0 || applied.get() > 0 {
            eventually("the state knows them", WITHIN, || applied.get() >= 1 && written.get() >= 1);
        }
        assert_eq!(instance.stop(), None);
    }
    assert_eq!((count("one"), count("two")), (3, 3), "a version is published once, the second start changes nothing");
}

#[test]
fn what_retention_took_before_it_was_read_is_recorded_as_a_gap() {
    let Some(bench) = Bench::new("gap", 2, &[]) else { return };
    let config = bench.kafka.config();
    let total = |records: i64| {
        let done = committed(&config, "gap-ingest", &bench.topics.source, SOURCE_PARTITIONS);
        done.into_iter().flatten().sum::<i64>() == records
    };
    let first = bench.instance().ingest(&bench.topics, 2);
    produce(&config, &bench.topics.source, lines(0..400));
    eventually("all is committed", WITHIN, || total(400));
    assert_eq!(first.stop(), None);

    produce(&config, &bench.topics.source, lines(400..800));
    bench.kafka.delete_before(&bench.topics.source, 2, 150);
    let second = bench.instance().ingest(&bench.topics, 2);
    eventually("all is committed", WITHIN, || total(800));
    assert_eq!(second.stop(), None);
    let gaps: Vec<String> = bench.control_records().into_iter().map(|(_, control)| control).collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].contains("Gap") && gaps[0].contains("from: 100, to: 150"), "{gaps:?}");
}
