//! Strings: where one ends, and what its escapes mean.

use serde_bytes::ByteBuf;

/// Finds the closing quote of the string whose first character is at `at`, if it has no escapes; else the first
/// backslash or control character, or the end of the text.
///
/// Eight bytes at a time: a byte less than `n` is found by the borrow of a subtraction, see "Determine if a word has a
/// byte less than n" in Anderson's Bit Twiddling Hacks. The lowest hit is exact; false ones lie only above a true one.
#[inline]
pub(super) fn skip_plain(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH_BITS: u64 = ONES << 7;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(ONES * 0x20);
        let quote = (word ^ (ONES * u64::from(b'"'))).wrapping_sub(ONES);
        let backslash = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
        let hits = (control | quote | backslash) & !word & HIGH_BITS;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| *byte >= 0x20 && *byte != b'"' && *byte != b'\\') {
        at += 1;
    }
    at
}

/// Finds the closing quote of a string that has escapes, from the first of them.
///
/// # Errors
/// The place of a control character, a wrong escape, or the end of the text.
#[cold]
pub(super) fn escaped_end(bytes: &[u8], mut at: usize) -> Result<usize, usize> {
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok(at),
            Some(b'\\') => at = skip_plain(bytes, skip_escape(bytes, at)?),
            Some(_) | None => return Err(at),
        }
    }
}

fn skip_escape(bytes: &[u8], backslash: usize) -> Result<usize, usize> {
    let letter = backslash + 1;
    match bytes.get(letter) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(letter + 1),
        Some(b'u') => match bytes.get(letter + 1..letter + 5) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(letter + 5),
            Some(_) | None => Err(backslash),
        },
        Some(_) | None => Err(backslash),
    }
}

/// The characters of a string, given with its quotes; none if one is a lone surrogate.
pub(super) fn unescape(quoted: &str) -> Option<String> {
    unescape_short(quoted).or_else(|| serde_json::from_str(quoted).ok())
}

/// The same for strings whose escapes are all of two characters: most are a login's backslash or a text's line ends.
fn unescape_short(quoted: &str) -> Option<String> {
    let mut rest = quoted.get(1..quoted.len().checked_sub(1)?)?;
    let mut text = String::with_capacity(rest.len());
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        text.push(match escape.as_bytes().first()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            _ => return None,
        });
        rest = &escape[1..];
    }
    text.push_str(rest);
    Some(text)
}

/// The bytes of a string, given with its quotes: equal for every spelling of it. Lone surrogates as WTF-8.
pub(super) fn unescape_bytes(quoted: &str) -> Option<Vec<u8>> {
    serde_json::from_str::<ByteBuf>(quoted).ok().map(ByteBuf::into_vec)
}
