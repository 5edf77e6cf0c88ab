use super::*;
use crate::core::cases::Judgement;
use crate::core::incident::{Entity, EntityKind, Incident, IncidentId};

/// A Monday.
fn monday() -> EventTime {
    EventTime::parse_rfc3339("2012-05-07T00:00:00Z").expect("a time")
}

fn day(day: i64) -> EventTime {
    monday().plus(Millis::from_days(day))
}

/// An incident of `rule` in `case`, told on a day.
fn line(id: &str, case: &str, rule: &str, at: i64) -> Incident {
    let entity = Entity { kind: EntityKind::Actor, id: case.into() };
    let (incident, case, time) = (IncidentId(id.into()), IncidentId(case.into()), day(at));
    Incident { incident, case, rule: rule.into(), entity, actors: vec![], ..Incident::test(time, "shop") }
}

fn judged(case: &str, verdict: Verdict) -> Judgement {
    Judgement { schema: 1, case: IncidentId(case.into()), verdict, by: "ann".into(), at: day(60), note: String::new() }
}

/// Two weeks of two rules: four cases, of which three are judged.
fn book() -> CaseBook {
    let mut book = CaseBook::default();
    let lines = [
        line("a", "a", "bulk-read", 0),
        // The same case goes on in the week after, twice, and another rule joins it there.
        line("a2", "a", "bulk-read", 7),
        line("a3", "a", "bulk-read", 8),
        line("a4", "a", "customers-out", 8),
        line("b", "b", "bulk-read", 6),
        line("c", "c", "bulk-read", 13),
        line("d", "d", "customers-out", 13),
    ];
    for line in lines {
        assert!(book.take(line));
    }
    book.judge(judged("a", Verdict::True));
    book.judge(judged("b", Verdict::Expected));
    book.judge(judged("c", Verdict::False));
    book
}

fn week(raised: u64, cases: u64, right: u64, judged: u64) -> RuleWeek {
    RuleWeek { raised, cases, precision: Precision { right, judged } }
}

#[test]
fn a_case_counts_once_in_the_week_of_its_first_incident_of_the_rule() {
    let book = book();
    let all = weekly(&book);
    let bulk = RuleWeeks::from([(day(0), week(2, 2, 1, 2)), (day(7), week(3, 1, 0, 1))]);
    assert_eq!(all["bulk-read"], bulk);
    assert_eq!(all["customers-out"], RuleWeeks::from([(day(7), week(2, 2, 1, 1))]), "nobody has judged the case d");
    assert_eq!(overall(&all["bulk-read"]), Precision { right: 1, judged: 3 });
    let whole: u64 = all.values().flat_map(RuleWeeks::values).map(|week| week.raised).sum();
    assert_eq!(whole, book.incidents().count() as u64, "each incident is in one week of one rule");
}

#[test]
fn a_later_verdict_takes_the_place_of_an_earlier_one() {
    let mut book = book();
    book.judge(judged("b", Verdict::True));
    assert_eq!(weekly(&book)["bulk-read"][&day(0)], week(2, 2, 2, 2));
}

#[test]
fn weeks_without_an_incident_stand_in_their_place() {
    let weeks = RuleWeeks::from([(day(0), week(1, 1, 0, 0)), (day(14), week(2, 1, 1, 1))]);
    let shown = |now: i64, count| -> Vec<(i64, u64)> {
        let shown = recent(&weeks, day(now), count).into_iter();
        shown
            .map(|(at, week)| (at.since(monday()).as_millis() / Millis::from_days(1).as_millis(), week.raised))
            .collect()
    };
    assert_eq!(shown(22, 26), [(0, 1), (7, 0), (14, 2), (21, 0)], "to this week, from the first that raised something");
    assert_eq!(shown(22, 2), [(14, 2), (21, 0)], "no more than were asked for");
    assert_eq!(shown(-7, 26), [], "nothing was raised by then");
    assert!(recent(&RuleWeeks::new(), day(0), 26).is_empty());
}

#[test]
fn weeks_begin_on_mondays() {
    for (at, expected) in [(0, 0), (6, 0), (7, 7), (-1, -7)] {
        assert_eq!(day(at).floor_to_week(), day(expected), "{at}");
        assert_eq!(day(at).iso_week(), day(expected).iso_week());
    }
    assert_eq!(EventTime::MIN.floor_to_week().to_string(), "1969-12-29T00:00:00.000Z");
}
