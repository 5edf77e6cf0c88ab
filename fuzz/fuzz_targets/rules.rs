//! Any text as a rule file.
#![no_main]

use leakwatch::core::rules::{RuleText, check};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|yaml: &str| {
    let _ = check(&[RuleText { name: "fuzz", yaml }]);
});
