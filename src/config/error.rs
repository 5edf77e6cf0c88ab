//! What is wrong with a configuration file, and where.

use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// One thing wrong with a file. Never holds the value found: it may be a secret in the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line, from 1, where it is known.
    pub line: Option<u64>,
    /// The dotted path of the field; empty for the file as a whole.
    pub field: String,
    /// What was expected.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Its content is wrong.
    #[error("{}", listed(file, problems))]
    Invalid {
        /// The file's name, as it was given.
        file: String,
        /// What is wrong with it, by line.
        problems: Vec<Problem>,
    },
}

impl ConfigError {
    /// What is wrong, piece by piece.
    pub fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Read { source, .. } => {
                vec![Problem { line: None, field: String::new(), message: format!("cannot be read: {source}") }]
            }
            Self::Invalid { problems, .. } => problems.clone(),
        }
    }
}

/// One problem a line, each beginning with `file:line:` as editors and terminals link it.
fn listed(file: &str, problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| match problem.line {
            Some(line) => format!("{file}:{line}: {problem}"),
            None => format!("{file}: {problem}"),
        })
        .collect();
    lines.join("\n")
}
