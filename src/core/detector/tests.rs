//! The detector by itself: activities in, incidents out.

mod frozen;
mod resumed;
mod sequences;
mod strangers;

use super::{Detector, DetectorSettings, Output};
use crate::core::activity::{Activity, Control, Flags, Origin, Record, TagList};
use crate::core::event::EventKind;
use crate::core::incident::{Incident, Severity, Status};
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Offset, Ordinal, Partition, Position, Rows};
use smallvec::smallvec;

const RULES: &str = r"
version: 1
rules:
  - id: bulk-read
    title: One account read unusually many customers
    count: customers
    of: {type: query}
    over: 1h
    limit: {warn: 500, page: 1000}
    hold: 1h
  - id: read-then-out
    count: overlap
    of: {type: egress, destination_class: [external]}
    read_before: 24h
    over: 24h
    limit: {warn: 10, page: 30}
tests:
  - {name: pages, expect: [{rule: bulk-read, severity: page}, {rule: read-then-out, severity: page}]}
  - {name: silent, expect: []}
";

struct Bench {
    detector: Detector,
    offset: u64,
    out: Vec<Output>,
}

fn settings() -> DetectorSettings {
    DetectorSettings { partition: Partition(0), partitions: 1, lateness: Millis::from_hours(1), max_unlisted: 1_000 }
}

fn at(text: &str) -> EventTime {
    EventTime::parse_rfc3339(&format!("2012-05-07T{text}Z")).expect("a time of day")
}

impl Bench {
    fn new() -> Self {
        let mut bench = Self { detector: Detector::new(settings()), offset: 0, out: Vec::new() };
        bench.apply(&Record::Control(Control::Rules { version: "", yaml: vec![RULES] }));
        bench
    }

    fn apply(&mut self, record: &Record<'_>) {
        let position = Position { offset: Offset(self.offset), ordinal: Ordinal(0) };
        self.offset += 1;
        self.detector.apply(position, record, &mut self.out);
    }

    fn event(&mut self, kind: EventKind, actor: &str, time: EventTime, customers: std::ops::Range<u64>) {
        let tags: Vec<u8> = customers.clone().flat_map(|n| mixed(n).to_le_bytes()).collect();
        let count = customers.end - customers.start;
        let list = TagList { kind: "phone", tags: &tags, members: &[], canaries: &[] };
        let named = u32::try_from(count).expect("small");
        self.apply(&Record::Activity(Activity {
            origin: Origin { offset: self.offset, ..Origin::default() },
            time,
            received: time,
            kind,
            actor,
            role: "customer-service",
            flags: Flags::default().with(Flags::CUSTOMER_OBJECT, kind == EventKind::Query),
            rows: (kind == EventKind::Query).then_some(Rows(count)),
            destination: (kind == EventKind::Egress).then_some("share.example"),
            named,
            named_customers: named,
            tags: smallvec![list],
            ..Activity::default()
        }));
    }

    fn lines(&mut self) -> Vec<Incident> {
        let incident = |output| match output {
            Output::Incident(line) => Some(*line),
            Output::Record { .. } | Output::Heartbeat { .. } => None,
        };
        self.out.drain(..).filter_map(incident).collect()
    }
}

