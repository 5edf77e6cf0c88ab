//! The runtime on librdkafka's mock cluster: what `demo` stands on, and what needs no Java.

mod common;

use common::kafka::{Line, committed, connection, eventually, produce, read_all};
use common::stages::{EVERY, Instance, Topics};
use leakwatch::core::activity::{BatchReader, Record};
use leakwatch::core::incident::Incident;
use rdkafka::config::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use std::collections::BTreeSet;
use std::time::Duration;

const WITHIN: Duration = Duration::from_mins(1);
const LINES: u32 = 10_000;

struct Bench {
    cluster: MockCluster<'static, DefaultProducerContext>,
    config: ClientConfig,
    topics: Topics,
    directory: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

fn bench(test: &str) -> Bench {
    common::show_log();
    let cluster = MockCluster::new(1).expect("a cluster");
    let topics = Topics::of(test);
    for (name, partitions) in topics.all(2, 4) {
        cluster.create_topic(name, partitions, 1).expect("a topic");
    }
    let config = connection(&cluster.bootstrap_servers());
    let builder = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let (directory, runtime) = (tempfile::tempdir().expect("a directory"), builder.expect("a runtime"));
    Bench { cluster, config, topics, directory, runtime }
}

impl Bench {
    fn detect(&self, instance: &mut Instance) {
        instance.try_detect(&self.topics, None, self.directory.path(), self.runtime.handle()).expect("detect starts");
    }

    fn produce(&self, range: std::ops::Range<u32>) {
        let lines = range.map(|n| {
            let line = format!(r#"{{"actor":"emp{:02}","n":{n}}}"#, n % 20);
            (i32::try_from(n % 2).expect("small"), line.into_bytes())
        });
        produce(&self.config, &self.topics.source, lines);
    }

    fn await_incidents(&self, lines: u32) {
        let wanted = usize::try_from(u64::from(lines) / EVERY).expect("few");
        eventually("every incident is there", WITHIN, || {
            distinct(&read_all(&self.config, &self.topics.incidents)).len() == wanted
        });
    }
}

fn activities(line: &Line) -> usize {
    let records = BatchReader::new(&line.value).expect("a batch").map(|record| record.expect("a record"));
    records.filter(|record| matches!(record, Record::Activity(_))).count()
}

fn distinct(log: &[Line]) -> BTreeSet<(String, u32)> {
    let read = |line: &Line| serde_json::from_slice::<Incident>(&line.value).expect("an incident");
    log.iter().map(read).map(|incident| (incident.entity.id, incident.revision)).collect()
}

#[test]
fn a_second_instance_takes_over_from_one_that_is_killed() {
    let bench = bench("embedded");
    let mut first = Instance::new(&bench.config, "embedded").ingest(&bench.topics, 4);
    bench.detect(&mut first);
    let mut second = Instance::new(&bench.config, "embedded");
    bench.detect(&mut second);
    let owned = |instance: &Instance| instance.services.metrics.kafka.partitions.with_label_values(&["detect"]).get();
    eventually("both own a half", WITHIN, || owned(&first) == 2 && owned(&second) == 2);
    bench.produce(0..LINES / 2);
    second.crash();
    bench.produce(LINES / 2..LINES);
    bench.await_incidents(LINES);
    assert_eq!(first.stop(), None);
}

#[test]
fn errors_that_pass_are_outlived() {
    let bench = bench("errors");
    let mut instance = Instance::new(&bench.config, "errors").ingest(&bench.topics, 4);
    bench.detect(&mut instance);
    eventually("it has joined", WITHIN, || {
        instance.running.iter().all(leakwatch::io::kafka::services::Running::is_ready)
    });
    let not_leader = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
    let few_replicas = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS;
    bench.cluster.request_errors(RDKafkaApiKey::Produce, &[not_leader, few_replicas, not_leader]);
    bench.cluster.request_errors(RDKafkaApiKey::Fetch, &[not_leader, not_leader]);
    bench.cluster.request_errors(
        RDKafkaApiKey::OffsetCommit,
        &[
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        ],
    );
    bench.produce(0..LINES);
    bench.await_incidents(LINES);
    assert_eq!(instance.stop(), None);
}

#[test]
fn a_delivery_that_fails_for_good_ends_the_process_before_a_commit() {
    let bench = bench("undelivered");
    let instance = Instance::new(&bench.config, "undelivered").ingest(&bench.topics, 4);
    bench.produce(0..100);
    let lines = || read_all(&bench.config, &bench.topics.activity).len();
    eventually("it works", WITHIN, || lines() > 0);
    bench
        .cluster
        .request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 200]);
    bench.produce(100..200);
    let life = instance.services.lifecycle.clone();
    eventually("the process ends", WITHIN, || life.has_failed());
    let reason = instance.stop().expect("a reason");
    bench.cluster.clear_request_errors(RDKafkaApiKey::Produce);
    let done: i64 = committed(&bench.config, "undelivered-ingest", &bench.topics.source, 2).into_iter().flatten().sum();
    let delivered: usize = read_all(&bench.config, &bench.topics.activity).iter().map(activities).sum();
    assert!(usize::try_from(done).expect("few") <= delivered, "{done} committed, {delivered} delivered");
    assert!(reason.contains("was not delivered") || reason.contains("gave up"), "{reason}");
}
