//! The runtime on Kafka: threads, offsets, batches and deliveries around the pure stages.

pub mod batch;
pub mod case_book;
pub mod case_log;
pub mod client;
pub mod commits;
pub mod consumer;
pub mod deliveries;
pub mod detect;
mod dispatch;
pub mod error;
pub mod explain_log;
pub mod heartbeat;
pub mod history_log;
pub mod ingest;
pub mod log_reader;
pub mod lookup;
mod patience;
pub mod poll_thread;
pub mod prepare;
pub mod producer;
pub mod services;
pub mod sinks;
pub mod stages;
pub mod synthetic;
pub mod tail;
pub mod topics;
pub mod topics_table;
pub mod trials;
pub mod unowned;
mod workers;

pub use error::RunError;
