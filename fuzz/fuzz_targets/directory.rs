//! Any text as a directory.
#![no_main]

use leakwatch::core::identity::Directory;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(directory) = Directory::parse(text, "Asia/Shanghai") {
        for name in ["x", "", "a@b.example", "https://x.example:1/y?z"] {
            directory.destination(name);
        }
    }
});
