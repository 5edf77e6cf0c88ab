//! Parser errors in our words: what was expected and where, never the value found.

use crate::config::error::Problem;
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

/// What `error` says about the field at `path`.
pub(super) fn problem(error: &Error, path: String) -> Problem {
    let error = innermost(error);
    let mut field = if path == "." { String::new() } else { path };
    if let Error::SerdeMissingField { field: missing, .. } = error {
        if !field.is_empty() {
            field.push('.');
        }
        field.push_str(missing);
    }
    Problem { line: error.location().map(|at| at.line()), field, message: message(error) }
}

fn innermost(error: &Error) -> &Error {
    match error.without_snippet() {
        Error::AliasError { error, .. } => innermost(error),
        other => other,
    }
}

fn message(error: &Error) -> String {
    match error {
        Error::SerdeInvalidType { expected, .. }
        | Error::SerdeInvalidValue { expected, .. }
        | Error::SerdeInvalidLength { expected, .. } => format!("expected {}", plain(expected)),
        Error::SerdeUnknownVariant { expected, .. } => format!("expected {}", one_of(expected)),
        Error::SerdeUnknownField { expected, .. } => format!("unknown key, expected {}", one_of(expected)),
        Error::SerdeMissingField { .. } => "is missing and has no default".to_owned(),
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("key `{key}` is here twice"),
        Error::DuplicateMappingKey { key: None, .. } => "a key is here twice".to_owned(),
        Error::InvalidScalar { ty, .. } => format!("expected {}", plain(ty)),
        Error::Unexpected { expected, .. } => format!("expected {}", plain(expected)),
        Error::NonFiniteFloat { .. } => "expected a finite number".to_owned(),
        Error::QuotingRequired { .. } => "expected the value in quotes".to_owned(),
        Error::Message { msg, .. } => msg.clone(),
        other => format!("cannot be read as YAML: {}", UserMessageFormatter.format_message(other)),
    }
}

/// The parser's name for what it expected, in words of people who write YAML.
pub(in crate::config) fn plain(expected: &str) -> &str {
    match expected {
        "sequence start" | "a sequence" | "sequence" => "a list",
        "mapping start" | "a map" | "mapping" => "keys with values",
        "path string" => "a path",
        "string" | "a string" | "string scalar" => "text",
        "bool" | "boolean" | "a boolean" => "true or false",
        "u8" => "a whole number, 0 to 255",
        "u16" => "a whole number, 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i64" => "a whole number",
        "f64" => "a number",
        other => other,
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
