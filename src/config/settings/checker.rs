//! Collects what the checks refuse.

use crate::config::document::{At, Positions, Segment, parse_path, plain};
use crate::config::error::Problem;
use crate::config::raw::Span;
use crate::core::time::Millis;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::ops::RangeInclusive;
use url::Url;

/// Where checks report to.
pub(super) struct Checker<'p> {
    positions: &'p Positions,
    problems: Vec<Problem>,
}

impl<'p> Checker<'p> {
    pub(super) fn new(positions: &'p Positions) -> Self {
        Self { positions, problems: Vec::new() }
    }

    /// Notes that the value at `at` is not what was expected.
    pub(super) fn fail(&mut self, at: &At<'_>, message: impl Into<String>) {
        self.problems.push(self.positions.problem(at, message));
    }

    /// What was noted, by line.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }

    /// A span inside `bounds`.
    pub(super) fn span(&mut self, at: &At<'_>, span: Span, bounds: RangeInclusive<Millis>) -> Millis {
        if !bounds.contains(&span.0) {
            self.fail(at, format!("expected {} to {}", bounds.start(), bounds.end()));
        }
        span.0
    }

    /// A number inside `bounds`.
    pub(super) fn number<N: Into<u64> + Copy>(&mut self, at: &At<'_>, number: N, bounds: RangeInclusive<u64>) -> N {
        if !bounds.contains(&number.into()) {
            self.fail(at, format!("expected {} to {}", bounds.start(), bounds.end()));
        }
        number
    }

    /// Text that says something.
    pub(super) fn text(&mut self, at: &At<'_>, text: &str) -> String {
        if text.trim().is_empty() {
            self.fail(at, "expected a name, not empty text");
        }
        text.to_owned()
    }

    /// An `http` or `https` URL without user name or password.
    pub(super) fn http_url(&mut self, at: &At<'_>, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = url else {
            self.fail(at, "expected a URL such as https://host:port/path");
            return None;
        };
        if !url.username().is_empty() || url.password().is_some() {
            self.fail(at, "expected a URL without user name and password: secrets are read from files only");
            return None;
        }
        Some(url)
    }

    /// A section that is a `T`; where a `kind` said so, that is not among its keys.
    pub(super) fn section<T: DeserializeOwned>(&mut self, at: &At<'_>, value: &Value) -> Option<T> {
        let mut keys = value.clone();
        if let Value::Object(keys) = &mut keys {
            keys.remove("kind");
        }
        match serde_path_to_error::deserialize(keys) {
            Ok(section) => Some(section),
            Err(error) => {
                let message = error.inner().to_string();
                let mut path = error.path().to_string();
                if let Some(missing) = missing_field(&message) {
                    path = format!("{path}.{missing}");
                }
                self.fail_inside(at, &path, &reworded(&message));
                None
            }
        }
    }

    /// Notes that the value at `path` below `at` is not what was expected.
    pub(super) fn fail_inside(&mut self, at: &At<'_>, path: &str, message: &str) {
        self.fail_at_segments(at, &parse_path(path), message);
    }

    fn fail_at_segments(&mut self, at: &At<'_>, path: &[Segment<'_>], message: &str) {
        match path {
            [] => self.fail(at, message),
            [Segment::Key(key), rest @ ..] => self.fail_at_segments(&at.key(key), rest, message),
            [Segment::Item(index), rest @ ..] => self.fail_at_segments(&at.item(*index), rest, message),
        }
    }

    /// The `kind` of a section; a problem where it is none of `kinds`.
    pub(super) fn kind<'v>(&mut self, at: &At<'_>, value: &'v Value, kinds: &[&str]) -> Option<&'v str> {
        let kind = value.get("kind").and_then(Value::as_str).filter(|kind| kinds.contains(kind));
        if kind.is_none() {
            self.fail(&at.key("kind"), format!("expected one of {}", kinds.join(", ")));
        }
        kind
    }
}

/// A message of `serde_json`, without the value that it may quote.
fn reworded(message: &str) -> String {
    if let Some(expected) = message.strip_prefix("unknown field ").and_then(after_expected) {
        return format!("unknown key, expected {expected}");
    }
    if missing_field(message).is_some() {
        return "is missing and has no default".to_owned();
    }
    match after_expected(message) {
        Some(expected) => format!("expected {}", plain(&expected)),
        None => message.to_owned(),
    }
}

fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

fn after_expected(message: &str) -> Option<String> {
    message.rsplit_once(", expected ").map(|(_, expected)| expected.replace('`', ""))
}
