//! Any bytes as what the topics of incidents and verdicts, and the console's API, are given.
#![no_main]

use leakwatch::core::cases::{CaseBook, Judgement};
use leakwatch::core::incident::Incident;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut book = CaseBook::default();
    for line in bytes.split(|byte| *byte == b'\n').take(50) {
        if let Ok(incident) = serde_json::from_slice::<Incident>(line) {
            book.take(incident);
        }
        if let Ok(judgement) = serde_json::from_slice::<Judgement>(line) {
            book.judge(judgement);
        }
    }
    book.cases();
    book.precision();
});
