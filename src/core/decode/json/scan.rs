//! The scanner: one pass that checks the text and fills the tape.

#![expect(clippy::inline_always, reason = "measured: a tenth of a record's time")]

use super::keys::OpenKeys;
use super::number::number_end;
use super::strings::{escaped_end, skip_plain};
use super::tape::{Node, NodeKind, Tape};
use smallvec::SmallVec;

/// Arrays and objects that can be open at once without an allocation.
const INLINE_DEPTH: usize = 8;

/// What stopped a scan, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core::decode) enum ScanError {
    NotJson { at: usize },
    TooDeep { at: usize },
    DuplicateKey { at: usize },
}

/// Texts longer than this are not scanned: positions are kept in 32 bits.
pub(in crate::core::decode) const MAX_TEXT_BYTES: usize = u32::MAX as usize;

/// Reads the text of `tape` as one JSON value that nests at most `max_depth` arrays and objects, and fills the tape.
///
/// The first thing wrong in the text decides the error, except that two equal keys may be noticed only where their
/// object ends.
///
/// # Errors
/// [`ScanError`]; a text over [`MAX_TEXT_BYTES`] counts as not JSON. The tape is then of no use.
pub(in crate::core::decode) fn scan(tape: &mut Tape<'_>, max_depth: usize) -> Result<(), ScanError> {
    let bytes = tape.text.as_bytes();
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(ScanError::NotJson { at: 0 });
    }
    let mut nest = Nest { depth: 0, innermost: Open::default(), outer: SmallVec::new(), max_depth };
    let mut at = 0;
    loop {
        at = skip_whitespace(bytes, at);
        match bytes.get(at) {
            Some(b'"') => at = string(tape, bytes, at)?,
            Some(b'-' | b'0'..=b'9') => {
                let end = number_end(bytes, at).map_err(|at| ScanError::NotJson { at })?;
                push(tape, NodeKind::Number, at, end);
                at = end;
            }
            Some(bracket @ (b'{' | b'[')) => {
                let is_object = *bracket == b'{';
                nest.open(tape, at, is_object)?;
                at = skip_whitespace(bytes, at + 1);
                if bytes.get(at) != Some(&nest.closing()) {
                    at = if is_object { nest.key(tape, bytes, at)? } else { at };
                    continue;
                }
                at += 1;
                nest.close(tape, at)?;
            }
            Some(_) | None => at = literal(tape, bytes, at)?,
        }
        match nest.next_value(tape, bytes, at)? {
            Next::Value(start) => at = start,
            Next::End(end) if end == bytes.len() => return Ok(()),
            Next::End(at) => return Err(ScanError::NotJson { at }),
        }
    }
}

/// What follows a value.
enum Next {
    /// Another value, from here.
    Value(usize),
    /// What follows the whole.
    End(usize),
}

/// An array or object whose end has not come yet.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    node: u32,
    is_object: bool,
    keys: OpenKeys,
}

/// The arrays and objects that are open.
struct Nest {
    depth: usize,
    innermost: Open,
    /// The others, outermost first.
    outer: SmallVec<[Open; INLINE_DEPTH]>,
    max_depth: usize,
}

impl Nest {
    fn open(&mut self, tape: &mut Tape<'_>, at: usize, is_object: bool) -> Result<(), ScanError> {
        if self.depth >= self.max_depth {
            return Err(ScanError::TooDeep { at });
        }
        if self.depth > 0 {
            self.outer.push(self.innermost);
        }
        self.depth += 1;
        self.innermost = Open { node: narrow(tape.nodes.len()), is_object, keys: OpenKeys::default() };
        push(tape, if is_object { NodeKind::Object } else { NodeKind::Array }, at, at);
        Ok(())
    }

    /// What ends the innermost.
    #[inline(always)]
    fn closing(&self) -> u8 {
        if self.innermost.is_object { b'}' } else { b']' }
    }

    /// The innermost ends before `end`.
    fn close(&mut self, tape: &mut Tape<'_>, end: usize) -> Result<(), ScanError> {
        let Open { node: at, keys, .. } = self.innermost;
        self.innermost = self.outer.pop().unwrap_or_default();
        self.depth -= 1;
        let next = narrow(tape.nodes.len());
        let node = &mut tape.nodes[at as usize];
        node.next = next;
        node.end = narrow(end);
        keys.close(tape.value(at)).map_err(|at| ScanError::DuplicateKey { at })
    }

    /// Closes what closes after a value, and goes on to the next one.
    #[inline(always)]
    fn next_value(&mut self, tape: &mut Tape<'_>, bytes: &[u8], mut at: usize) -> Result<Next, ScanError> {
        loop {
            at = skip_whitespace(bytes, at);
            if self.depth == 0 {
                return Ok(Next::End(at));
            }
            match bytes.get(at) {
                Some(b',') if self.innermost.is_object => {
                    at = skip_whitespace(bytes, at + 1);
                    return self.key(tape, bytes, at).map(Next::Value);
                }
                Some(b',') => return Ok(Next::Value(at + 1)),
                Some(end) if *end == self.closing() => {
                    at += 1;
                    self.close(tape, at)?;
                }
                Some(_) | None => return Err(ScanError::NotJson { at }),
            }
        }
    }

    /// A key of the innermost object, and its colon.
    #[inline(always)]
    fn key(&mut self, tape: &mut Tape<'_>, bytes: &[u8], start: usize) -> Result<usize, ScanError> {
        if bytes.get(start) != Some(&b'"') {
            return Err(ScanError::NotJson { at: start });
        }
        let node = narrow(tape.nodes.len());
        let at = string(tape, bytes, start)?;
        if !self.innermost.keys.add(tape, self.innermost.node, tape.value(node)) {
            return Err(ScanError::DuplicateKey { at: start });
        }
        let at = skip_whitespace(bytes, at);
        if bytes.get(at) == Some(&b':') { Ok(at + 1) } else { Err(ScanError::NotJson { at }) }
    }
}

/// The string that begins at `start`; gives what follows it.
#[inline(always)]
fn string(tape: &mut Tape<'_>, bytes: &[u8], start: usize) -> Result<usize, ScanError> {
    let mut quote = skip_plain(bytes, start + 1);
    let mut kind = NodeKind::Text;
    if bytes.get(quote) != Some(&b'"') {
        quote = escaped_end(bytes, quote).map_err(|at| ScanError::NotJson { at })?;
        kind = NodeKind::EscapedText;
    }
    push(tape, kind, start + 1, quote);
    Ok(quote + 1)
}

fn literal(tape: &mut Tape<'_>, bytes: &[u8], start: usize) -> Result<usize, ScanError> {
    let words: [(&[u8], NodeKind); 3] =
        [(b"null", NodeKind::Null), (b"true", NodeKind::Bool), (b"false", NodeKind::Bool)];
    let rest = bytes.get(start..).unwrap_or_default();
    let (word, kind) =
        words.into_iter().find(|(word, _)| rest.starts_with(word)).ok_or(ScanError::NotJson { at: start })?;
    push(tape, kind, start, start + word.len());
    Ok(start + word.len())
}

#[inline(always)]
fn push(tape: &mut Tape<'_>, kind: NodeKind, start: usize, end: usize) {
    let next = narrow(tape.nodes.len()) + 1;
    tape.nodes.push(Node { start: narrow(start), end: narrow(end), next, kind });
}

#[inline(always)]
fn skip_whitespace(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// A position in a text that [`scan`] found shorter than 4 GiB, or a count of its values.
#[expect(clippy::cast_possible_truncation, reason = "bounded by the length of the text")]
fn narrow(position: usize) -> u32 {
    position as u32
}
