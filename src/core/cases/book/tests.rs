use super::*;
use crate::core::cases::{Precision, Verdict, overall, weekly};
use crate::core::incident::{Customers, Entity, EntityKind, Measure, Window};
use crate::core::time::Millis;

fn line(id: &str, case: &str, minute: i64, actors: &[&str]) -> Incident {
    Incident {
        schema: 1,
        incident: IncidentId(id.into()),
        revision: 1,
        status: Status::Opened,
        case: IncidentId(case.into()),
        rule: "bulk-read".into(),
        title: "One account read unusually many customers".into(),
        severity: Severity::Warning,
        shadow: false,
        entity: Entity { kind: EntityKind::Actor, id: actors.first().copied().unwrap_or_default().into() },
        actors: actors.iter().map(|&actor| actor.into()).collect(),
        actors_total: actors.len() as u64,
        time: EventTime::MIN.plus(Millis::from_mins(minute)),
        measure: Measure::Customers,
        window: Window::Hour,
        observed: 500.0,
        threshold: 500.0,
        baseline: None,
        customers: Customers::default(),
        destinations: vec![],
        objects: vec![],
        first_event: None,
        last_event: None,
        summary: "…".into(),
        runbook: "docs/runbooks/bulk-read.md".into(),
    }
}

fn resolved(mut line: Incident) -> Incident {
    line.status = Status::Resolved;
    line.revision += 1;
    line
}

fn ids(book: &CaseBook) -> Vec<&str> {
    book.cases().iter().map(|case| case.id.0.as_str()).collect()
}

#[test]
fn cases_that_share_an_actor_are_one_and_the_oldest_id_stays() {
    let mut book = CaseBook::default();
    for told in [line("b", "b", 5, &["e2"]), line("a", "a", 9, &["e1"]), line("p", "p", 12, &["e1", "e2", "e3"])] {
        assert!(book.take(told));
    }
    assert_eq!(ids(&book), ["b"], "the pooled incident joins both, and b is older than a");
    for id in ["a", "b", "p"] {
        let case = book.case(&IncidentId(id.into())).expect("an id that was joined still finds the case");
        assert_eq!((case.id.0.as_str(), case.incidents.len(), case.actors().len()), ("b", 3, 3));
    }
}

#[test]
fn an_actor_whose_incident_is_over_begins_a_new_case() {
    let mut book = CaseBook::default();
    let first = line("a", "a", 1, &["e1"]);
    book.take(first.clone());
    book.take(resolved(first));
    book.take(line("b", "b", 900, &["e1"]));
    assert_eq!(ids(&book), ["b", "a"], "the open one stands first");
}

#[test]
fn a_line_that_comes_twice_or_is_of_a_shadow_rule_says_nothing() {
    let mut book = CaseBook::default();
    assert!(book.take(line("a", "a", 1, &["e1"])));
    assert!(!book.take(line("a", "a", 1, &["e1"])));
    assert!(!book.take(Incident { shadow: true, ..line("s", "s", 1, &["e1"]) }));
    assert_eq!(book.incidents().count(), 1);
}

#[test]
fn a_verdict_stays_with_the_case_when_it_is_joined() {
    let mut book = CaseBook::default();
    book.take(line("b", "b", 5, &["e2"]));
    let at = EventTime::MIN;
    let (case, by) = (IncidentId("b".into()), "ana".to_string());
    book.judge(Judgement { schema: 1, case, verdict: Verdict::True, by, at, note: String::new() });
    book.take(line("a", "a", 2, &["e1"]));
    book.take(line("p", "p", 12, &["e1", "e2"]));
    let case = book.case(&IncidentId("p".into())).expect("a case");
    assert_eq!(case.id.0, "a");
    assert_eq!(case.judgement.map(|judgement| judgement.verdict), Some(Verdict::True));
    let judged = overall(&weekly(&book)["bulk-read"]);
    assert_eq!(judged, Precision { right: 1, judged: 1 }, "three incidents of one case are one case");
}

#[test]
fn a_resolved_line_keeps_what_a_person_is_shown() {
    let mut book = CaseBook::default();
    let first = line("a", "a", 1, &["e1"]);
    book.take(first.clone());
    book.take(Incident { summary: "over".into(), observed: 0.0, ..resolved(first) });
    let case = book.case(&IncidentId("a".into())).expect("a case");
    assert!(!case.is_open());
    assert_eq!((case.incidents[0].shown.summary.as_str(), case.incidents[0].peak()), ("…", 500.0));
}

#[test]
fn an_actor_that_a_later_line_names_no_more_belongs_to_nothing_once_it_is_over() {
    let mut book = CaseBook::default();
    let first = line("a", "a", 1, &["e1"]);
    book.take(first.clone());
    let second = Incident { revision: 2, status: Status::Updated, actors: vec!["e2".into()], ..first.clone() };
    book.take(second.clone());
    book.take(Incident { revision: 3, status: Status::Resolved, ..second });
    book.take(line("b", "b", 900, &["e1"]));
    assert_eq!(ids(&book), ["b", "a"]);
}

#[test]
fn a_case_of_which_nothing_is_kept_is_forgotten_and_the_others_are_found_as_before() {
    let mut book = CaseBook::default();
    for told in [line("b", "b", 5, &["e2"]), line("a", "a", 9, &["e1"]), line("p", "p", 12, &["e1", "e2"])] {
        book.take(told);
    }
    book.take(line("z", "z", 13, &["e9"]));
    book.incidents.remove(&IncidentId("z".into()));
    book.forget_cases();
    assert_eq!(book.began.keys().map(|id| id.0.as_str()).collect::<Vec<_>>(), ["a", "b", "p"]);
    for id in ["a", "b", "p"] {
        assert_eq!(book.case(&IncidentId(id.into())).expect("found").incidents.len(), 3);
    }
    assert!(book.case(&IncidentId("z".into())).is_none());
}
