//! A YAML document with the line of every key and list item.
//!
//! Checks run on plain values and name what they refuse by its path ([`At`]); the line is looked up afterwards. So file
//! shapes stay free of position wrappers, and their JSON Schema is that of the values.

mod at;
mod node;
mod wording;

pub use at::At;
pub(super) use at::{Segment, parse_path};
pub(super) use wording::plain;

use super::error::Problem;
use node::Node;
use serde::de::DeserializeOwned;
use serde_saphyr::{Error as YamlError, with_deserializer_from_str};

/// A file larger than this is refused before it is parsed.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// Where every key and list item of a document stands.
#[derive(Debug, Default)]
pub struct Positions {
    root: Node,
}

impl Positions {
    /// The line of `at`, or of the nearest enclosing key that the document has.
    pub fn line(&self, at: &At<'_>) -> Option<u64> {
        self.root.line_of(&at.segments())
    }

    /// A problem at `at`.
    pub fn problem(&self, at: &At<'_>, message: impl Into<String>) -> Problem {
        Problem { line: self.line(at), field: at.to_string(), message: message.into() }
    }
}

/// Reads `text` as a `T` and remembers its positions.
///
/// # Errors
/// The first [`Problem`]: not YAML, an unknown or repeated key, a missing field, or a value of a wrong type.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<(T, Positions), Problem> {
    if text.len() > MAX_FILE_BYTES {
        let message = format!("expected a file of at most {MAX_FILE_BYTES} bytes");
        return Err(Problem { line: None, field: String::new(), message });
    }
    let root: Node = serde_saphyr::from_str(text).map_err(|error| wording::problem(&error, String::new()))?;
    let mut path = String::new();
    let value = with_deserializer_from_str(text, |yaml| {
        serde_path_to_error::deserialize(yaml).map_err(|error| {
            path = error.path().to_string();
            error.into_inner()
        })
    });
    match value {
        Ok(value) => Ok((value, Positions { root })),
        Err(error) => Err(located(&root, &error, path)),
    }
}

/// An error about `path` (in the notation of `serde_path_to_error`), at the line of that path.
fn located(root: &Node, error: &YamlError, path: String) -> Problem {
    let mut problem = wording::problem(error, path);
    let segments = parse_path(&problem.field);
    if let Some(line) = root.line_of(&segments) {
        problem.line = Some(line);
    }
    problem
}

#[cfg(test)]
mod tests;
