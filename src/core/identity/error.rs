//! What is wrong with a directory file, and where. Never holds a value of the file.

use thiserror::Error;

/// One thing wrong with a directory file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {field}{}{problem}", if field.is_empty() { "" } else { ": " })]
pub struct DirectoryError {
    /// The line, from 1.
    pub line: usize,
    /// The field; empty for the line as a whole.
    pub field: &'static str,
    /// What is wrong.
    pub problem: DirectoryProblem,
}

/// What is wrong with a line of a directory file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DirectoryProblem {
    /// JSON, but no object.
    #[error("expected a JSON object")]
    NotObject,
    /// Not JSON.
    #[error("expected a JSON object, the text breaks off or goes wrong at column {column}")]
    NotJson {
        /// Where, from 1.
        column: usize,
    },
    /// A key twice in one line.
    #[error("a key is here twice")]
    RepeatedKey,
    /// Longer than a line may be.
    #[error("expected at most {max} bytes")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// None of the three kinds of line.
    #[error("expected one of actor, destination, or client_ip with actor")]
    NoKind,
    /// More than one of the three kinds of line.
    #[error("expected actor and destination on lines of their own")]
    TwoKinds,
    /// A field of another type or range.
    #[error("expected {expected}")]
    Expected {
        /// What the field holds.
        expected: &'static str,
    },
    /// A field that the line needs.
    #[error("is missing, expected {expected}")]
    Missing {
        /// What the field holds.
        expected: &'static str,
    },
    /// A name or alias that is another actor's already.
    #[error("this login is already claimed by the actor of line {first}")]
    Claimed {
        /// The line of the first claim.
        first: usize,
    },
    /// The same actor or destination a second time.
    #[error("is described a second time, first on line {first}")]
    Repeated {
        /// The first line.
        first: usize,
    },
    /// A domain under which anybody can register.
    #[error("expected more than a public suffix: anybody can register below it")]
    PublicSuffix,
    /// An interval that ends before it begins.
    #[error("expected a time after `from`")]
    EndsBeforeStart,
    /// Nothing after this line was read.
    #[error("too many errors, the rest of the file was not read")]
    TooMany,
}
