use super::*;
use crate::core::activity::{Activity, Flags, Origin, Record, TagList};
use crate::core::event::EventKind;
use crate::core::history::{History, Rerun, rerun};
use crate::core::rules::{SHIPPED, check};
use crate::core::time::{EventTime, Millis};
use crate::core::units::Rows;
use smallvec::smallvec;

fn at(minute: i64) -> EventTime {
    EventTime::parse_rfc3339("2012-05-07T08:00:00Z").expect("a time").plus(Millis::from_mins(minute))
}

/// Three days of `people` clerks, each with 25 queries of four customers a day.
fn history(people: u64) -> History {
    history_from(people, EventTime::MIN)
}

/// The same, of which only what arrived from `from` on counts.
fn history_from(people: u64, from: EventTime) -> History {
    let mut history = History::default().counting_from(from);
    let mut offset = 0_u64;
    for (day, query) in (0..3_i64).flat_map(|day| (0..25_i64).map(move |query| (day, query))) {
        for person in 0..people {
            offset += 1;
            let tags: Vec<u8> = (0..4_u64).flat_map(|n| ((offset * 4 + n) << 20).to_le_bytes()).collect();
            let name = format!("e{person}");
            let time = at(day * 1_440 + query * 15);
            let activity = Activity {
                origin: Origin { offset, ..Origin::default() },
                time,
                received: time,
                kind: EventKind::Query,
                flags: Flags::default().with(Flags::CUSTOMER_OBJECT, true),
                actor: &name,
                role: "clerk",
                objects: smallvec!["customers"],
                rows: Some(Rows(4)),
                named: 4,
                named_customers: 4,
                tags: smallvec![TagList { kind: "phone", tags: &tags, members: &[], canaries: &[] }],
                ..Activity::default()
            };
            history.push(&Record::Activity(activity)).expect("kept");
        }
    }
    history.close().expect("kept");
    history
}

#[test]
fn the_cast_is_whoever_works_with_customers() {
    let cast = Cast::of(&history(9));
    assert_eq!((cast.people.len(), cast.customers.len()), (9, 9 * 75 * 4));
    assert_eq!((cast.kind.as_str(), cast.object.as_str()), ("phone", "customers"));
    assert!(cast.people.iter().all(|person| person.role == "clerk" && person.mornings.len() == 3));
}

#[test]
fn nobody_attacks_in_the_time_that_is_only_there_to_learn_from() {
    let from = at(1_440);
    let history = history_from(9, from);
    let cast = Cast::of(&history);
    assert_eq!((cast.people.len(), cast.customers.len(), history.events()), (9, 9 * 50 * 4, 9 * 50));
    assert_eq!(history.period(), Some((from, at(2 * 1_440 + 24 * 15))));
    assert!(cast.people.iter().all(|person| person.mornings.len() == 2));
    for leak in Leak::ALL {
        let scene = Scene::new(&cast, &[Attack { leak, size: 1_000, first: 0 }], history.period().expect("events"));
        assert!(scene.activities().iter().all(|activity| activity.received >= from), "{leak:?}");
    }
}

#[test]
fn an_attack_touches_as_many_customers_as_it_says_in_the_time_it_says() {
    let history = history(9);
    let cast = Cast::of(&history);
    let period = history.period().expect("events");
    for (leak, longest_hours) in [
        (Leak::ReadInAnHour, 1),
        (Leak::ReadInADay, 8),
        (Leak::ReadInAWeek, 56),
        (Leak::ReadAndSent, 2),
        (Leak::Sent, 8),
        (Leak::Together, 9),
    ] {
        let attacks = [Attack { leak, size: 1_000, first: 4 }];
        let scene = Scene::new(&cast, &attacks, period);
        let activities = scene.activities();
        assert!(activities.is_sorted_by_key(|activity| activity.received), "{leak:?}");
        let touched: std::collections::BTreeSet<_> =
            activities.iter().flat_map(|activity| activity.tags[0].tags().collect::<Vec<_>>()).collect();
        assert_eq!(touched.len(), 1_000, "{leak:?}");
        let span = activities.last().expect("some").time.since(activities[0].time);
        assert!(span <= Millis::from_hours(longest_hours), "{leak:?} took {span:?}");
        let who: std::collections::BTreeSet<_> = activities.iter().map(|activity| activity.actor).collect();
        assert_eq!(who.len(), leak.people(), "{leak:?}");
        let all: usize = scene.plots().iter().map(|plot| plot.touched_by(EventTime::MAX)).sum();
        assert_eq!(all, 1_000, "{leak:?}");
    }
}

#[test]
fn what_pages_is_told_with_the_customers_it_took() {
    let history = history(20);
    let cast = Cast::of(&history);
    let attacks = [
        Attack { leak: Leak::ReadAndSent, size: 1_000, first: 0 },
        Attack { leak: Leak::ReadInADay, size: 50, first: 1 },
        Attack { leak: Leak::Together, size: 800, first: 2 },
    ];
    let scene = Scene::new(&cast, &attacks, history.period().expect("events"));
    let besides = scene.activities();
    let mut caught = Caught::new(&scene, &cast, &attacks);
    let rules = check(&[SHIPPED]).expect("the shipped rules");
    rerun(&history, Rerun { rules, lateness: Millis::from_hours(1), besides: &besides }, |line| caught.take(&line));
    let outcomes = caught.outcomes();
    assert!(matches!(outcomes[0], Outcome::Paged(customers) if (50..400).contains(&customers)), "{outcomes:?}");
    assert_eq!(outcomes[1], Outcome::Missed, "fifty customers in a day are a clerk's morning");
    assert!(matches!(outcomes[2], Outcome::Paged(customers) if customers < 800), "{outcomes:?}");
}
