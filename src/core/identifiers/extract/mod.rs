//! The content extractor: identifiers in a sample of what left, also inside encoded layers.
//!
//! Text is searched as it is. Base64 runs, gzip, zlib, deflate and zip are opened, up to three deep, and searched too.
//! Everything is bounded: depth, layers, bytes that layers unpack to, and hits.

mod base64_run;
mod packed;
mod text;
mod zip;

use super::region::Region;
use super::scan::{Purpose, Searched, scan};
use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

/// Layers inside one another that are opened.
pub const MAX_DEPTH: u8 = 3;
/// Bytes that the layers of one content may unpack to, in all.
pub const MAX_UNPACKED_BYTES: usize = 16 << 20;
/// Layers of one content that are opened, in all.
pub const MAX_LAYERS: usize = 1_024;
/// Identifiers given out for one content.
pub const MAX_HITS: usize = 65_536;

/// Producers and samples end where they like, so padding and leftover bits are not asked for.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);

/// An identifier in content, in its own spelling.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hit<'a> {
    /// What it looks like.
    pub what: Searched,
    /// As it stands there; to be normalised. Never printed.
    pub text: &'a str,
    /// Whether it was inside an encoded layer.
    pub hidden: bool,
}

impl std::fmt::Debug for Hit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hit({:?}, {} bytes, hidden: {})", self.what, self.text.len(), self.hidden)
    }
}

/// What was left unread because a limit was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extracted {
    /// Identifiers given out.
    pub hits: usize,
    /// Whether a limit cut the search.
    pub cut: bool,
}

/// Searches content that is text, as in the event's `content`.
pub fn extract(content: &str, region: Region, found: &mut dyn FnMut(Hit<'_>)) -> Extracted {
    let mut search = Search::new(region, found);
    search.text(content, 0);
    search.done
}

/// Searches content that its source encoded for transport, as in the event's `content_base64`: that encoding hides
/// nothing. What does not decode is searched as text.
pub fn extract_base64(content: &str, region: Region, found: &mut dyn FnMut(Hit<'_>)) -> Extracted {
    match decode_base64(content.as_bytes()) {
        Some(bytes) => extract_bytes(&bytes, region, found),
        None => extract(content, region, found),
    }
}

/// Searches content that may be anything.
pub fn extract_bytes(content: &[u8], region: Region, found: &mut dyn FnMut(Hit<'_>)) -> Extracted {
    let mut search = Search::new(region, found);
    search.bytes(content, 0);
    search.done
}

/// Decodes either alphabet; line breaks and spaces do not matter.
fn decode_base64(encoded: &[u8]) -> Option<Vec<u8>> {
    let compact: Vec<u8>;
    let mut encoded = encoded;
    if encoded.iter().any(u8::is_ascii_whitespace) {
        compact = encoded.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        encoded = &compact;
    }
    // A last character on its own carries no byte.
    let symbols = encoded.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    let encoded = &encoded[..if symbols % 4 == 1 { symbols - 1 } else { symbols }];
    let url_safe = encoded.iter().any(|byte| matches!(byte, b'-' | b'_'));
    if url_safe { URL_SAFE.decode(encoded).ok() } else { STANDARD.decode(encoded).ok() }
}

/// One content's search.
struct Search<'f> {
    region: Region,
    found: &'f mut dyn FnMut(Hit<'_>),
    layers_left: usize,
    bytes_left: usize,
    done: Extracted,
}

impl<'f> Search<'f> {
    fn new(region: Region, found: &'f mut dyn FnMut(Hit<'_>)) -> Self {
        Self { region, found, layers_left: MAX_LAYERS, bytes_left: MAX_UNPACKED_BYTES, done: Extracted::default() }
    }

    /// Searches bytes at `depth`: opens what is packed, reads the rest as text.
    fn bytes(&mut self, bytes: &[u8], depth: u8) {
        if depth < MAX_DEPTH {
            if packed::is_packed(bytes) {
                let unpacked = self.unpack(bytes);
                return self.layer(&unpacked, depth);
            }
            zip::entries(bytes, &mut |entry| {
                self.text(&String::from_utf8_lossy(entry.name), depth + 1);
                let unpacked = entry.unpack(self.bytes_left);
                let consumed = unpacked.consumed;
                self.layer(&unpacked.bytes, depth);
                consumed
            });
        }
        match text::decode(bytes) {
            Some(text) => self.text(&text, depth),
            // No text at all: the one format without a mark of its own.
            None if depth < MAX_DEPTH => {
                let unpacked = packed::inflate_raw(bytes, self.bytes_left);
                if text::is_text(&unpacked) {
                    self.layer(&unpacked, depth);
                }
                self.text(&String::from_utf8_lossy(bytes), depth);
            }
            None => self.text(&String::from_utf8_lossy(bytes), depth),
        }
    }

    fn unpack(&self, bytes: &[u8]) -> Vec<u8> {
        packed::unpack(bytes, self.bytes_left)
    }

    /// Searches what a layer at `depth` held.
    fn layer(&mut self, bytes: &[u8], depth: u8) {
        self.done.cut |= bytes.len() >= self.bytes_left || self.layers_left == 0;
        if self.layers_left == 0 || bytes.is_empty() {
            return;
        }
        self.layers_left -= 1;
        self.bytes_left = self.bytes_left.saturating_sub(bytes.len());
        self.bytes(bytes, depth + 1);
    }

    /// Searches text at `depth`, and the base64 runs in it.
    fn text(&mut self, text: &str, depth: u8) {
        let Self { found, done, region, .. } = self;
        scan(text, *region, Purpose::Content, &mut |hit| {
            if done.hits == MAX_HITS {
                done.cut = true;
            } else {
                done.hits += 1;
                found(Hit { what: hit.what, text: &text[hit.range], hidden: depth > 0 });
            }
        });
        if depth == MAX_DEPTH {
            return;
        }
        let mut at = 0;
        while let Some(run) = base64_run::next(text.as_bytes(), at) {
            at = run.end;
            if let Some(decoded) = open_run(&text.as_bytes()[run]) {
                self.layer(&decoded, depth);
            }
        }
    }
}

/// What a run of base64 characters encodes, where that is text or something packed. Characters before the encoding's
/// first one shift it, so every shift is tried.
fn open_run(run: &[u8]) -> Option<Vec<u8>> {
    (0..4).find_map(|shift| {
        let decoded = decode_base64(&run[shift..])?;
        (text::is_text(&decoded) || packed::is_packed(&decoded) || zip::is_zip(&decoded)).then_some(decoded)
    })
}

#[cfg(test)]
mod tests;
