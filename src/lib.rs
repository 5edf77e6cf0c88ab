//! Leakwatch: a streaming detector of customer data leaving a company.
//!
//! `core` decides and knows nobody; `io` talks to Kafka, files and HTTP; `config` checks settings; `commands` wires
//! them, one file a subcommand; `simulate` makes the traffic that all of it is tried on.

pub mod app;
pub mod cli;
pub mod commands;
pub mod config;
pub mod core;
pub mod io;
pub mod simulate;
