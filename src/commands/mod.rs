//! One file a subcommand: reads its arguments, wires the adapters, says what happened.

pub mod config;
pub mod demo;
pub mod engine_args;
pub mod explain;
mod failure;
pub mod filter;
pub mod format;
mod progress;
pub mod replay;
mod replay_files;
pub mod rules;
pub mod run;
pub mod schema;
pub mod simulate;
pub mod topics;

pub use failure::{Failure, Outcome};
