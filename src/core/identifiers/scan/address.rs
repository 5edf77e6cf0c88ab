//! Mail addresses around an at sign.

use super::{Purpose, char_at};
use crate::core::identifiers::fold;
use std::ops::Range;

/// RFC 5321 allows 64 bytes; escapes and other scripts take more.
const MAX_MAILBOX_BYTES: usize = 256;
/// RFC 1035.
const MAX_DOMAIN_BYTES: usize = 512;
/// From here on scripts are written without spaces, so a word has no clear beginning.
const FIRST_UNSPACED: char = '\u{2E80}';

/// The address whose at sign is at `sign`.
pub fn around(text: &str, sign: Range<usize>, purpose: Purpose) -> Option<Range<usize>> {
    let start = mailbox_start(text, sign.start, purpose);
    let end = domain_end(text, sign.end)?;
    let domain = &text[sign.end..end];
    let is_address = start < sign.start
        && match purpose {
            Purpose::Name => true,
            Purpose::Content => has_top_level(domain),
        };
    is_address.then_some(start..end)
}

fn mailbox_start(text: &str, sign: usize, purpose: Purpose) -> usize {
    let mut start = sign;
    for (at, c) in text[..sign].char_indices().rev() {
        if sign - at > MAX_MAILBOX_BYTES || !is_mailbox(c, purpose) {
            break;
        }
        start = at;
    }
    // The two digits of an escape such as `%3C` before the mailbox belong to the escape.
    let bytes = text.as_bytes();
    let escaped = start > 0 && bytes[start - 1] == b'%' && sign - start > 2;
    if escaped && bytes[start..start + 2].iter().all(u8::is_ascii_hexdigit) {
        start += 2;
    }
    let mailbox = &text[start..sign];
    start + (mailbox.len() - mailbox.trim_start_matches(['.', '-', '\'']).len())
}

fn is_mailbox(c: char, purpose: Purpose) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '\'' | '~' | '!' | '#' | '$' | '*');
    }
    is_wide_ascii(c)
        || fold::is_invisible(c)
        || (c.is_alphanumeric() && (c < FIRST_UNSPACED || purpose == Purpose::Name))
}

/// Full-width forms of letters, digits and the signs of addresses.
const fn is_wide_ascii(c: char) -> bool {
    matches!(c, '．' | '－' | '＿' | '＋' | '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ')
}

/// Where the domain from byte `start` on ends. Labels do not mix scripts with and without spaces, so `qq.com谢谢` ends
/// before the thanks.
fn domain_end(text: &str, start: usize) -> Option<usize> {
    let mut at = start;
    let mut end = None;
    let mut label: Option<bool> = None;
    while at < text.len() && at - start < MAX_DOMAIN_BYTES {
        let (c, length) = char_at(text, at);
        if matches!(c, '.' | '．' | '。') {
            if label.take().is_none() {
                break;
            }
        } else if c == '-' || c == '－' || fold::is_invisible(c) {
            // Not the last character of a domain.
        } else if c.is_ascii_alphanumeric() || c == '_' || (!c.is_ascii() && c.is_alphanumeric()) {
            let unspaced = c >= FIRST_UNSPACED && !is_wide_ascii(c);
            if *label.get_or_insert(unspaced) != unspaced {
                break;
            }
            end = Some(at + length);
        } else {
            break;
        }
        at += length;
    }
    end
}

/// Whether the last label could be a top-level domain: two letters or more, or an internationalised one.
fn has_top_level(domain: &str) -> bool {
    domain.rsplit_once(['.', '．', '。']).is_some_and(|(rest, last)| {
        !rest.is_empty()
            && last.chars().filter(|c| c.is_alphabetic()).count() >= 2
            && (last.starts_with("xn--") || !last.chars().any(|c| c.is_ascii_digit()))
    })
}
