//! IBANs: a country's two letters, two check digits, and up to 30 letters and digits.

use super::char_at;
use crate::core::identifiers::fold;
use crate::core::identifiers::iban::is_iban;
use std::ops::Range;

/// The shortest IBAN, Norway's.
const MIN_LENGTH: usize = 15;
/// The longest that ISO 13616 allows.
const MAX_LENGTH: usize = 34;

/// The IBAN whose check digits are at byte `at`.
pub fn at_check_digits(text: &str, at: usize) -> Option<Range<usize>> {
    let start = country_before(text, at)?;
    let mut letters = String::with_capacity(MAX_LENGTH);
    let mut longest = None;
    let mut gap = false;
    let mut position = start;
    while position < text.len() && letters.len() < MAX_LENGTH {
        let (c, length) = char_at(text, position);
        position += length;
        if let Some(c) = alphanumeric(c) {
            letters.push(c);
            gap = false;
            if letters.len() >= MIN_LENGTH && remainder_is_one(letters.as_bytes()) && is_iban(&letters) {
                longest = Some(start..position);
            }
        } else if matches!(c, ' ' | '-' | '\u{A0}' | '_') && !gap {
            gap = true;
        } else if !fold::is_invisible(c) {
            break;
        }
        if letters.len() == 4 && !letters.as_bytes()[2..].iter().all(u8::is_ascii_digit) {
            return None;
        }
    }
    longest
}

/// Where two letters right before byte `at` begin. More may precede them: check digits and format decide.
fn country_before(text: &str, at: usize) -> Option<usize> {
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

/// ISO 7064 MOD 97-10 over the text with its first four characters moved to the end.
fn remainder_is_one(text: &[u8]) -> bool {
    let (head, rest) = text.split_at(4);
    let remainder = rest.iter().chain(head).fold(0_u32, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        _ => (remainder * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    remainder == 1
}
