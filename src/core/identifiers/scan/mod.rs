//! Finding identifiers in running text: telephone numbers, mail addresses, national ids, cards and IBANs.
//!
//! One pass over the bytes looks for what every one of them needs, a digit or an at sign; only around those is anything
//! decided. Hits may overlap: `13800138000@qq.com` is a number and an address.

mod account;
mod address;
mod cluster;
mod number;

use super::fold;
use super::kind::IdentifierKind;
use super::region::Region;
use cluster::Cluster;
use std::ops::Range;

/// The kinds that text is searched for. A customer id looks like any other word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Searched {
    /// A telephone number.
    Phone,
    /// A mail address.
    Email,
    /// A Chinese resident number.
    NationalId,
    /// A payment card.
    Card,
    /// A bank account.
    Iban,
}

impl Searched {
    /// The kind of identifier.
    pub const fn kind(self) -> IdentifierKind {
        match self {
            Self::Phone => IdentifierKind::Phone,
            Self::Email => IdentifierKind::Email,
            Self::NationalId => IdentifierKind::NationalId,
            Self::Card => IdentifierKind::Card,
            Self::Iban => IdentifierKind::Iban,
        }
    }
}

/// What the text is: it decides doubtful cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A name (of a host, object or file) that should stay readable: numbers of odd spacing are none.
    Name,
    /// Content that left: what is no customer's falls through the filter anyway.
    Content,
}

/// An identifier, as far as its looks tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it looks like.
    pub what: Searched,
    /// Where, in bytes.
    pub range: Range<usize>,
}

/// What the main loop does at a byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Nothing,
    Digit,
    At,
    Percent,
    NonAscii,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Nothing; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte {
            0x30..=0x39 => Class::Digit,
            0x40 => Class::At,
            0x25 => Class::Percent,
            // First bytes of characters among which are digits of other scripts, or full-width forms; Chinese, Korean and
            // most Latin, Greek and Cyrillic letters begin with none of them.
            0xC2 | 0xD9 | 0xDB | 0xDF | 0xE0..=0xE2 | 0xEA | 0xEF..=0xF4 => Class::NonAscii,
            _ => Class::Nothing,
        };
        byte += 1;
    }
    classes
};

/// Gives every identifier in `text` to `found`, by where it ends.
pub fn scan(text: &str, region: Region, purpose: Purpose, found: &mut impl FnMut(Found)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(skipped) = bytes[at..].iter().position(|byte| CLASSES[usize::from(*byte)] != Class::Nothing) {
        at += skipped;
        at = match CLASSES[usize::from(bytes[at])] {
            Class::Digit => numbers(text, at, region, purpose, found),
            Class::At => mail(text, at..at + 1, purpose, found),
            Class::Percent if bytes[at..].starts_with(b"%40") => mail(text, at..at + 3, purpose, found),
            // The digits of an escape belong to no number.
            Class::Percent if bytes[at + 1..].iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2 => {
                at + 3
            }
            Class::Percent | Class::Nothing => at + 1,
            Class::NonAscii => non_ascii(text, at, region, purpose, found),
        };
    }
}

fn mail(text: &str, sign: Range<usize>, purpose: Purpose, found: &mut impl FnMut(Found)) -> usize {
    let end = sign.end;
    if let Some(range) = address::around(text, sign, purpose) {
        found(Found { what: Searched::Email, range });
    }
    end
}

fn non_ascii(text: &str, at: usize, region: Region, purpose: Purpose, found: &mut impl FnMut(Found)) -> usize {
    let (c, length) = char_at(text, at);
    if c == '＠' {
        mail(text, at..at + length, purpose, found)
    } else if digit(c).is_some() {
        numbers(text, at, region, purpose, found)
    } else {
        at + length
    }
}

/// Looks at the digits from `at` on; returns where to go on.
fn numbers(text: &str, at: usize, region: Region, purpose: Purpose, found: &mut impl FnMut(Found)) -> usize {
    if let Some(range) = account::at_check_digits(text, at) {
        let end = range.end;
        found(Found { what: Searched::Iban, range });
        return end;
    }
    let cluster = Cluster::read(text, at);
    if !cluster.is_long_enough() || (cluster.touches_letter(text) && is_hexadecimal_id(text, at)) {
        return cluster.resume();
    }
    number::find(text, &cluster, region, purpose, found);
    cluster.resume()
}

/// Whether the word around `at` is a UUID or a digest: its digits are no numbers.
fn is_hexadecimal_id(text: &str, at: usize) -> bool {
    const MIN_DIGITS: usize = 24;
    /// SHA-512's.
    const MAX_LENGTH: usize = 128;
    let part_of = |byte: &&u8| byte.is_ascii_hexdigit() || **byte == b'-';
    let bytes = text.as_bytes();
    let start = at - bytes[..at].iter().rev().take(MAX_LENGTH).take_while(part_of).count();
    let word = || bytes[start..].iter().take(MAX_LENGTH).take_while(part_of);
    let before = start.checked_sub(1).is_some_and(|at| bytes[at].is_ascii_alphanumeric());
    !before && word().filter(|byte| **byte != b'-').count() >= MIN_DIGITS && word().any(u8::is_ascii_alphabetic)
}

/// The character at byte `at` and its length; `text` does not end there.
fn char_at(text: &str, at: usize) -> (char, usize) {
    let byte = text.as_bytes()[at];
    if byte.is_ascii() {
        return (char::from(byte), 1);
    }
    text[at..].chars().next().map_or(('\0', 1), |c| (c, c.len_utf8()))
}

/// The ASCII digit that `c` stands for; scripts without digits of their own are not asked twice.
fn digit(c: char) -> Option<u8> {
    match c {
        '0'..='9' => Some(c as u8),
        '\u{80}'..='\u{B1}' | '\u{BA}'..='\u{65F}' | '\u{2E80}'..='\u{A61F}' | '\u{AC00}'..='\u{FEFF}' => None,
        _ => fold::digit(c),
    }
}

#[cfg(test)]
mod tests;
