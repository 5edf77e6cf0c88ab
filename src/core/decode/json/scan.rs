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
    if tape.text.len() > MAX_TEXT_BYTES {
        return Err(ScanError::NotJson { at: 0 });
    }
    let bytes = tape.text.as_bytes();
    Scanner { bytes, at: 0, tape, depth: 0, innermost: Open::default(), outer: SmallVec::new(), max_depth }.run()
}

/// An array or object whose end has not come yet.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    node: u32,
    is_object: bool,
    keys: OpenKeys,
}

struct Scanner<'t, 'a> {
    bytes: &'a [u8],
    at: usize,
    tape: &'t mut Tape<'a>,
    /// How many arrays and objects are open.
    depth: usize,
    /// The innermost of them.
    innermost: Open,
    /// The others, outermost first.
    outer: SmallVec<[Open; INLINE_DEPTH]>,
    max_depth: usize,
}

impl Scanner<'_, '_> {
    fn run(&mut self) -> Result<(), ScanError> {
        loop {
            self.value()?;
            if !self.next_sibling()? {
                break;
            }
        }
        self.skip_whitespace();
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.not_json()) }
    }

    /// A scalar, an empty array or object, or all that opens before the first of them.
    #[inline(always)]
    fn value(&mut self) -> Result<(), ScanError> {
        loop {
            self.skip_whitespace();
            let start = self.at;
            match self.peek() {
                Some(b'"') => return self.string(),
                Some(b'-' | b'0'..=b'9') => {
                    self.at = number_end(self.bytes, start).map_err(|at| ScanError::NotJson { at })?;
                    self.push(NodeKind::Number, start, self.at);
                    return Ok(());
                }
                Some(b'{') => {
                    self.open(true)?;
                    if self.closes(b'}') {
                        return self.close();
                    }
                    self.key()?;
                }
                Some(b'[') => {
                    self.open(false)?;
                    if self.closes(b']') {
                        return self.close();
                    }
                }
                Some(b't') => return self.literal(b"true", NodeKind::Bool),
                Some(b'f') => return self.literal(b"false", NodeKind::Bool),
                Some(b'n') => return self.literal(b"null", NodeKind::Null),
                Some(_) | None => return Err(self.not_json()),
            }
        }
    }

    /// After a value: closes what closes; says whether another value comes.
    #[inline(always)]
    fn next_sibling(&mut self) -> Result<bool, ScanError> {
        while self.depth > 0 {
            self.skip_whitespace();
            match (self.peek(), self.innermost.is_object) {
                (Some(b','), is_object) => {
                    self.at += 1;
                    if is_object {
                        self.skip_whitespace();
                        self.key()?;
                    }
                    return Ok(true);
                }
                (Some(b'}'), true) | (Some(b']'), false) => {
                    self.at += 1;
                    self.close()?;
                }
                (Some(_) | None, true | false) => return Err(self.not_json()),
            }
        }
        Ok(false)
    }

    fn open(&mut self, is_object: bool) -> Result<(), ScanError> {
        if self.depth >= self.max_depth {
            return Err(ScanError::TooDeep { at: self.at });
        }
        if self.depth > 0 {
            self.outer.push(self.innermost);
        }
        self.depth += 1;
        self.innermost = Open { node: self.node_count(), is_object, keys: OpenKeys::default() };
        let kind = if is_object { NodeKind::Object } else { NodeKind::Array };
        self.push(kind, self.at, self.at);
        self.at += 1;
        Ok(())
    }

    /// Takes `end` if it follows the opening bracket at once.
    fn closes(&mut self, end: u8) -> bool {
        self.skip_whitespace();
        let closes = self.peek() == Some(end);
        self.at += usize::from(closes);
        closes
    }

    fn close(&mut self) -> Result<(), ScanError> {
        let Open { node: at, keys, .. } = self.innermost;
        self.innermost = self.outer.pop().unwrap_or_default();
        self.depth -= 1;
        let next = self.node_count();
        let node = &mut self.tape.nodes[at as usize];
        node.next = next;
        node.end = narrow(self.at);
        keys.close(self.tape.value(at)).map_err(|at| ScanError::DuplicateKey { at })
    }

    /// A key and its colon.
    #[inline(always)]
    fn key(&mut self) -> Result<(), ScanError> {
        if self.peek() != Some(b'"') {
            return Err(self.not_json());
        }
        let at = self.at;
        let node = self.node_count();
        self.string()?;
        if !self.innermost.keys.add(self.tape, self.innermost.node, self.tape.value(node)) {
            return Err(ScanError::DuplicateKey { at });
        }
        self.skip_whitespace();
        if self.peek() != Some(b':') {
            return Err(self.not_json());
        }
        self.at += 1;
        Ok(())
    }

    /// The string whose opening quote comes next.
    #[inline(always)]
    fn string(&mut self) -> Result<(), ScanError> {
        let start = self.at + 1;
        let mut quote = skip_plain(self.bytes, start);
        let mut kind = NodeKind::Text;
        if self.bytes.get(quote) != Some(&b'"') {
            quote = escaped_end(self.bytes, quote).map_err(|at| ScanError::NotJson { at })?;
            kind = NodeKind::EscapedText;
        }
        self.push(kind, start, quote);
        self.at = quote + 1;
        Ok(())
    }

    fn literal(&mut self, word: &[u8], kind: NodeKind) -> Result<(), ScanError> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.not_json());
        }
        let start = self.at;
        self.at += word.len();
        self.push(kind, start, self.at);
        Ok(())
    }

    #[inline(always)]
    fn push(&mut self, kind: NodeKind, start: usize, end: usize) {
        let next = self.node_count() + 1;
        self.tape.nodes.push(Node { start: narrow(start), end: narrow(end), next, kind });
    }

    fn node_count(&self) -> u32 {
        narrow(self.tape.nodes.len())
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline(always)]
    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn not_json(&self) -> ScanError {
        ScanError::NotJson { at: self.at }
    }
}

/// A position in a text that [`scan`] found shorter than 4 GiB, or a count of its values.
#[expect(clippy::cast_possible_truncation, reason = "bounded by the length of the text")]
fn narrow(position: usize) -> u32 {
    position as u32
}