/// Spreads small numbers like keyed tags.
fn mixed(number: u64) -> u64 {
    number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

fn told(lines: &[Incident]) -> Vec<(Status, Severity, String, f64)> {
    lines.iter().map(|l| (l.status, l.severity, l.time.to_string()[11..16].to_string(), l.observed)).collect()
}

#[test]
fn bulk_read_warns_at_500_and_pages_at_1000() {
    let mut bench = Bench::new();
    for minute in 0..50_u64 {
        let time = at("10:00:00").plus(Millis::from_mins(i64::try_from(minute).expect("small")));
        bench.event(EventKind::Query, "e1", time, minute * 20..minute * 20 + 20);
    }
    let lines = bench.lines();
    let expected = [
        (Status::Opened, Severity::Warning, "10:24".to_string(), 500.0),
        (Status::Escalated, Severity::Page, "10:49".to_string(), 1000.0),
    ];
    assert_eq!(told(&lines), expected);
    assert_eq!(lines[0].incident, lines[1].incident);
    insta::assert_json_snapshot!("bulk_read_page", lines[1]);
}

#[test]
fn the_same_customers_all_hour_are_not_bulk() {
    let mut bench = Bench::new();
    for minute in 0..60 {
        bench.event(EventKind::Query, "e1", at("10:00:00").plus(Millis::from_mins(minute)), 0..20);
    }
    assert_eq!(bench.lines(), []);
}

#[test]
fn an_incident_resolves_once_its_condition_was_false_for_its_hold() {
    let mut bench = Bench::new();
    bench.event(EventKind::Query, "e1", at("10:00:30"), 0..600);
    for time in ["11:30:00", "12:00:59"] {
        bench.apply(&Record::Tick(crate::core::activity::Tick { time: at(time) }));
    }
    assert_eq!(bench.lines().len(), 1);
    bench.apply(&Record::Tick(crate::core::activity::Tick { time: at("12:01:00") }));
    let lines = bench.lines();
    assert_eq!(told(&lines), [(Status::Resolved, Severity::Warning, "12:01".to_string(), 600.0)]);
    assert_eq!(lines[0].revision, 2);
}

#[test]
fn overlap_counts_whatever_came_first_over_the_wire() {
    for late_read in [false, true] {
        let mut bench = Bench::new();
        let read = |bench: &mut Bench| bench.event(EventKind::Query, "e1", at("09:00:00"), 0..20);
        let send = |bench: &mut Bench| bench.event(EventKind::Egress, "e1", at("09:40:00"), 5..25);
        if late_read {
            send(&mut bench);
            read(&mut bench);
        } else {
            read(&mut bench);
            send(&mut bench);
        }
        let lines = bench.lines();
        assert_eq!(told(&lines), [(Status::Opened, Severity::Warning, "09:40".to_string(), 15.0)], "{late_read}");
        assert_eq!(lines[0].customers.overlap, 15);
    }
}

#[test]
fn customers_sent_before_they_were_read_do_not_overlap() {
    let mut bench = Bench::new();
    bench.event(EventKind::Egress, "e1", at("09:00:00"), 0..40);
    bench.event(EventKind::Query, "e1", at("09:40:00"), 0..40);
    assert_eq!(bench.lines(), []);
}

#[test]
fn late_events_find_the_window_they_belong_to() {
    let mut bench = Bench::new();
    bench.event(EventKind::Query, "e1", at("11:20:00"), 5000..5001);
    for minute in 0..25_u64 {
        let time = at("10:25:00").plus(Millis::from_mins(i64::try_from(minute).expect("small")));
        bench.event(EventKind::Query, "e1", time, minute * 20..minute * 20 + 20);
    }
    assert_eq!(told(&bench.lines()), [(Status::Opened, Severity::Warning, "10:49".to_string(), 500.0)]);
}

#[test]
fn a_restored_detector_goes_on_as_if_nothing_had_happened() {
    let mut whole = Bench::new();
    let mut broken = Bench::new();
    for minute in 0..50_u64 {
        let time = at("10:00:00").plus(Millis::from_mins(i64::try_from(minute).expect("small")));
        for bench in [&mut whole, &mut broken] {
            bench.event(EventKind::Query, "e1", time, minute * 20..minute * 20 + 20);
        }
        let state = broken.detector.snapshot();
        assert_eq!(state, whole.detector.snapshot());
        broken.detector = Detector::restore(settings(), &state).expect("a snapshot");
    }
    assert_eq!(whole.lines(), broken.lines());
}

#[test]
fn a_record_that_comes_twice_counts_once() {
    let mut bench = Bench::new();
    for _ in 0..2 {
        bench.offset = 1;
        bench.event(EventKind::Query, "e1", at("10:00:00"), 0..600);
    }
    assert_eq!(bench.lines().len(), 1);
    assert_eq!(bench.detector.stats().duplicates, 1);
}

#[test]
fn what_resolves_after_days_of_silence_is_dated_when_it_was_over() {
    let mut bench = Bench::new();
    bench.event(EventKind::Query, "e1", at("10:00:30"), 0..600);
    for hour in 1..100 {
        let time = at("10:00:00").plus(Millis::from_hours(hour));
        bench.event(EventKind::Query, "e2", time, 0..1);
    }
    let resolved = bench.lines().into_iter().find(|line| line.status == Status::Resolved).expect("over");
    assert!(resolved.time > at("11:00:00") && resolved.time < at("13:00:00"), "{}", resolved.time);
}

#[test]
fn an_incident_that_opens_again_days_later_goes_on_with_the_next_revision() {
    let mut bench = Bench::new();
    bench.event(EventKind::Query, "e1", at("10:00:05"), 0..600);
    for hour in 1..100 {
        let time = at("10:00:00").plus(Millis::from_hours(hour));
        bench.apply(&Record::Tick(crate::core::activity::Tick { time }));
    }
    bench.event(EventKind::Query, "e1", at("10:00:02"), 600..1_300);
    let lines = bench.lines();
    let revisions: Vec<_> = lines.iter().map(|line| (line.incident.0.clone(), line.revision)).collect();
    let distinct: std::collections::BTreeSet<_> = revisions.iter().cloned().collect();
    assert_eq!(distinct.len(), revisions.len(), "{revisions:?}");
    assert!(lines.len() >= 3, "opened, resolved and open again: {revisions:?}");
}
