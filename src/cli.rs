//! The command line: what each subcommand is called and which file runs it.

use crate::commands::{Outcome, simulate};
use clap::{Parser, Subcommand};

/// A streaming detector of customer data leaving a company.
#[derive(Debug, Parser)]
#[command(name = "leakwatch", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes a simulated retailer's traffic with chosen attacks, and the ground truth.
    Simulate(simulate::SimulateArgs),
}

impl Cli {
    /// Runs the chosen subcommand to its end.
    ///
    /// # Errors
    /// [`crate::commands::Failure`], whose exit status the process ends with.
    pub fn run(self) -> Outcome {
        match self.command {
            Command::Simulate(args) => simulate::run(&args),
        }
    }
}
