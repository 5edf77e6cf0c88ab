//! A sink that is a topic of the same cluster.

use super::super::error::RunError;
use super::super::lookup::Lookup;
use super::super::producer::producer_config;
use super::super::services::partition_of_key;
use super::super::topics_table::wire_partition;
use crate::io::lifecycle::Lifecycle;
use crate::io::sinks::{IncidentLine, Shape, Sink, SinkError};
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use rdkafka::util::Timeout;
use std::time::Duration;
use tokio::runtime::Handle;

/// A trial is given up after this long.
const PROVE_WITHIN: Duration = Duration::from_secs(15);

/// Writes each line to a topic, keyed by its incident, one after another. Its client is its own: what the topic refuses goes
/// to the dead letters, and ends nothing else.
pub struct TopicSink {
    topic: String,
    partitions: u32,
    shape: Shape,
    config: ClientConfig,
    client: FutureProducer,
    runtime: Handle,
    lifecycle: Lifecycle,
}

impl TopicSink {
    /// Looks the topic up, and connects.
    ///
    /// # Errors
    /// [`RunError::TopicMissing`], or [`RunError::Kafka`] if no broker answers.
    pub fn new(
        topic: &str,
        shape: Shape,
        connection: &ClientConfig,
        runtime: Handle,
        lifecycle: Lifecycle,
    ) -> Result<Self, RunError> {
        // It asks and reads nothing, so the group's name is of no account.
        let partitions = Lookup::new(connection, topic)?.partitions(topic)?;
        let config = producer_config(connection);
        let client = config.create().map_err(RunError::kafka("making a sink's producer"))?;
        Ok(Self { topic: topic.to_owned(), partitions, shape, config, client, runtime, lifecycle })
    }

    /// A client that has given up for good is replaced before the next line.
    fn renew(&mut self) -> Result<(), KafkaError> {
        if let Some((_, reason)) = self.client.client().fatal_error() {
            tracing::warn!(topic = self.topic, reason, "a sink's producer gave up; another takes its place");
            self.client = self.config.create()?;
        }
        Ok(())
    }

    async fn send(&self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        let key = line.incident.incident.0.as_bytes();
        let body = self.shape.body(line);
        let partition = wire_partition(partition_of_key(key, self.partitions));
        let record = FutureRecord::to(&self.topic).key(key).partition(partition).payload(body.as_ref());
        // A broker that is away is waited for; the client tries again by itself.
        let sent = self.client.send(record, Timeout::Never).await;
        sent.map(drop).map_err(|(error, _)| gave_up(&error))
    }
}

fn gave_up(error: &KafkaError) -> SinkError {
    SinkError::GaveUp { attempts: 1, last: error.to_string() }
}

impl Sink for TopicSink {
    fn deliver(&mut self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        self.renew().map_err(|error| gave_up(&error))?;
        self.runtime.block_on(async {
            tokio::select! {
                sent = self.send(line) => sent,
                () = self.lifecycle.stopping() => Err(SinkError::Stopped),
            }
        })
    }

    fn prove(&mut self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        let late = || SinkError::GaveUp { attempts: 1, last: format!("no broker took it within {PROVE_WITHIN:?}") };
        self.runtime.block_on(async {
            tokio::time::timeout(PROVE_WITHIN, self.send(line)).await.unwrap_or_else(|_| Err(late()))
        })
    }
}
