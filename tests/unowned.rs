//! A crash between the two steps of a cooperative rebalance, on a real Kafka: partitions are left to nobody, and dealt again.

mod common;

use common::kafka::{Kafka, eventually};
use common::stages::Instance;
use leakwatch::io::kafka::topics_table::TopicTable;
use leakwatch::io::kafka::unowned;
use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const TEST: &str = "unowned";
const PARTITIONS: i32 = 6;
const WITHIN: Duration = Duration::from_mins(1);
/// A rebalance would be over by then: what is unowned for so long stays so.
const LEFT_ALONE: Duration = Duration::from_secs(15);
const TURN: Duration = Duration::from_millis(20);

/// Answers no revocation: its process ends at that moment.
#[derive(Default)]
struct Dying(Arc<AtomicBool>);

impl ClientContext for Dying {}

impl ConsumerContext for Dying {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                consumer.incremental_assign(list).expect("assigned");
            }
            _ => self.0.store(true, Ordering::SeqCst),
        }
    }
}

fn settings(config: &ClientConfig, group: &str, name: &str) -> ClientConfig {
    let mut config = config.clone();
    config.set("group.id", group).set("group.instance.id", name).set("session.timeout.ms", "30000");
    config.set("partition.assignment.strategy", "cooperative-sticky").set("enable.auto.commit", "false");
    config
}

fn owns<C: ConsumerContext>(member: &BaseConsumer<C>) -> usize {
    let _ = member.poll(TURN);
    member.assignment().expect("an assignment").count()
}

#[test]
fn what_a_crash_in_a_rebalance_leaves_to_nobody_is_dealt_again() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    kafka.create_topics(&[(TEST, PARTITIONS)], &[]);
    let all = usize::try_from(PARTITIONS).expect("few");
    let instance = Instance::new(&kafka.config(), TEST);
    let group = instance.services.group("ingest");

    let dying = Dying::default();
    let asked = Arc::clone(&dying.0);
    let first: BaseConsumer<Dying> =
        settings(&kafka.config(), &group, "a").create_with_context(dying).expect("a consumer");
    first.subscribe(&[TEST]).expect("subscribed");
    eventually("the first owns all", WITHIN, || owns(&first) == all);
    let second: BaseConsumer = settings(&kafka.config(), &group, "b").create().expect("a consumer");
    second.subscribe(&[TEST]).expect("subscribed");
    eventually("the first has to give some up", WITHIN, || {
        owns(&second);
        let _ = first.poll(TURN);
        asked.load(Ordering::SeqCst)
    });
    // A process that is killed says nothing more, and its successor has its name.
    std::mem::forget(first);
    let successor: BaseConsumer = settings(&kafka.config(), &group, "a").create().expect("a consumer");
    successor.subscribe(&[TEST]).expect("subscribed");
    eventually("the successor owns what the first was left", WITHIN, || owns(&second) + owns(&successor) > 0);
    let until = Instant::now() + LEFT_ALONE;
    while Instant::now() < until {
        let owned = owns(&second) + owns(&successor);
        assert!(owned < all, "the group deals again by itself now: who looks for the unowned is of no use any more");
    }

    let topics = Arc::new(TopicTable::new([TEST.to_owned()]));
    let watch = unowned::watch("ingest", group, topics, &instance.services).expect("a thread");
    eventually("every partition is somebody's", WITHIN, || owns(&second) + owns(&successor) == all);
    let metrics = &instance.services.metrics.kafka;
    assert!(metrics.dealt_again.with_label_values(&["ingest"]).get() > 0);
    let unowned = metrics.unowned.with_label_values(&["ingest"]);
    eventually("the gauge says so", WITHIN, || {
        owns(&second);
        owns(&successor);
        unowned.get() == 0
    });
    assert_eq!(instance.stop(), None);
    watch.join().expect("it ends");
}
