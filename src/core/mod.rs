//! The pure part: no tokio, rdkafka, prometheus, clock, randomness or environment. A test holds it so.

pub mod activity;
pub mod affected;
pub mod backtest;
pub mod cases;
pub mod decode;
pub mod detector;
pub mod engine;
pub mod event;
pub mod event_schema;
pub mod filter;
pub mod hex;
pub mod history;
pub mod identifiers;
pub mod identity;
pub mod incident;
pub mod ingest;
pub mod objects;
pub mod proposal;
pub mod rule_tests;
pub mod rules;
pub mod time;
pub mod tuning;
pub mod units;
pub mod window;
