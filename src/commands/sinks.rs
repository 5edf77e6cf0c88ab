//! `leakwatch sinks test`: whether somebody would be told.

use super::failure::{Failure, Outcome};
use super::format::Format;
use crate::app::{Proof, prove_sinks};
use crate::config::Settings;
use anyhow::anyhow;
use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;
use std::io::{self, Write};
use std::path::PathBuf;

/// Looks after the sinks
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sends a marked test incident through every sink, opened and resolved at once, in one attempt each
    Test(TestArgs),
}

#[derive(Debug, ClapArgs)]
struct TestArgs {
    /// Configuration file
    #[arg(long, value_name = "F")]
    config: PathBuf,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the chosen subcommand.
///
/// # Errors
/// [`Failure::Usage`] without sinks; [`Failure::Run`], if one of them did not take it.
pub fn run(args: &Args) -> Outcome {
    let Command::Test(args) = &args.command;
    let settings = Settings::load(&args.config).map_err(Failure::usage)?;
    if settings.sinks.is_empty() {
        return Err(Failure::usage(anyhow!("{}: sinks: expected at least one to test", args.config.display())));
    }
    let proofs = prove_sinks(&settings).map_err(Failure::run)?;
    print(&proofs, args.format).map_err(Failure::run)?;
    match proofs.iter().filter(|proof| proof.failure.is_some()).count() {
        0 => Ok(()),
        failed => Err(Failure::run(anyhow!("{failed} of {} sinks did not take the test incident", proofs.len()))),
    }
}

fn print(proofs: &[Proof], format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Json => {
            let of =
                |proof: &Proof| json!({"sink": proof.name, "taken": proof.failure.is_none(), "error": proof.failure});
            writeln!(out, "{}", json!({"sinks": proofs.iter().map(of).collect::<Vec<_>>()}))
        }
        Format::Text => proofs.iter().try_for_each(|proof| match &proof.failure {
            None => writeln!(out, "{}: taken", proof.name),
            Some(failure) => writeln!(out, "{}: {failure}", proof.name),
        }),
    }
}
