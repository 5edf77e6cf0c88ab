//! Accounts that no directory lists: bounded, however many are invented.

use super::{Bench, at, settings};
use crate::core::activity::{Activity, Flags, Origin, Record};
use crate::core::detector::Detector;
use crate::core::incident::EntityKind;
use crate::core::time::Millis;

const MOST: usize = 64;

fn meet(bench: &mut Bench, actor: &str, address: &str, flags: Flags, minute: i64) {
    let time = at("10:00:00").plus(Millis::from_mins(minute));
    bench.apply(&Record::Activity(Activity {
        origin: Origin { offset: bench.offset, ..Origin::default() },
        time,
        received: time,
        actor,
        role: "unknown",
        flags,
        client_ip: Some(address),
        ..Activity::default()
    }));
}

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.detector = Detector::new(crate::core::detector::DetectorSettings { max_unlisted: MOST, ..settings() });
    bench
}

#[test]
fn invented_accounts_fall_together_by_address_and_invented_addresses_into_one() {
    let mut bench = bench();
    for number in 0..MOST * 20 {
        meet(
            &mut bench,
            &format!("fake{number}"),
            &format!("10.0.{}.{}", number / 250, number % 250),
            Flags::default(),
            0,
        );
    }
    let actors = bench.detector.roster.count(EntityKind::Actor);
    assert!(actors <= MOST + MOST / 8 + 1, "{actors} entities");
    assert!(bench.detector.roster.find(EntityKind::Actor, "ip:*").is_some());
}

#[test]
fn whoever_is_listed_is_neither_crowded_out_nor_forgotten_also_without_a_role() {
    let mut bench = bench();
    for number in 0..MOST * 2 {
        meet(&mut bench, &format!("fake{number}"), "10.0.0.1", Flags::default(), 0);
    }
    meet(&mut bench, "emp0042", "10.0.0.1", Flags::LISTED, 1);
    for day in 0..40 {
        for minute in 0..70 {
            meet(&mut bench, "fake1", "10.0.0.1", Flags::default(), day * 1_440 + minute);
        }
    }
    let known = |name: &str| bench.detector.roster.find(EntityKind::Actor, name).is_some();
    assert!(known("emp0042") && known("fake1"));
    assert!(!known("fake2"), "forgotten after a month of silence");
}
