//! The embedded broker: librdkafka's mock cluster, on loopback, reached through the real client.

use super::scene::Scene;
use anyhow::Result;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

/// Partitions of the activity log.
const ACTIVITY_PARTITIONS: i32 = 8;
/// Partitions of every other topic.
const PARTITIONS: i32 = 4;

/// A running broker; it ends with this.
pub(super) struct Broker {
    _cluster: MockCluster<'static, DefaultProducerContext>,
    /// Where clients find it.
    pub bootstrap: String,
}

/// Starts it, with the topics of the demo.
pub(super) fn start(_scene: &Scene) -> Result<Broker> {
    let cluster = MockCluster::new(1)?;
    cluster.create_topic("leakwatch.activity", ACTIVITY_PARTITIONS, 1)?;
    for topic in ["db-queries", "egress", "leakwatch.incidents"] {
        cluster.create_topic(topic, PARTITIONS, 1)?;
    }
    for topic in ["rejected", "shadow", "verdicts", "audit", "dead_letters", "heartbeats"] {
        cluster.create_topic(&format!("leakwatch.{topic}"), 1, 1)?;
    }
    let bootstrap = cluster.bootstrap_servers();
    Ok(Broker { _cluster: cluster, bootstrap })
}
