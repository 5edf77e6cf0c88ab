//! Runs of base64 characters in text.

use std::ops::Range;

/// Shorter runs hold no identifier: eleven digits take 15 characters.
const MIN_RUN: usize = 15;
/// Encoders break lines after 64 or 76 characters; a run goes on after a line of at least this length.
const MIN_WRAPPED_LINE: usize = 40;

/// The characters of both alphabets (RFC 4648, sections 4 and 5).
const ALPHABET: [bool; 256] = {
    let mut alphabet = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        alphabet[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
        byte += 1;
    }
    alphabet
};

/// The next run from byte `start` on that is long enough, with its line breaks.
pub fn next(text: &[u8], start: usize) -> Option<Range<usize>> {
    let mut from = start;
    loop {
        // If a run of the least length begins at or after `from`, every character up to here is in the alphabet.
        let last = from + MIN_RUN - 1;
        let window = text.get(from..=last)?;
        match window.iter().rposition(|byte| !ALPHABET[usize::from(*byte)]) {
            Some(gap) => from += gap + 1,
            None => return Some(from..end(text, last + 1)),
        }
    }
}

fn end(text: &[u8], from: usize) -> usize {
    let mut end = from;
    loop {
        let line = text[end..].iter().take_while(|byte| ALPHABET[usize::from(**byte)]).count();
        end += line;
        let rest = &text[end..];
        let line_break = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
        let line_start = text[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let goes_on = rest.get(line_break).is_some_and(|byte| ALPHABET[usize::from(*byte)]);
        if line_break == 0 || !goes_on || end - line_start < MIN_WRAPPED_LINE {
            return end;
        }
        end += line_break;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str) -> Vec<&str> {
        let mut at = 0;
        std::iter::from_fn(|| {
            let run = next(text.as_bytes(), at)?;
            at = run.end;
            Some(&text[run])
        })
        .collect()
    }

    #[test]
    fn runs_are_found_wherever_they_begin() {
        assert_eq!(runs("x MTM4MDAxMzgwMDA= y"), ["MTM4MDAxMzgwMDA"]);
        for before in 0..20 {
            let text = format!("{}MTM4MDAxMzgwMDA=", " ".repeat(before));
            assert_eq!(runs(&text), ["MTM4MDAxMzgwMDA"], "{before}");
        }
        assert!(runs("no run is long enough here").is_empty());
        assert_eq!(runs(&format!("{}\r\n{}\nend.", "A".repeat(76), "B".repeat(20))).len(), 1);
        assert_eq!(runs(&format!("{}\n{}", "A".repeat(20), "B".repeat(20))).len(), 2);
    }
}
