//! Any bytes as a snapshot.
#![no_main]

use leakwatch::io::snapshots::Snapshot;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(snapshot) = Snapshot::decode(bytes) {
        let again = snapshot.encode().expect("what was read can be written");
        assert!(Snapshot::decode(&again).is_ok());
    }
});
