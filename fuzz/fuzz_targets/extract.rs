//! Any bytes as content that left, through every encoded layer.
#![no_main]

use leakwatch::core::identifiers::extract::{extract, extract_base64, extract_bytes};
use leakwatch::core::identifiers::{Region, mask};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    extract_bytes(content, Region::CN, &mut |_| {});
    if let Ok(text) = std::str::from_utf8(content) {
        extract(text, Region::CN, &mut |_| {});
        extract_base64(text, Region::CN, &mut |_| {});
        mask(text);
    }
});
