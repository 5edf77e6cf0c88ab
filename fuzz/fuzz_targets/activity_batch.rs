//! Any bytes as a message of the activity log, read and applied.
#![no_main]

use leakwatch::core::activity::{BatchReader, Control, Record};
use leakwatch::core::detector::{Detector, DetectorSettings};
use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::Millis;
use leakwatch::core::units::{Offset, Ordinal, Partition, Position};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let Ok(records) = BatchReader::new(message) else { return };
    let settings =
        DetectorSettings { partition: Partition(0), partitions: 2, lateness: Millis::from_hours(1), max_unlisted: 10 };
    let mut detector = Detector::new(settings);
    let mut out = Vec::new();
    let rules = Record::Control(Control::Rules { version: "", yaml: vec![SHIPPED.yaml] });
    detector.apply(Position::default(), &rules, &mut out);
    for (offset, record) in (1..).zip(records.map_while(Result::ok).take(200)) {
        detector.apply(Position { offset: Offset(offset), ordinal: Ordinal(0) }, &record, &mut out);
    }
    detector.finish(&mut out);
    detector.snapshot();
});
