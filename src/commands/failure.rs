//! How a command ends: the exit statuses of the contract.

use crate::core::identifiers::mask;
use std::process::ExitCode;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// Wrong usage or configuration: exit status 2.
    Usage(anyhow::Error),
    /// It failed while running: exit status 1.
    Run(anyhow::Error),
}

/// What a command returns.
pub type Outcome = Result<(), Failure>;

impl Failure {
    /// Wrong usage or configuration, because of `error`.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::Usage(error.into())
    }

    /// Failed while running, because of `error`.
    pub fn run(error: impl Into<anyhow::Error>) -> Self {
        Self::Run(error.into())
    }

    /// The process's exit status.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Run(_) => ExitCode::from(1),
        }
    }

    /// The reason, with its causes, on one line.
    pub fn message(&self) -> String {
        match self {
            Self::Usage(error) | Self::Run(error) => format!("{error:#}"),
        }
    }
}

/// Says what is wrong with a command line, or what was asked of the program itself (help, version): in the parser's words, which
/// repeat what was typed, but for what looks like somebody's identifier.
pub fn unread(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        eprint!("{}", mask(&error.render().to_string()));
        return ExitCode::from(2);
    }
    // Nobody is there to be told that it cannot be printed.
    let _ = error.print();
    ExitCode::SUCCESS
}
