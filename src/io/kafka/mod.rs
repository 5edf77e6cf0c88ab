//! The runtime on Kafka: threads, offsets, batches and deliveries around the pure stages.

pub mod batch;
pub mod commits;
pub mod consumer;
mod dispatch;
pub mod error;
pub mod heartbeat;
pub mod poll_thread;
pub mod prepare;
pub mod stages;
pub mod topics_table;
pub mod workers;

pub use error::RunError;
