//! Parser errors in our words: what was expected and where, never the value found.

use crate::config::error::Problem;
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

/// What `error` says about the field at `path`.
pub(super) fn problem(error: &Error, path: String) -> Problem {
    let error = innermost(error);
    Problem { line: error.location().map(|at| at.line()), field: path, message: message(error) }
}

fn innermost(error: &Error) -> &Error {
    match error.without_snippet() {
        Error::AliasError { error, .. } => innermost(error),
        other => other,
    }
}

fn message(error: &Error) -> String {
    match error {
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            format!("expected {expected}")
        }
        Error::SerdeInvalidLength { expected, .. } => format!("expected {expected}"),
        Error::SerdeUnknownVariant { expected, .. } => format!("expected {}", one_of(expected)),
        Error::SerdeUnknownField { expected, .. } => format!("unknown key, expected {}", one_of(expected)),
        Error::SerdeMissingField { field, .. } => format!("`{field}` is missing and has no default"),
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("key `{key}` is here twice"),
        Error::DuplicateMappingKey { key: None, .. } => "a key is here twice".to_owned(),
        Error::InvalidScalar { ty, .. } => format!("expected {ty}"),
        Error::Unexpected { expected, .. } => format!("expected {expected}"),
        Error::NonFiniteFloat { .. } => "expected a finite number".to_owned(),
        Error::QuotingRequired { .. } => "expected the value in quotes".to_owned(),
        Error::Message { msg, .. } => msg.clone(),
        other => UserMessageFormatter.format_message(other).into_owned(),
    }
}

/// `one of a, b, c`, or the only choice.
pub(super) fn one_of(choices: &[&str]) -> String {
    match choices {
        [] => "no key here".to_owned(),
        [only] => format!("`{only}`"),
        _ => format!("one of {}", choices.join(", ")),
    }
}
