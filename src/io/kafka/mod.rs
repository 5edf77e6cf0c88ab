//! The runtime on Kafka.

pub mod stages;
