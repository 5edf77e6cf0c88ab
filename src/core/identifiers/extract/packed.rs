//! Deflate in its three wrappings: gzip (RFC 1952), zlib (RFC 1950) and none (RFC 1951).
//!
//! A sample ends where it likes: what comes out before the end or an error counts.

use std::io::Read;

/// Whether `bytes` begin like gzip or zlib.
pub fn is_packed(bytes: &[u8]) -> bool {
    is_gzip(bytes) || is_zlib(bytes)
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1F, 0x8B, 8])
}

/// Method 8, a window of up to 32 KiB, no preset dictionary, and a header that is a multiple of 31.
fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [method, flags, _, ..] if method & 0x8F == 8 && flags & 0x20 == 0
        && (u16::from(*method) << 8 | u16::from(*flags)).is_multiple_of(31))
}

/// What gzip or zlib `bytes` hold, at most `limit` bytes of it.
pub fn unpack(bytes: &[u8], limit: usize) -> Vec<u8> {
    if is_gzip(bytes) {
        read(flate2::bufread::MultiGzDecoder::new(bytes), limit)
    } else {
        read(flate2::bufread::ZlibDecoder::new(bytes), limit)
    }
}

/// What a bare deflate stream holds, at most `limit` bytes of it.
pub fn inflate_raw(bytes: &[u8], limit: usize) -> Vec<u8> {
    read(flate2::bufread::DeflateDecoder::new(bytes), limit)
}

/// As [`inflate_raw`], and how many bytes the stream took.
pub fn inflate_counting(bytes: &[u8], limit: usize) -> (Vec<u8>, usize) {
    let mut decoder = flate2::bufread::DeflateDecoder::new(bytes);
    let unpacked = read(&mut decoder, limit);
    (unpacked, usize::try_from(decoder.total_in()).unwrap_or(bytes.len()).min(bytes.len()))
}

fn read(decoder: impl Read, limit: usize) -> Vec<u8> {
    let mut unpacked = Vec::new();
    // What was read before an error stays.
    let _ = decoder.take(limit as u64).read_to_end(&mut unpacked);
    unpacked
}
