//! Any text as a configuration.
#![no_main]

use leakwatch::config::Settings;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = Settings::parse(text, "fuzz");
});
