use super::*;
use crate::core::activity::{DestinationClass, Origin, TagList};
use crate::core::cases::CaseBook;
use crate::core::incident::{Customers, Entity, EntityKind, Incident, IncidentId, Measure, Severity, Status, Window};
use crate::core::rules::{RuleSet, SHIPPED, check};
use crate::core::time::Millis;
use crate::core::units::{ByteCount, Rows};
use smallvec::smallvec;
use std::ops::Range;

fn at(minute: i64) -> EventTime {
    EventTime::parse_rfc3339("2012-05-07T10:00:00Z").expect("a time").plus(Millis::from_mins(minute))
}

/// An incident over one hour, opened at minute 0, about `id`.
fn incident(kind: EntityKind, id: &str, actors: &[&str]) -> Incident {
    Incident {
        schema: 1,
        incident: IncidentId("a".into()),
        revision: 1,
        status: Status::Opened,
        case: IncidentId("a".into()),
        rule: "read-then-out".into(),
        title: String::new(),
        severity: Severity::Page,
        shadow: false,
        entity: Entity { kind, id: id.into() },
        actors: actors.iter().map(|&actor| actor.into()).collect(),
        actors_total: actors.len() as u64,
        time: at(0),
        measure: Measure::Overlap,
        window: Window::Hour,
        observed: 30.0,
        threshold: 30.0,
        baseline: None,
        customers: Customers::default(),
        destinations: vec![],
        objects: vec![],
        first_event: None,
        last_event: None,
        summary: String::new(),
        runbook: String::new(),
    }
}

fn scope(lines: Vec<Incident>) -> Option<Scope> {
    let mut book = CaseBook::default();
    for line in lines {
        assert!(book.take(line));
    }
    let told = book.case(&IncidentId("a".into())).expect("a case").incidents[0].clone();
    let rules: RuleSet = check(&[SHIPPED]).expect("the shipped rules");
    Scope::new(&told, &rules, at(600))
}

/// Customers, as tags by themselves.
fn bytes(customers: Range<u64>) -> Vec<u8> {
    customers.flat_map(u64::to_le_bytes).collect()
}

struct Log {
    touched: Touched,
    offset: u64,
}

impl Log {
    fn of(lines: Vec<Incident>) -> Self {
        Self { touched: Touched::new(vec![scope(lines).expect("about customers")]), offset: 0 }
    }

    fn take(&mut self, change: Activity<'static>, customers: Range<u64>) {
        let tags: &'static [u8] = bytes(customers).leak();
        self.offset += 1;
        self.touched.take(&Activity {
            origin: Origin { offset: self.offset, ..Origin::default() },
            tags: smallvec![TagList { kind: "phone", tags, members: &[], canaries: &[] }],
            ..change
        });
    }

    fn found(&self, customer: u64) -> Option<(u32, u32)> {
        self.touched.find("phone", Tag(customer)).map(|touch| (touch.read, touch.egressed))
    }
}

fn query(actor: &'static str, minute: i64, rows: Option<u64>) -> Activity<'static> {
    Activity {
        kind: EventKind::Query,
        actor,
        time: at(minute),
        received: at(minute),
        flags: Flags::default().with(Flags::CUSTOMER_OBJECT, true),
        rows: rows.map(Rows),
        ..Activity::default()
    }
}

fn egress(actor: &'static str, minute: i64, domain: &'static str) -> Activity<'static> {
    Activity {
        kind: EventKind::Egress,
        actor,
        time: at(minute),
        received: at(minute),
        domain: Some(domain),
        destination: Some(domain),
        class: DestinationClass::External,
        bytes: Some(ByteCount(100)),
        ..Activity::default()
    }
}

#[test]
fn an_actors_incident_begins_one_window_early_and_leaves_others_alone() {
    let mut log = Log::of(vec![incident(EntityKind::Actor, "e1", &["e1"])]);
    log.take(query("e1", -61, Some(1)), 0..1);
    log.take(query("e1", -59, Some(1)), 1..2);
    log.take(query("e2", -10, Some(1)), 2..3);
    log.take(query("e1", 599, Some(1)), 3..4);
    log.take(query("e1", 601, Some(1)), 4..5);
    let found: Vec<_> = (0..5).map(|customer| log.found(customer)).collect();
    assert_eq!(found, [None, Some((1, 0)), None, Some((1, 0)), None]);
    assert_eq!(log.touched.figures.queries, 2);
    assert_eq!(log.touched.named(), 2);
}

