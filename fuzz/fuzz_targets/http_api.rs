//! Any bytes as what a connection to the console sends, and requests put together from any bytes.
#![no_main]

#[path = "http_api/mod.rs"]
mod http_api;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    http_api::try_input(input);
});
