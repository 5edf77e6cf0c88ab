//! The pure part: no tokio, rdkafka, prometheus, clock, randomness or environment. A test holds it so.

pub mod activity;
pub mod decode;
pub mod detector;
pub mod event;
pub mod identifiers;
pub mod incident;
pub mod time;
pub mod units;
