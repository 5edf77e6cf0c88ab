//! Whether bytes are text, and in which encoding.

use std::borrow::Cow;

/// So many bytes tell.
const SAMPLE_BYTES: usize = 4_096;
/// Text in a foreign encoding has at most one control character in this many bytes.
const BYTES_A_CONTROL: usize = 64;

/// `bytes` as text: UTF-8, UTF-16 with or without a mark, or an encoding in which digits and Latin letters are ASCII (GB
/// 18030, Latin-1, …), whose other characters are lost. Nothing where they are no text.
pub fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(text) = utf16(bytes) {
        return Some(Cow::Owned(text));
    }
    (!is_binary(bytes)).then(|| String::from_utf8_lossy(bytes))
}

/// Whether `bytes` are text beyond doubt: UTF-8 (the last character may be cut), or UTF-16, without control characters.
pub fn is_text(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let valid = match std::str::from_utf8(sample) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    };
    !sample.is_empty() && ((valid && !sample.iter().any(|byte| is_control(*byte))) || utf16(bytes).is_some())
}

fn is_binary(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    sample.iter().filter(|byte| is_control(**byte)).count() > sample.len() / BYTES_A_CONTROL
}

const fn is_control(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B) || byte == 0x7F
}

/// UTF-16 by its mark, or where every second byte of nearly all is zero.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let sample = &pairs[..pairs.len().min(SAMPLE_BYTES / 2)];
    let mostly_zero =
        |at: usize| sample.len() >= 8 && sample.iter().filter(|pair| pair[at] == 0).count() * 10 >= sample.len() * 9;
    let from: fn([u8; 2]) -> u16 = match sample.first()? {
        [0xFF, 0xFE] => u16::from_le_bytes,
        [0xFE, 0xFF] => u16::from_be_bytes,
        _ if mostly_zero(1) && !mostly_zero(0) => u16::from_le_bytes,
        _ if mostly_zero(0) && !mostly_zero(1) => u16::from_be_bytes,
        _ => return None,
    };
    Some(
        char::decode_utf16(pairs.iter().map(|pair| from(*pair)))
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    )
}
