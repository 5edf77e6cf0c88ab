//! Why a record, or one element of it, cannot be used.

use crate::core::event::Field;
use std::fmt;
use thiserror::Error;

/// What was wrong, as a closed set: the label of the reject counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    /// Over the size limit.
    TooLarge,
    /// Nested over the depth limit.
    TooDeep,
    /// Not UTF-8.
    NotUtf8,
    /// Not one JSON text (RFC 8259), or something after it.
    NotJson,
    /// JSON, but not an object.
    NotObject,
    /// One object holds a key twice.
    DuplicateKey,
    /// No usable `time`.
    NoTime,
    /// Neither a usable `actor` nor a usable `client_ip`.
    NoActor,
    /// One record explodes into more events than allowed, or repeats too much of itself in them.
    TooManyEvents,
}

impl RejectReason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::TooLarge,
        Self::TooDeep,
        Self::NotUtf8,
        Self::NotJson,
        Self::NotObject,
        Self::DuplicateKey,
        Self::NoTime,
        Self::NoActor,
        Self::TooManyEvents,
    ];

    /// The label in metrics and in the rejected topic.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::TooDeep => "too_deep",
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::NotObject => "not_object",
            Self::DuplicateKey => "duplicate_key",
            Self::NoTime => "no_time",
            Self::NoActor => "no_actor",
            Self::TooManyEvents => "too_many_events",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A record, or one element of it, that cannot be used.
///
/// The message names field, expected type and position. It holds nothing of the record itself: neither values nor
/// unknown keys, which may carry a customer's identifier too.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Reject {
    /// What was wrong.
    pub reason: RejectReason,
    /// The same for people.
    pub message: String,
}

impl Reject {
    /// Over `max_bytes`.
    pub(super) fn too_large(max_bytes: usize) -> Self {
        Self { reason: RejectReason::TooLarge, message: format!("record is larger than {max_bytes} bytes") }
    }

    /// The byte at `at` cannot be UTF-8.
    pub(super) fn not_utf8(at: usize) -> Self {
        Self { reason: RejectReason::NotUtf8, message: format!("record is not UTF-8 at byte {at}") }
    }

    /// Something is wrong with the JSON text at byte `at`.
    pub(super) fn at(reason: RejectReason, what: &str, text: &str, at: usize) -> Self {
        Self { reason, message: format!("{what} at {}", Place::of(text, at)) }
    }

    /// The element or record at byte `at` is not an object.
    pub(super) fn not_object(text: &str, at: usize) -> Self {
        Self::at(RejectReason::NotObject, "expected a JSON object", text, at)
    }

    /// `time` is missing, or what stands at byte `at` is not a time.
    pub(super) fn no_time(text: &str, at: Option<usize>) -> Self {
        const EXPECTED: &str = "expected an RFC 3339 string with an offset, or integer epoch milliseconds";
        let field = Field::Time.name();
        let message = match at {
            None => format!("`{field}` is missing: {EXPECTED}"),
            Some(at) => format!("`{field}` is not usable at {}: {EXPECTED}", Place::of(text, at)),
        };
        Self { reason: RejectReason::NoTime, message }
    }

    /// Nobody did it.
    pub(super) fn no_actor() -> Self {
        let (actor, client_ip) = (Field::Actor.name(), Field::ClientIp.name());
        let message = format!("neither `{actor}` nor `{client_ip}` is usable: expected a string that is not blank");
        Self { reason: RejectReason::NoActor, message }
    }

    /// More than `max_events` elements.
    pub(super) fn too_many_events(max_events: usize) -> Self {
        let message = format!("record holds more than {max_events} events");
        Self { reason: RejectReason::TooManyEvents, message }
    }

    /// Its events would carry too much of the record around them.
    pub(super) fn repeats_too_much(max_bytes: usize) -> Self {
        let message = format!("the record's events would repeat more than {max_bytes} bytes of what surrounds them");
        Self { reason: RejectReason::TooManyEvents, message }
    }
}

/// A position in a text for people: line and column from 1, the column in bytes.
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    fn of(text: &str, at: usize) -> Self {
        let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        Self { line: memchr::memchr_iter(b'\n', before).count() + 1, column: before.len() - line_start + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}
