//! `leakwatch filter`: keys, and filters of who is a customer.

mod build;
mod check;
mod inspect;
mod keygen;
mod report;

use super::{Failure, Outcome};
use crate::io::filter_dir::LoadError;
use clap::{Subcommand, ValueEnum};

/// Arguments of `leakwatch filter`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes a key: the secret that turns identifiers into tags.
    Keygen(keygen::Args),
    /// Builds the filter of a customer file and puts it in place of the old one.
    Build(build::Args),
    /// Verifies a filter and says what it was built from.
    Inspect(inspect::Args),
    /// Says whether a value is a customer's: prints `member`, `absent` or `canary`.
    Check(check::Args),
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Runs `leakwatch filter`.
///
/// # Errors
/// [`Failure`], with the reason.
pub fn run(args: Args) -> Outcome {
    match args.action {
        Action::Keygen(args) => keygen::run(&args),
        Action::Build(args) => build::run(&args),
        Action::Inspect(args) => inspect::run(&args),
        Action::Check(args) => check::run(&args),
    }
}

/// A directory without a filter, or another key, is wrong usage; a damaged filter is not.
fn load_failure(error: LoadError) -> Failure {
    if error.is_wrong_key() || matches!(error, LoadError::NotAFilter { .. }) {
        Failure::usage(error)
    } else {
        Failure::run(error)
    }
}
