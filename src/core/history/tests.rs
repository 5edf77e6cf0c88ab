use super::*;
use crate::core::activity::{Origin, TagList};
use crate::core::engine::MemoryLog;
use crate::core::event::EventKind;
use crate::core::rules::{SHIPPED, check};
use crate::core::units::{Epoch, Rows};
use smallvec::smallvec;

fn at(minute: i64) -> EventTime {
    EventTime::parse_rfc3339("2012-05-07T10:00:00Z").expect("a time").plus(Millis::from_mins(minute))
}

fn query(actor: &'static str, minute: i64, offset: u64, customers: std::ops::Range<u64>) -> Activity<'static> {
    let tags: &'static [u8] = customers.clone().flat_map(|n| (n << 32).to_le_bytes()).collect::<Vec<u8>>().leak();
    let named = u32::try_from(customers.end - customers.start).expect("small");
    Activity {
        origin: Origin { source: 7, epoch: Epoch(0), offset, ..Origin::default() },
        time: at(minute),
        received: at(minute),
        kind: EventKind::Query,
        flags: Flags::default().with(Flags::CUSTOMER_OBJECT, true),
        actor,
        role: "sales",
        rows: Some(Rows(u64::from(named))),
        named,
        named_customers: named,
        tags: smallvec![TagList { kind: "phone", tags, members: &[], canaries: &[] }],
        ..Activity::default()
    }
}

fn raised(history: &History, besides: &[Activity<'_>]) -> Vec<(String, String)> {
    let rules = check(&[SHIPPED]).expect("the shipped rules");
    let mut told = Vec::new();
    rerun(history, Rerun { rules, lateness: Millis::from_hours(1), besides }, |line| {
        told.push((line.rule, line.entity.id));
    });
    told
}

#[test]
fn what_stands_in_several_partitions_of_the_log_counts_in_one() {
    let mut history = History::default();
    // Two partitions of one source's records: read one after the other, offsets go back.
    for (actor, offset) in [("e1", 9), ("e2", 3)] {
        for part in 0..40 {
            let customers = part * 200..part * 200 + 200;
            let minute = i64::try_from(part).expect("small");
            history.push(&Record::Activity(query(actor, minute, offset + part, customers))).expect("kept");
        }
    }
    history.close().expect("kept");
    assert_eq!((history.events(), history.period()), (80, Some((at(0), at(39)))));
    assert_eq!(history.roles().get("e2").map(String::as_str), Some("sales"));
    let told = raised(&history, &[]);
    let expected = ["e1", "e2"].map(|actor| ("bulk-read".to_owned(), actor.to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn what_happens_besides_is_judged_in_its_time() {
    let mut history = History::default();
    history.push(&Record::Activity(query("e1", 0, 1, 0..1))).expect("kept");
    history.push(&Record::Activity(query("e1", 300, 2, 0..1))).expect("kept");
    history.close().expect("kept");
    let besides: Vec<_> = (0..40).map(|n| query("e3", 10, n, n * 250..n * 250 + 250)).collect();
    assert_eq!(raised(&history, &[]), []);
    let told = raised(&history, &besides);
    assert!(told.contains(&("bulk-read".into(), "e3".into())), "{told:?}");
}

/// One of the records of a stretch ended the process, was set aside, and came again.
#[test]
fn what_detect_left_out_is_left_out_and_everything_else_is_raised_as_it_was() {
    let rules = check(&[SHIPPED]).expect("the shipped rules");
    let records: Vec<_> =
        (0..60).map(|n| query("e1", i64::try_from(n).expect("small") / 2, n + 1, n * 200..n * 200 + 200)).collect();
    let again = records[20].clone();
    let (mut live, mut told) = (MemoryLog::new(Millis::from_hours(1)), Vec::new());
    live.put_in_force(rules.clone());
    let (mut strand, mut whole) = (Strand::default(), Strand::default());
    for (at, activity) in records.iter().enumerate().chain(std::iter::once((60, &again))) {
        let record = Record::Activity(activity.clone());
        if at == 20 {
            live.pass_over(&record);
            strand.pass_over(&record);
        } else {
            live.apply(&record, &mut told);
            strand.push(&record).expect("kept");
        }
        whole.push(&record).expect("kept");
    }
    let judged = |strand: Strand| {
        let (mut history, mut told) = (History::default(), Vec::new());
        history.weave(vec![strand]).expect("kept");
        let how = Rerun { rules: rules.clone(), lateness: Millis::from_hours(1), besides: &[] };
        rerun(&history, how, |line| told.push((line.rule, line.time, line.observed, line.severity)));
        told
    };
    let expected: Vec<_> = told.into_iter().map(|line| (line.rule, line.time, line.observed, line.severity)).collect();
    assert!(expected.len() >= 2, "it warns and pages: {expected:?}");
    assert_eq!(judged(strand), expected);
    assert_ne!(judged(whole), expected, "the record would have counted");
}
