//! Any bytes as a snapshot, and as what a snapshot holds: a checksum must not be all that stands before the decoders.
#![no_main]

use leakwatch::core::detector::{Detector, DetectorSettings};
use leakwatch::core::time::Millis;
use leakwatch::core::units::Partition;
use leakwatch::io::snapshots::Snapshot;
use libfuzzer_sys::fuzz_target;

/// Magic, version and checksum.
const CHECKED_FROM: usize = 12;
const CRC_AT: usize = 8;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let mut right = bytes.to_vec();
    if right.len() > CHECKED_FROM {
        let crc = crc32fast::hash(&right[CHECKED_FROM..]).to_le_bytes();
        right[CRC_AT..CHECKED_FROM].copy_from_slice(&crc);
        read(&right);
    }
    restore(bytes);
});

fn read(bytes: &[u8]) {
    let Ok(snapshot) = Snapshot::decode(bytes) else { return };
    let again = Snapshot::decode(&snapshot.encode().expect("what was read can be written"));
    assert_eq!(again.as_ref(), Ok(&snapshot));
    restore(&snapshot.state);
}

fn restore(state: &[u8]) {
    let settings =
        DetectorSettings { partition: Partition(0), partitions: 2, lateness: Millis::from_hours(1), max_unlisted: 10 };
    if let Ok(detector) = Detector::restore(settings, state) {
        detector.snapshot();
    }
}
