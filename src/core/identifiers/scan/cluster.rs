//! Digits that stand together: groups with at most a few separators between.

use super::{char_at, digit};
use crate::core::identifiers::fold;
use smallvec::SmallVec;
use std::ops::Range;

/// A cluster is cut after this many digits; the next begins inside it.
const MAX_DIGITS: usize = 48;
/// And after this many groups.
const MAX_GROUPS: usize = 24;
/// Fewer digits are no identifier.
const MIN_DIGITS: usize = 7;
/// Between two groups stand at most this many separators, as in `(0)-`.
const MAX_SEPARATORS: usize = 3;

/// Digits without anything visible between them.
#[derive(Clone, Debug)]
pub struct Group {
    /// Where its digits are among [`Cluster::digits`].
    pub digits: Range<usize>,
    /// Where it is in the text.
    pub text: Range<usize>,
}

/// Groups of digits that may make up identifiers.
#[derive(Debug)]
pub struct Cluster {
    /// All digits, as ASCII.
    pub digits: SmallVec<[u8; MAX_DIGITS]>,
    /// Where the visible gaps are.
    pub groups: SmallVec<[Group; 8]>,
    /// Where the text goes on.
    end: usize,
    /// Whether it was cut.
    cut: bool,
}

impl Cluster {
    /// Reads from the digit at byte `start` on.
    pub fn read(text: &str, start: usize) -> Self {
        let mut cluster = Self { digits: SmallVec::new(), groups: SmallVec::new(), end: start, cut: false };
        let mut at = start;
        let mut separators = 0;
        let mut open = false;
        while at < text.len() {
            let (c, length) = char_at(text, at);
            if let Some(digit) = digit(c) {
                if !open && cluster.groups.len() == MAX_GROUPS || cluster.digits.len() == MAX_DIGITS {
                    cluster.cut = true;
                    break;
                }
                cluster.push(digit, at..at + length, open);
                (open, separators) = (true, 0);
            } else if is_separator(c) && separators < MAX_SEPARATORS {
                (open, separators) = (false, separators + 1);
            } else if c.is_ascii() || !fold::is_invisible(c) {
                break;
            }
            at += length;
        }
        cluster
    }

    fn push(&mut self, digit: u8, text: Range<usize>, open: bool) {
        self.digits.push(digit);
        self.end = text.end;
        match self.groups.last_mut() {
            Some(group) if open => {
                group.digits.end += 1;
                group.text.end = text.end;
            }
            _ => self.groups.push(Group { digits: self.digits.len() - 1..self.digits.len(), text }),
        }
    }

    /// Whether it has enough digits for any identifier.
    pub fn is_long_enough(&self) -> bool {
        self.digits.len() >= MIN_DIGITS
    }

    /// How many of its groups an identifier may begin with: a cut cluster's later ones begin the next cluster too.
    pub fn starts(&self) -> usize {
        if self.cut { self.groups.len().div_ceil(2) } else { self.groups.len() }
    }

    /// Where to go on reading.
    pub fn resume(&self) -> usize {
        match self.groups.get(self.starts()) {
            Some(group) if self.cut => group.text.start,
            // A single run that was cut is longer than any identifier: its rest begins another cluster, and so on.
            _ => self.end,
        }
    }

    /// Whether a letter stands right before or after it.
    pub fn touches_letter(&self, text: &str) -> bool {
        let start = self.groups.first().map_or(self.end, |group| group.text.start);
        let bytes = text.as_bytes();
        let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
        letter(start.checked_sub(1).map(|at| &bytes[at])) || letter(bytes.get(self.end))
    }
}

/// What people and programs put between the groups of a number.
pub const fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '_' | '\u{A0}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2002}'..='\u{200A}'
        | '\u{202F}' | '\u{3000}' | '·' | '－' | '．' | '（' | '）')
}
