//! The idempotent producer. A delivery that fails ends the process before anything that depends on it is committed.

use super::client::INSTANCE;
use super::consumer::log_line;
use super::deliveries::{DeliverySet, InFlight};
use super::error::RunError;
use super::topics_table::wire_partition;
use crate::core::units::Partition;
use crate::io::lifecycle::Lifecycle;
use crate::io::metrics::KafkaMetrics;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Reports are collected in waits of this length; it bounds how long the thread outlives its producer.
const REPORT_WAIT: Duration = Duration::from_millis(50);
/// How long a sender sleeps where the client's own queue is full, unless something arrives earlier.
const FULL_WAIT: Duration = Duration::from_millis(10);

/// The settings that carry correctness, on top of the connection's.
pub fn producer_config(connection: &ClientConfig) -> ClientConfig {
    let mut config = connection.clone();
    // A producer belongs to no group.
    config.remove(INSTANCE);
    for (key, value) in [
        ("enable.idempotence", "true"),
        ("acks", "all"),
        // 0 is for ever: a broker that is away is waited for, and nothing is given up silently.
        ("message.timeout.ms", "0"),
        ("linger.ms", "1"),
        ("compression.type", "lz4"),
        ("queue.buffering.max.messages", "200000"),
        ("queue.buffering.max.kbytes", "131072"),
        ("statistics.interval.ms", "0"),
    ] {
        config.set(key, value);
    }
    config
}

/// What travels with a message and comes back with its report.
#[derive(Debug)]
pub struct Ticket {
    bytes: usize,
    set: Option<Arc<DeliverySet>>,
}

/// Receives delivery reports.
pub struct Reports {
    flight: Arc<InFlight>,
    lifecycle: Lifecycle,
    metrics: KafkaMetrics,
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log_line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.metrics.client_errors.with_label_values(&["producer"]).inc();
        tracing::warn!(stage = "producer", %error, reason, "kafka client");
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Ticket>;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: Box<Ticket>) {
        match result {
            Ok(message) => {
                self.metrics.delivered.with_label_values(&[message.topic()]).inc();
                if let Some(set) = &ticket.set {
                    set.leave();
                }
            }
            Err((error, message)) => self.lifecycle.fail(RunError::Undelivered {
                topic: message.topic().to_owned(),
                partition: message.partition(),
                source: error.clone(),
            }),
        }
        self.flight.leave(ticket.bytes);
        let (messages, bytes) = self.flight.load();
        self.metrics.in_flight.set(i64::try_from(messages).unwrap_or(i64::MAX));
        self.metrics.in_flight_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

struct Inner {
    client: BaseProducer<Reports>,
    flight: Arc<InFlight>,
    closed: AtomicBool,
}

/// One producer for the whole process; clones share it.
#[derive(Clone)]
pub struct Producer(Arc<Inner>);

/// Where a message goes.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition: always ours to say, because clients differ in how they choose.
    pub partition: Partition,
    /// The key, for whoever reads the topic.
    pub key: Option<&'a [u8]>,
}

impl Producer {
    /// Makes the producer, and the thread that collects its reports.
    ///
    /// # Errors
    /// [`RunError`] if the settings are refused.
    pub fn start(
        connection: &ClientConfig,
        lifecycle: &Lifecycle,
        metrics: &KafkaMetrics,
    ) -> Result<(Self, JoinHandle<()>), RunError> {
        let flight = Arc::new(InFlight::new(lifecycle.clone()));
        let reports = Reports { flight: Arc::clone(&flight), lifecycle: lifecycle.clone(), metrics: metrics.clone() };
        let client = BaseProducer::from_config_and_context(&producer_config(connection), reports)
            .map_err(RunError::kafka("making the producer"))?;
        let inner = Arc::new(Inner { client, flight, closed: AtomicBool::new(false) });
        let collector = Arc::clone(&inner);
        let thread = lifecycle.spawn("deliveries", move || collect(&collector))?;
        Ok((Self(inner), thread))
    }

    /// Sends one message as part of `set`. Waits while too much is on its way.
    ///
    /// # Errors
    /// [`RunError`] if the client refuses the message, or the process has failed meanwhile.
    pub fn send(&self, to: Destination<'_>, payload: &[u8], set: Option<&Arc<DeliverySet>>) -> Result<(), RunError> {
        let bytes = payload.len() + to.key.map_or(0, <[u8]>::len);
        if !self.0.flight.enter(bytes) {
            return Err(RunError::Stopped);
        }
        if let Some(set) = set {
            set.join();
        }
        let queued = self.enqueue(to, payload, Box::new(Ticket { bytes, set: set.cloned() }));
        if queued.is_err() {
            self.0.flight.leave(bytes);
        }
        queued
    }

    fn enqueue(&self, to: Destination<'_>, payload: &[u8], ticket: Box<Ticket>) -> Result<(), RunError> {
        let mut record = BaseRecord::<[u8], [u8], _>::with_opaque_to(to.topic, ticket)
            .partition(wire_partition(to.partition))
            .payload(payload);
        record.key = to.key;
        loop {
            match self.0.client.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    self.0.flight.wait_change(FULL_WAIT);
                }
                Err((source, _)) => {
                    return Err(RunError::Kafka {
                        doing: format!("sending to {} [{}]", to.topic, to.partition),
                        source,
                    });
                }
            }
        }
    }

    /// Messages and bytes on their way.
    pub fn in_flight(&self) -> (usize, usize) {
        self.0.flight.load()
    }

    /// Waits until all of `sets` are delivered; says whether it was in time.
    pub fn wait_delivered(&self, sets: &[Arc<DeliverySet>], until: Instant) -> bool {
        self.0.flight.wait_until(until, || sets.iter().all(|set| set.is_delivered()))
    }

    /// Waits until nothing is on its way; says whether it was in time.
    pub fn drain(&self, until: Instant) -> bool {
        self.0.flight.wait_until(until, || self.0.flight.load().0 == 0)
    }

    /// Lets the collecting thread end; nothing may be sent after this.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
    }
}

fn collect(inner: &Inner) -> Result<(), RunError> {
    while !inner.closed.load(Ordering::SeqCst) {
        inner.client.poll(REPORT_WAIT);
        if let Some((_, reason)) = inner.client.client().fatal_error() {
            return Err(RunError::ClientFatal { stage: "producer", reason });
        }
    }
    Ok(())
}
