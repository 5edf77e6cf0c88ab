//! One file a subcommand: reads its arguments, wires the adapters, says what happened.

mod failure;
pub mod simulate;

pub use failure::{Failure, Outcome};
