//! `leakwatch config check`: whether a configuration file can be used.

use super::format::Format;
use super::{Failure, Outcome};
use crate::config::{ConfigError, Settings, refused_client_settings};
use crate::io::kafka::client::refused_settings;
use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Looks after the configuration file
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Validates a configuration file, and names every problem with file, line and field
    Check(CheckArgs),
}

#[derive(Debug, ClapArgs)]
struct CheckArgs {
    /// The configuration file
    #[arg(value_name = "F")]
    file: PathBuf,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the chosen subcommand.
///
/// # Errors
/// [`Failure::Usage`], with every problem of the file.
pub fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::Check(args) => check(args),
    }
}

fn check(args: &CheckArgs) -> Outcome {
    let checked = load(&args.file);
    match (&checked, args.format) {
        (Ok(settings), Format::Text) => writeln!(io::stdout(), "{}", summary(&args.file, settings)),
        (Ok(_), Format::Json) => writeln!(io::stdout(), "{}", json!({"ok": true, "problems": []})),
        (Err(_), Format::Text) => Ok(()),
        (Err(error), Format::Json) => {
            writeln!(io::stdout(), "{}", json!({"ok": false, "problems": error.problems()}))
        }
    }
    .map_err(Failure::run)?;
    checked.map(drop).map_err(Failure::usage)
}

/// Reads `file`, and asks the Kafka client about the settings that are meant for it.
fn load(file: &Path) -> Result<Settings, ConfigError> {
    let settings = Settings::load(file)?;
    refused_client_settings(file, refused_settings(&settings.kafka))?;
    Ok(settings)
}

fn summary(file: &Path, settings: &Settings) -> String {
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    format!(
        "{}: ok: deployment {}, {}, {}",
        file.display(),
        settings.deployment,
        count(settings.engine.sources.len(), "source"),
        count(settings.sinks.len(), "sink"),
    )
}
