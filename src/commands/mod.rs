//! One file a subcommand: reads its arguments, wires the adapters, says what happened.

pub mod affected;
pub mod backtest;
pub mod config;
pub mod demo;
pub mod engine_args;
pub mod explain;
mod failure;
pub mod filter;
pub mod format;
mod history;
mod lines_out;
mod progress;
pub mod replay;
mod replay_files;
pub mod rules;
pub mod run;
pub mod schema;
pub mod shadow;
pub mod simulate;
pub mod sinks;
pub mod suggest;
pub mod topics;
pub mod verdict;

pub use failure::{Failure, Outcome, unread};

use crate::core::time::EventTime;
use std::io;

/// A time on the command line.
fn time_argument(text: &str) -> anyhow::Result<EventTime> {
    let expected = || anyhow::anyhow!("expected an RFC 3339 time such as 2012-05-07T10:00:00Z");
    EventTime::parse_rfc3339(text).ok_or_else(expected)
}

/// What writing to standard output comes to: a reader that has seen enough is no failure.
fn printed(result: io::Result<()>) -> Outcome {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::run(anyhow::Error::new(error).context("standard output"))),
        Ok(()) => Ok(()),
    }
}
