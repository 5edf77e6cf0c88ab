//! Decoders: from one record's bytes to events, or to the reason why not.
//!
//! Everything is checked before anything is believed: size, UTF-8, JSON, depth, keys that stand twice.

mod content_hash;
mod draft;
mod fields;
mod file_clock;
mod json;
mod mapped;
mod name;
mod native;
mod reject;
#[cfg(test)]
mod tests;

pub use content_hash::ContentHasher;
pub use fields::MAX_COUNT;
pub use file_clock::{Clocked, FileClock, LOOK_AHEAD, MAX_JUMP, clamp_future};
pub use mapped::{
    ByteUnit, CountRule, FieldMap, FilesRule, KindName, KindRule, ListRule, MAX_ALTERNATIVES, MAX_REPEATED_BYTES,
    MAX_STEPS, Many, MapError, Path, PathError, Scalar, Short, SwapRule, TextRule, TimeRule, TimeUnit,
};
pub use name::{DecoderName, DecoderNameError};
pub use reject::{Reject, RejectReason};

use crate::core::event::{Event, EventKind};
use json::{ScanError, Tape};

/// What a record may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Bytes of one record; 4 GiB at most, whatever is set.
    pub max_bytes: usize,
    /// Arrays and objects inside each other; the record itself is 1.
    pub max_depth: usize,
    /// Events that one record may explode into.
    pub max_events: usize,
}

impl Default for DecodeLimits {
    /// 1 MiB, 32 levels, 10,000 events.
    fn default() -> Self {
        Self { max_bytes: 1 << 20, max_depth: 32, max_events: 10_000 }
    }
}

/// How records of one source are read.
#[derive(Clone, Debug)]
pub enum Decoder {
    /// The contract's own format.
    Native,
    /// Any JSON, by a field map.
    Mapped(Box<FieldMap>),
}

impl Decoder {
    /// Calls `each` once per event (index from 0), or once with the reject if the whole record is bad.
    ///
    /// `default_kind` is the source's configured type, for records that do not say theirs. A pure function of its
    /// arguments; no input makes it panic, recurse, or take more than linear-logarithmic time.
    pub fn decode<'a>(
        &self,
        payload: &'a [u8],
        default_kind: Option<EventKind>,
        limits: &DecodeLimits,
        each: &mut dyn FnMut(u32, Result<Event<'a>, Reject>),
    ) {
        let text = match text_within(payload, limits) {
            Ok(text) => text,
            Err(reject) => return each(0, Err(reject)),
        };
        let mut tape = Tape::new(text);
        if let Err(error) = json::scan(&mut tape, limits.max_depth) {
            return each(0, Err(unreadable(error, text, limits)));
        }
        match self {
            Self::Native => native::decode(tape.root(), text, default_kind, each),
            Self::Mapped(map) => mapped::decode(map, tape.root(), text, default_kind, limits, each),
        }
    }
}

fn text_within<'a>(payload: &'a [u8], limits: &DecodeLimits) -> Result<&'a str, Reject> {
    let max_bytes = limits.max_bytes.min(json::MAX_TEXT_BYTES);
    if payload.len() > max_bytes {
        return Err(Reject::too_large(max_bytes));
    }
    str::from_utf8(payload).map_err(|error| Reject::not_utf8(error.valid_up_to()))
}

fn unreadable(error: ScanError, text: &str, limits: &DecodeLimits) -> Reject {
    match error {
        ScanError::NotJson { at } => Reject::at(RejectReason::NotJson, "not valid JSON", text, at),
        ScanError::TooDeep { at } => {
            let what = format!("nested deeper than {} levels", limits.max_depth);
            Reject::at(RejectReason::TooDeep, &what, text, at)
        }
        ScanError::DuplicateKey { at } => Reject::at(RejectReason::DuplicateKey, "a key twice in one object", text, at),
    }
}
