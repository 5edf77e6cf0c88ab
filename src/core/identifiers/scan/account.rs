//! IBANs: a country's two letters, two check digits, and up to 30 letters and digits.

use super::char_at;
use crate::core::identifiers::fold;
use crate::core::identifiers::iban::is_iban;
use smallvec::SmallVec;
use std::ops::Range;

/// The shortest IBAN, Norway's.
const MIN_LENGTH: usize = 15;
/// The longest that ISO 13616 allows.
const MAX_LENGTH: usize = 34;

/// The IBAN whose check digits are at byte `at`.
pub fn at_check_digits(text: &str, at: usize) -> Option<Range<usize>> {
    let start = country_before(text, at)?;
    let mut read = Read::default();
    let mut longest = None;
    let mut gap = false;
    let mut position = start;
    while position < text.len() && read.text.len() < MAX_LENGTH {
        let (c, length) = char_at(text, position);
        position += length;
        if let Some(c) = alphanumeric(c) {
            read.push(c)?;
            gap = false;
            if read.is_iban() {
                longest = Some(start..position);
            }
        } else if matches!(c, ' ' | '-' | '\u{A0}' | '_') && !gap {
            gap = true;
        } else if !fold::is_invisible(c) {
            break;
        }
    }
    longest
}

/// What was read so far, and its check sum: ISO 7064 MOD 97-10 over the text with its first four characters moved to the
/// end, where a letter counts as two digits from 10.
#[derive(Default)]
struct Read {
    text: SmallVec<[u8; MAX_LENGTH]>,
    head: u32,
    rest: u32,
}

impl Read {
    /// Takes the next character; nothing if the check digits are none.
    fn push(&mut self, c: char) -> Option<()> {
        let value = c.to_digit(36)?;
        if matches!(self.text.len(), 2 | 3) && value > 9 {
            return None;
        }
        let sum = if self.text.len() < 4 { &mut self.head } else { &mut self.rest };
        *sum = *sum * if value > 9 { 100 } else { 10 } + value;
        if self.text.len() >= 4 {
            *sum %= 97;
        }
        self.text.push(u8::try_from(c).ok()?);
        Some(())
    }

    fn is_iban(&self) -> bool {
        /// Two letters and two digits are moved behind the rest: six decimal places.
        const HEAD_PLACES: u32 = 1_000_000;
        self.text.len() >= MIN_LENGTH
            && (self.rest * (HEAD_PLACES % 97) + self.head) % 97 == 1
            && std::str::from_utf8(&self.text).is_ok_and(is_iban)
    }
}

/// Where two letters right before byte `at` begin. More may precede them: check digits and format decide.
fn country_before(text: &str, at: usize) -> Option<usize> {
    let last = text.as_bytes()[..at].last()?;
    if last.is_ascii() && !last.is_ascii_alphabetic() {
        return None;
    }
    let mut before = text[..at].char_indices().rev().filter(|(_, c)| c.is_ascii() || !fold::is_invisible(*c));
    let (_, second) = before.next()?;
    let (start, first) = before.next()?;
    let is_letter = |c: char| alphanumeric(c).is_some_and(|c| c.is_ascii_uppercase());
    (is_letter(first) && is_letter(second)).then_some(start)
}

fn alphanumeric(c: char) -> Option<char> {
    match c {
        'A'..='Z' | '0'..='9' => Some(c),
        'a'..='z' => Some(c.to_ascii_uppercase()),
        'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '０'..='９' => {
            let ascii = u8::try_from(u32::from(c) - 0xFEE0).ok()?;
            Some(char::from(ascii).to_ascii_uppercase())
        }
        _ => super::digit(c).map(char::from),
    }
}
