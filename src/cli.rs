//! The command line: what each subcommand is called and which file runs it.

use crate::commands::{self, Outcome};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A streaming detector of customer data leaving a company.
#[derive(Debug, Parser)]
#[command(name = "leakwatch", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the main job on this machine: a simulated retailer, an embedded broker, a leak caught.
    Demo(commands::demo::Args),
    /// Tells which customers an incident concerns.
    Affected(commands::affected::Args),
    /// Compares what two sets of rules raise on the same history.
    Backtest(commands::backtest::Args),
    /// Validates configuration files.
    Config(commands::config::Args),
    /// Tells why rules fired on an actor, or did not.
    Explain(commands::explain::Args),
    /// Makes keys, and filters of who is a customer.
    Filter(commands::filter::Args),
    /// Runs the engine over files of events, to their end.
    Replay(commands::replay::Args),
    /// Runs the service, on Kafka.
    Run(commands::run::Args),
    /// Checks rule files, and runs their tests.
    Rules(commands::rules::Args),
    /// Prints the JSON Schema of a format.
    Schema(commands::schema::Args),
    /// Tells what rules in shadow would have raised.
    Shadow(commands::shadow::Args),
    /// Writes a simulated retailer's traffic with chosen attacks, and the ground truth.
    Simulate(commands::simulate::SimulateArgs),
    /// Tries out the sinks.
    Sinks(commands::sinks::Args),
    /// Suggests limits that fit a budget of pages, with what they would still catch.
    Suggest(commands::suggest::Args),
    /// Compares the topics that are there with those that are needed, and makes them so.
    Topics(commands::topics::Args),
    /// Says what cases turned out to be, and how often rules were right.
    Verdict(commands::verdict::Args),
}

impl Cli {
    /// Reads the command line.
    ///
    /// # Errors
    /// The exit status, once it is said what is wrong with it or what was asked.
    pub fn read() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| commands::unread(&error))
    }

    /// Runs the chosen subcommand to its end.
    ///
    /// # Errors
    /// [`crate::commands::Failure`], whose exit status the process ends with.
    pub fn run(self) -> Outcome {
        match self.command {
            Command::Demo(args) => commands::demo::run(&args),
            Command::Affected(args) => commands::affected::run(&args),
            Command::Backtest(args) => commands::backtest::run(&args),
            Command::Config(args) => commands::config::run(&args),
            Command::Explain(args) => commands::explain::run(&args),
            Command::Filter(args) => commands::filter::run(args),
            Command::Replay(args) => commands::replay::run(&args),
            Command::Run(args) => commands::run::run(&args),
            Command::Rules(args) => commands::rules::run(&args),
            Command::Schema(args) => commands::schema::run(&args),
            Command::Shadow(args) => commands::shadow::run(&args),
            Command::Simulate(args) => commands::simulate::run(&args),
            Command::Sinks(args) => commands::sinks::run(&args),
            Command::Suggest(args) => commands::suggest::run(&args),
            Command::Topics(args) => commands::topics::run(&args),
            Command::Verdict(args) => commands::verdict::run(&args),
        }
    }
}
