//! Dotted paths into a record.

use super::super::json::{NodeKind, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use std::borrow::Cow;
use std::fmt;
use thiserror::Error;

/// Steps in one path.
pub const MAX_STEPS: usize = 32;

/// A path such as `user.name`: keys, and places in arrays from 0 (`records.0.user`), separated by dots.
///
/// `\.` is a dot inside a key (`id\.orig_h`), `\\` a backslash. `*` stands for every element of an array or every
/// value of an object, where several values can be used; `\*` is a key of that name.
#[derive(Clone, PartialEq, Eq)]
pub struct Path {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, PartialEq, Eq)]
enum Step {
    Key { name: String, index: Option<usize> },
    Every,
}

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PathError {
    /// Nothing between two dots, or at an end.
    #[error("path `{path}`: step {step} is empty, expected a key or a place in an array")]
    EmptyStep {
        /// The text.
        path: String,
        /// Which step, from 1.
        step: usize,
    },
    /// A backslash before something else than a dot, a star or a backslash.
    #[error("path `{path}`: expected `.`, `*` or `\\` after a backslash in step {step}")]
    Escape {
        /// The text.
        path: String,
        /// Which step, from 1.
        step: usize,
    },
    /// Over [`MAX_STEPS`].
    #[error("path has {steps} steps, expected at most {MAX_STEPS}")]
    TooLong {
        /// How many it has.
        steps: usize,
    },
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// [`PathError`], which names the step.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut steps = Vec::new();
        let mut name = String::new();
        let mut is_plain = true;
        let mut chars = text.chars();
        loop {
            match chars.next() {
                Some('\\') => match chars.next() {
                    Some(escaped @ ('.' | '*' | '\\')) => {
                        name.push(escaped);
                        is_plain = false;
                    }
                    Some(_) | None => {
                        return Err(PathError::Escape { path: text.to_owned(), step: steps.len() + 1 });
                    }
                },
                end @ (Some('.') | None) => {
                    if name.is_empty() {
                        return Err(PathError::EmptyStep { path: text.to_owned(), step: steps.len() + 1 });
                    }
                    steps.push(step(std::mem::take(&mut name), std::mem::replace(&mut is_plain, true)));
                    if end.is_none() {
                        break;
                    }
                }
                Some(plain) => name.push(plain),
            }
        }
        match steps.len() {
            0..=MAX_STEPS => Ok(Self { text: text.to_owned(), steps }),
            steps => Err(PathError::TooLong { steps }),
        }
    }

    /// Whether it may lead to several values.
    pub fn has_wildcard(&self) -> bool {
        self.steps.contains(&Step::Every)
    }

    /// Gives `take` every value that the path leads to from `root`.
    pub(super) fn walk<'t, 'a>(&self, root: Value<'t, 'a>, take: &mut dyn FnMut(Value<'t, 'a>)) {
        walk(&self.steps, root, take);
    }

    /// The first value that the path leads to from `root`.
    pub(super) fn first<'t, 'a>(&self, root: Value<'t, 'a>) -> Option<Value<'t, 'a>> {
        let mut first = None;
        self.walk(root, &mut |value| {
            first.get_or_insert(value);
        });
        first
    }
}

fn step(name: String, is_plain: bool) -> Step {
    if is_plain && name == "*" {
        return Step::Every;
    }
    let index = name.parse().ok();
    Step::Key { name, index }
}

/// Recursion is bounded by [`MAX_STEPS`].
fn walk<'t, 'a>(steps: &[Step], from: Value<'t, 'a>, take: &mut dyn FnMut(Value<'t, 'a>)) {
    let Some((step, rest)) = steps.split_first() else { return take(from) };
    match step {
        Step::Key { name, index } => {
            let next = match (from.kind(), index) {
                (NodeKind::Array, Some(index)) => from.item(*index),
                (NodeKind::Object, _) => from.get(name),
                (_, _) => None,
            };
            if let Some(next) = next {
                walk(rest, next, take);
            }
        }
        Step::Every => {
            from.items().for_each(|item| walk(rest, item, take));
            from.entries().for_each(|(_, value)| walk(rest, value, take));
        }
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Path({})", self.text)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<str>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for Path {
    fn schema_name() -> Cow<'static, str> {
        "Path".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "description": "A dotted path: keys, places in arrays from 0, `*` for every element where a list is \
                            wanted; `\\.` is a dot inside a key.",
        })
    }
}
