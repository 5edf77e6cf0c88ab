//! Any bytes as a record of the native format.
#![no_main]

use leakwatch::core::decode::{DecodeLimits, Decoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    let mut answers = 0;
    Decoder::Native.decode(payload, None, &DecodeLimits::default(), &mut |_, _| answers += 1);
    assert_eq!(answers, 1, "a record has one answer");
});
