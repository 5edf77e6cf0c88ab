//! Customers queried, and then something leaves: whatever comes first over the wire, and measured by what is ordinary.

use super::{Bench, at};
use crate::core::activity::{Control, Record};
use crate::core::event::EventKind;
use crate::core::time::Millis;

const RULES: &str = r"
version: 1
rules:
  - id: read-then-leave
    sequence: [read, leave]
    within: 1h
    of: {type: egress, destination_class: [external]}
    limit: {page: 100}
    baseline: {own: {history: 14d, factor: 2, after: 5d}, floor: 20, severity: page}
    hold: 24h
tests:
  - {name: pages, expect: [{rule: read-then-leave, severity: page}]}
  - {name: silent, expect: []}
";

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.apply(&Record::Control(Control::Rules { version: "", yaml: vec![RULES] }));
    bench
}

#[test]
fn a_query_that_arrives_after_what_left_counts_before_it() {
    let mut bench = bench();
    bench.event(EventKind::Egress, "e1", at("10:30:00"), 0..0);
    bench.event(EventKind::Query, "e1", at("10:20:00"), 0..100);
    bench.event(EventKind::Egress, "e2", at("10:30:00"), 0..0);
    bench.event(EventKind::Query, "e2", at("10:40:00"), 0..100);
    let lines = bench.lines();
    let told: Vec<_> = lines.iter().map(|line| (line.entity.id.as_str(), line.observed)).collect();
    assert_eq!(told, [("e1", 100.0)], "e2 read after it had sent");
}

#[test]
fn what_is_ordinary_is_learned_from_queries_while_nothing_leaves() {
    let mut bench = bench();
    for day in 0..8 {
        let time = at("10:00:00").plus(Millis::from_days(day));
        bench.event(EventKind::Query, "analyst", time, 0..45);
        bench.event(EventKind::Query, "clerk", time, 0..2);
    }
    let now = at("10:10:00").plus(Millis::from_days(7));
    for who in ["analyst", "clerk"] {
        bench.event(EventKind::Query, who, now, 100..140);
        bench.event(EventKind::Egress, who, now.plus(Millis::from_mins(5)), 0..0);
    }
    let lines = bench.lines();
    let told: Vec<_> = lines.iter().map(|line| (line.entity.id.as_str(), line.observed, line.threshold)).collect();
    assert_eq!(told, [("clerk", 42.0, 20.0)], "twice an analyst's ordinary hour is 90");
}
