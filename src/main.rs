//! `leakwatch`: parse, run, exit.

use clap::Parser;
use leakwatch::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("leakwatch: {}", failure.message());
            failure.exit_code()
        }
    }
}
