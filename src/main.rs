//! `leakwatch`: parse, run, exit.

use leakwatch::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("leakwatch: {}", failure.message());
            failure.exit_code()
        }
    }
}
