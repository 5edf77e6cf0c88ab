//! Strict JSON (RFC 8259) in one pass, without recursion and without copies.
//!
//! No library reads JSON the way an audit stream needs it: a number outside every type, or a lone surrogate, must
//! spoil one field and not the record; a key twice at any depth must spoil the record; depth must be bounded before
//! anything recurses. So [`scan`] checks the text once and leaves a [`tape`] of positions that decoders look
//! fields up in. Unescaping stays with `serde_json`, and a differential test holds the accepted language equal to its.

mod keys;
mod number;
mod scan;
mod strings;
mod tape;
#[cfg(test)]
mod tests;

pub(super) use number::Decimal;
pub(super) use scan::{MAX_TEXT_BYTES, ScanError, scan};
pub(super) use tape::{NodeKind, Tape, Value};