#[test]
fn what_was_read_before_it_tells_of_customers_that_left_in_it() {
    let mut log = Log::of(vec![incident(EntityKind::Actor, "e1", &["e1"])]);
    log.take(query("e1", -200, Some(2)), 0..2);
    log.take(egress("e1", -5, "drop.example"), 1..3);
    assert_eq!(log.found(0), None, "read in an ordinary morning, and never sent");
    assert_eq!((log.found(1), log.found(2)), (Some((1, 1)), Some((0, 1))));
    let touch = log.touched.find("phone", Tag(1)).expect("found");
    assert_eq!((touch.first, touch.last), (at(-200), at(-5)));
}

#[test]
fn who_sends_to_the_place_is_learned_beyond_the_actors_named() {
    let lines = vec![incident(EntityKind::Domain, "drop.example", &["e1"])];
    let mut scope = scope(lines).expect("about customers");
    let sends = egress("e101", 3, "drop.example");
    let reads = query("e101", 2, Some(1));
    assert_eq!(scope.relation(&reads), Relation::None, "nobody has said that e101 takes part");
    assert!(scope.learns());
    scope.learn(&sends);
    assert_eq!((scope.relation(&reads), scope.relation(&sends)), (Relation::Before, Relation::Part));
    assert_eq!(scope.relation(&egress("e101", 3, "other.example")), Relation::None);
}

#[test]
fn a_resolved_incident_ends_when_its_condition_is_met_no_more() {
    let opened = incident(EntityKind::Actor, "e1", &["e1"]);
    let held = at(20).plus(Millis::from_hours(24));
    let resolved = Incident { status: Status::Resolved, revision: 2, time: held, ..opened.clone() };
    let mut log = Log::of(vec![opened, resolved]);
    log.take(query("e1", 20, Some(1)), 0..1);
    log.take(query("e1", 21, Some(1)), 1..2);
    assert_eq!((log.found(0), log.found(1)), (Some((1, 0)), None));
}

#[test]
fn a_record_that_stands_in_the_log_twice_counts_once() {
    let mut log = Log::of(vec![incident(EntityKind::Actor, "e1", &["e1"])]);
    for _ in 0..2 {
        log.offset = 7;
        log.take(query("e1", 1, Some(3)), 0..3);
    }
    assert_eq!((log.touched.figures.rows, log.found(0)), (3, Some((1, 0))));
}

#[test]
fn rows_that_nothing_names_and_queries_that_do_not_tell_are_owned_up_to() {
    let mut log = Log::of(vec![incident(EntityKind::Actor, "e1", &["e1"])]);
    log.take(Activity { named: 2, named_customers: 2, ..query("e1", 1, Some(10)) }, 0..2);
    log.take(query("e1", 2, None), 0..0);
    log.take(egress("e1", 3, "drop.example"), 0..1);
    let figures = &log.touched.figures;
    assert_eq!((figures.unnamed_rows, figures.untold), (8, 1));
    assert_eq!((figures.egress, figures.bytes, figures.unseen), (1, 100, 0));
    assert_eq!(figures.period, Some((at(1), at(3))));
}

#[test]
fn an_incident_about_a_source_concerns_no_customer() {
    assert!(scope(vec![incident(EntityKind::Source, "egress", &[])]).is_none());
}

#[test]
fn what_the_service_set_aside_is_missing_and_said_to_be() {
    let mut log = Log::of(vec![incident(EntityKind::Actor, "e1", &["e1"])]);
    let tags: &'static [u8] = bytes(0..3).leak();
    let aside = Activity {
        origin: Origin { offset: 1, ..Origin::default() },
        tags: smallvec![TagList { kind: "phone", tags, members: &[], canaries: &[] }],
        ..query("e1", 1, Some(3))
    };
    log.touched.pass_over(&aside);
    log.touched.pass_over(&Activity { actor: "e2", ..aside.clone() });
    log.touched.take(&aside);
    assert_eq!((log.touched.figures.set_aside, log.touched.figures.queries, log.found(0)), (1, 0, None));
}
