//! What every stage's runtime needs, and what it gives back.

use super::consumer::Notes;
use super::error::RunError;
use super::heartbeat::Heartbeat;
use super::producer::Producer;
use crate::io::clock::Clock;
use crate::io::lifecycle::Lifecycle;
use crate::io::metrics::Metrics;
use rdkafka::config::ClientConfig;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Shared by the stages of one process.
#[derive(Clone)]
pub struct Services {
    /// The connection's settings; the stages add those that carry correctness.
    pub connection: ClientConfig,
    /// What the names of consumer groups begin with.
    pub group_prefix: String,
    /// The process's life.
    pub lifecycle: Lifecycle,
    /// All metrics.
    pub metrics: Arc<Metrics>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Sends for everybody.
    pub producer: Producer,
}

impl Services {
    /// The consumer group of `stage`.
    pub fn group(&self, stage: &str) -> String {
        format!("{}-{stage}", self.group_prefix)
    }
}

/// A stage that runs.
#[derive(Debug)]
pub struct Running {
    /// Its name.
    pub stage: &'static str,
    /// Its poll thread's heartbeat.
    pub heartbeat: Arc<Heartbeat>,
    /// Its consumer's notes.
    pub notes: Arc<Notes>,
    /// Its threads.
    pub threads: Vec<JoinHandle<()>>,
}

impl Running {
    /// Whether it has joined its group and holds an assignment, perhaps an empty one.
    pub fn is_ready(&self) -> bool {
        self.notes.is_settled()
    }

    /// Waits for its threads to end.
    pub fn join(self) {
        for thread in self.threads {
            // A panic has been reported by the lifecycle already.
            let _ = thread.join();
        }
    }
}

/// Which partition a line with `key` goes to: CRC-32 modulo the count, librdkafka's `consistent` partitioner.
pub fn partition_of_key(key: &[u8], partitions: u32) -> crate::core::units::Partition {
    crate::core::units::Partition(crc32fast::hash(key) % partitions.max(1))
}

/// How many worker threads a stage starts where nothing is configured: one a core.
pub fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A stage's error, for closures that the lifecycle runs.
pub type StageResult = Result<(), RunError>;
