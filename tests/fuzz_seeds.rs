//! What fuzzing once found stays among its seeds, and is tried here by every run of the tests.

#[path = "../fuzz/fuzz_targets/http_api/mod.rs"]
mod http_api;

use leakwatch::core::activity::{BatchReader, Control, Record};
use leakwatch::core::detector::{Detector, DetectorSettings};
use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::Millis;
use leakwatch::core::units::{Offset, Ordinal, Partition, Position};
use leakwatch::io::snapshots::Snapshot;
use std::fs;
use std::path::Path;

/// The seeds of one target; there are some.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a seed").path());
    let seeds: Vec<Vec<u8>> = files.map(|file| fs::read(file).expect("read")).collect();
    assert!(!seeds.is_empty(), "{target} has seeds");
    seeds
}

const SETTINGS: DetectorSettings =
    DetectorSettings { partition: Partition(0), partitions: 2, lateness: Millis::from_hours(1), max_unlisted: 10 };

#[test]
fn messages_of_the_log_are_applied() {
    let mut applied = 0;
    for message in seeds("activity_batch") {
        let Ok(records) = BatchReader::new(&message) else { continue };
        let (mut detector, mut out) = (Detector::new(SETTINGS), Vec::new());
        let rules = Record::Control(Control::Rules { version: "", yaml: vec![SHIPPED.yaml] });
        detector.apply(Position::default(), &rules, &mut out);
        for (offset, record) in (1..).zip(records.map_while(Result::ok)) {
            detector.apply(Position { offset: Offset(offset), ordinal: Ordinal(0) }, &record, &mut out);
            applied += 1;
        }
        detector.finish(&mut out);
    }
    assert!(applied > 0, "some seed holds a record");
}

#[test]
fn snapshots_are_read_or_refused() {
    let read = seeds("snapshot").iter().filter(|seed| Snapshot::decode(seed).is_ok()).count();
    assert!(read > 0, "one of them is whole");
}

#[test]
fn the_consoles_answers_are_what_they_must_be() {
    let tried: Vec<http_api::Tried> = seeds("http_api").iter().map(|seed| http_api::try_input(seed)).collect();
    let statuses: std::collections::BTreeSet<u16> = tried.iter().flat_map(|one| one.answers.iter().copied()).collect();
    // Each way through is there: shown, kept, malformed, nobody, forbidden, unknown, no such method, conflict, too long,
    // another type, misdirected, and a log that is away.
    for expected in [200, 201, 400, 401, 403, 404, 405, 409, 413, 415, 421, 422, 503] {
        assert!(statuses.contains(&expected), "no seed is answered by {expected}: {statuses:?}");
    }
    assert!(tried.iter().any(|one| one.answers.len() > 1), "some connection carries several requests");
    assert!(tried.iter().map(|one| one.kept).sum::<usize>() >= 4, "verdicts, names and exceptions are asked for");
}

#[test]
fn the_search_for_the_marked_customer_finds_it_and_no_other_number() {
    let finds = |text: &str| std::panic::catch_unwind(|| http_api::shows_nobody("a test", text.as_bytes())).is_err();
    let marked = http_api::MARKED;
    for shown in [marked.to_owned(), format!("unknown variant `{marked}`"), format!(r#"{{"note":"{marked}, why"}}"#)] {
        assert!(finds(&shown), "{shown}");
    }
    for other in ["‹phone›".to_owned(), format!("2{marked}"), format!("{marked}0"), format!("x{marked}"), String::new()]
    {
        assert!(!finds(&other), "{other}");
    }
}
