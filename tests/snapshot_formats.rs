//! Snapshots that earlier builds have written are read, and detection goes on from them to the same incidents.
//!
//! `UPDATE_FIXTURES=1 cargo test --test snapshot_formats` writes the snapshot of this build's version where there is none
//! yet (one that is stored stays as the build of then wrote it), and the lines that follow it.

use leakwatch::core::activity::{Activity, Control, DestinationClass, Flags, Origin, Record, TagList, Tick};
use leakwatch::core::detector::{Detector, DetectorSettings, Output, STATE_VERSION, StateError};
use leakwatch::core::event::EventKind;
use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::{ByteCount, Offset, Ordinal, Partition, Position, Rows};
use leakwatch::io::snapshots::{Header, Snapshot, VERSION};
use smallvec::{SmallVec, smallvec};
use std::fs;
use std::path::{Path, PathBuf};

/// The snapshot is written after so many minutes of traffic, of so many.
const CUT_MINUTE: u32 = 90;
const MINUTES: u32 = 240;
const CUSTOMERS_A_READ: u64 = 20;

fn settings() -> DetectorSettings {
    DetectorSettings { partition: Partition(0), partitions: 1, lateness: Millis::from_hours(1), max_unlisted: 1_000 }
}

fn at(minute: u32) -> EventTime {
    let begin = EventTime::parse_rfc3339("2012-05-07T08:00:00Z").expect("a time");
    begin.plus(Millis::from_mins(i64::from(minute)))
}

/// Somebody reads customers, or sends them.
struct Deed {
    actor: &'static str,
    kind: EventKind,
    customers: u64,
}

/// One minute: two people read, and from the third hour on one of them sends what was read long before.
fn deeds(minute: u32) -> Vec<Deed> {
    let read = u64::from(minute) * 100;
    let mut deeds = vec![
        Deed { actor: "e1", kind: EventKind::Query, customers: read },
        Deed { actor: "e2", kind: EventKind::Query, customers: read % 700 },
    ];
    if minute >= 120 {
        deeds.push(Deed { actor: "e1", kind: EventKind::Egress, customers: read - 12_000 });
    }
    deeds
}

fn activity<'a>(minute: u32, part: u64, deed: &Deed, tags: &'a [u8]) -> Record<'a> {
    let sends = deed.kind == EventKind::Egress;
    let named = u32::try_from(CUSTOMERS_A_READ).expect("few");
    Record::Activity(Activity {
        origin: Origin { source: 1, offset: u64::from(minute) * 10 + part, ..Origin::default() },
        time: at(minute),
        received: at(minute),
        kind: deed.kind,
        actor: deed.actor,
        role: "customer-service",
        team: "cs-1",
        flags: Flags::default().with(Flags::LISTED, true).with(Flags::CUSTOMER_OBJECT, !sends),
        rows: Some(Rows(CUSTOMERS_A_READ)),
        bytes: Some(ByteCount(1_000)),
        destination: sends.then_some("x.drop.example"),
        domain: sends.then_some("drop.example"),
        class: DestinationClass::External,
        objects: if sends { SmallVec::new() } else { smallvec!["customers"] },
        named,
        named_customers: named,
        tags: smallvec![TagList { kind: "phone", tags, members: &[255, 255, 15], canaries: &[] }],
        ..Activity::default()
    })
}

fn apply(detector: &mut Detector, minutes: std::ops::Range<u32>) -> String {
    let (mut outputs, mut lines) = (Vec::new(), String::new());
    for minute in minutes {
        let position = |part: u64| Position { offset: Offset(u64::from(minute) * 10 + part), ordinal: Ordinal(1) };
        for (part, deed) in (0..).zip(deeds(minute)) {
            // Spread as a keyed hash spreads them.
            let tags = deed.customers..deed.customers + CUSTOMERS_A_READ;
            let tags: Vec<u8> = tags.flat_map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()).collect();
            detector.apply(position(part), &activity(minute, part, &deed, &tags), &mut outputs);
        }
        detector.apply(position(9), &Record::Tick(Tick { time: at(minute) }), &mut outputs);
    }
    for output in outputs {
        if let Output::Incident(line) = output {
            lines.push_str(&serde_json::to_string(&line).expect("JSON"));
            lines.push('\n');
        }
    }
    lines
}

fn begun() -> Detector {
    let mut detector = Detector::new(settings());
    let rules = Record::Control(Control::Rules { version: "v", yaml: vec![SHIPPED.yaml] });
    detector.apply(Position::default(), &rules, &mut Vec::new());
    apply(&mut detector, 0..CUT_MINUTE);
    detector
}

fn snapshot(detector: &Detector) -> Snapshot {
    let state = detector.snapshot();
    let header = Header {
        deployment: "shop".into(),
        topic: "leakwatch.activity".into(),
        partition: Partition(0),
        partitions: 1,
        position: detector.position().expect("applied"),
        written_at: at(CUT_MINUTE),
        state_bytes: state.len() as u64,
    };
    Snapshot { header, state }
}

fn fixture(version: u16, what: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/snapshots/v{version}.{what}"))
}

fn updates() -> bool {
    std::env::var_os("UPDATE_FIXTURES").is_some_and(|set| set == "1")
}

#[test]
fn this_version_and_the_one_before_are_read_and_lead_to_the_same_incidents() {
    let current = fixture(VERSION, "snapshot");
    if updates() && !current.exists() {
        fs::create_dir_all(current.parent().expect("a folder")).expect("made");
        fs::write(&current, snapshot(&begun()).encode().expect("encodes")).expect("written");
    }
    let mut state_versions = Vec::new();
    for version in VERSION.saturating_sub(1).max(1)..=VERSION {
        let stored = fs::read(fixture(version, "snapshot")).expect("a stored snapshot of each version that is read");
        let stored = Snapshot::decode(&stored).expect("is read");
        assert_eq!((stored.header.partitions, stored.header.written_at), (1, at(CUT_MINUTE)));
        state_versions.push(stored.state[0]);
        let mut detector = Detector::restore(settings(), &stored.state).expect("is restored");
        assert_eq!(detector.position(), Some(stored.header.position));
        let lines = apply(&mut detector, CUT_MINUTE..MINUTES);
        let expected = fixture(version, "incidents.ndjson");
        if updates() {
            fs::write(&expected, &lines).expect("written");
        }
        assert_eq!(lines, fs::read_to_string(expected).expect("stored"), "what follows v{version}");
        // From windows and overlaps that began before the snapshot.
        for rule in ["customers-out", "read-then-out"] {
            assert!(lines.contains(&format!("\"rule\":\"{rule}\"")), "{rule}: {lines}");
        }
    }
    assert!(state_versions.contains(&STATE_VERSION), "no stored snapshot holds a state of version {STATE_VERSION}");
}

#[test]
fn whoever_began_anew_would_tell_something_else() {
    let mut anew = Detector::new(settings());
    let rules = Record::Control(Control::Rules { version: "v", yaml: vec![SHIPPED.yaml] });
    anew.apply(Position::default(), &rules, &mut Vec::new());
    let stored = fs::read_to_string(fixture(VERSION, "incidents.ndjson")).expect("stored");
    assert_ne!(apply(&mut anew, CUT_MINUTE..MINUTES), stored);
}

#[test]
fn a_state_of_a_version_that_is_not_read_is_refused_by_its_number() {
    let mut state = begun().snapshot();
    for found in [0, STATE_VERSION + 1, u8::MAX] {
        state[0] = found;
        let refused = Detector::restore(settings(), &state).err();
        assert_eq!(refused, Some(StateError::Version { found, expected: STATE_VERSION }));
    }
}
