//! Whole simulations: what must hold for every seed.

use super::attacks::{ATTACKS, Attack, AttackRequest};
use super::life::{LIVES, find};
use super::*;
use crate::core::time::{EventTime, Millis};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A small retailer.
fn small(seed: u64) -> SimulateSettings {
    SimulateSettings { seed, actors: 60, customers: 20_000, days: 3, ..SimulateSettings::default() }
}

fn world(settings: SimulateSettings) -> World {
    World::new(settings).expect("valid settings")
}

fn with_attacks(settings: SimulateSettings, requests: &[&str]) -> World {
    let attacks = requests.iter().map(|request| request.parse().expect("a valid request")).collect();
    world(SimulateSettings { attacks, ..settings })
}

fn parse(event: &SimulatedEvent) -> Value {
    serde_json::from_str(&event.line).expect("JSON")
}

/// Every identifier that a line shows in its `identifiers`, as `kind:normal form`.
fn identifiers(line: &Value) -> BTreeSet<String> {
    let Some(kinds) = line["identifiers"].as_object() else { return BTreeSet::new() };
    let normal = |kind: &str, value: &str| match kind {
        "phone" => {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            digits[digits.len() - 11..].to_owned()
        }
        _ => value.trim().to_lowercase(),
    };
    let list = |kind: &str, values: &Value| -> Vec<String> {
        let values = values.as_array().expect("an array of identifiers");
        values.iter().map(|value| format!("{kind}:{}", normal(kind, value.as_str().expect("text")))).collect()
    };
    kinds.iter().flat_map(|(kind, values)| list(kind, values)).collect()
}

#[test]
fn the_same_settings_give_the_same_bytes() {
    let requests = ["bulk-dump", "encoded-egress"];
    let lines = |seed| with_attacks(small(seed), &requests).events().map(|event| event.line).collect::<Vec<_>>();
    let first = lines(1);
    assert_eq!(first, lines(1));
    assert_ne!(first, lines(2));
    let again = with_attacks(small(1), &requests);
    assert_eq!(again.events().count(), again.events().count());
}

#[test]
fn every_line_is_an_event_of_the_contract() {
    let all: Vec<&str> = ATTACKS.iter().map(|attack| attack.kind()).collect();
    for event in with_attacks(SimulateSettings { received: true, ..small(3) }, &all).events() {
        let line = parse(&event);
        let is_skewed = event.attack.is_some_and(|attack| all[usize::from(attack)] == "clock-poison");
        let text = |field: &str| line[field].as_str().unwrap_or_default();
        assert_eq!(text("type"), if event.topic == Topic::Queries { "query" } else { "egress" });
        assert_eq!(EventTime::parse_rfc3339(text("time")) == Some(event.time), !is_skewed, "{line}");
        assert_eq!(EventTime::parse_rfc3339(text("received")), Some(event.arrival));
        assert!(line["actor"].is_string() || line["client_ip"].is_string(), "{line}");
        for field in ["id", "session", "client_ip", "app", "statement", "content", "content_base64"] {
            assert!(line.get(field).is_none_or(Value::is_string), "{field}: {line}");
        }
        match event.topic {
            Topic::Queries => {
                assert!(line["rows"].is_u64() || line["rows"].is_null() && line.get("rows").is_some(), "{line}");
                assert!(
                    line["objects"][0].is_string() && line["database"].is_string() && line["operation"].is_string()
                );
            }
            Topic::Egress => assert!(line["bytes"].is_u64() && line["channel"].is_string(), "{line}"),
        }
        identifiers(&line);
    }
}

#[test]
fn events_come_as_they_arrive_and_some_arrive_late() {
    let mut latest = (EventTime::MIN, EventTime::MIN);
    let (mut late, mut count) = (0, 0);
    for event in world(small(4)).events() {
        assert!(event.arrival >= latest.0 && event.arrival >= event.time);
        late += u32::from(event.time < latest.1.minus(Millis::from_secs(1)));
        count += 1;
        latest = (event.arrival, latest.1.max(event.time));
    }
    assert!(late > 0 && late < count / 10, "{late} of {count}");
}

#[test]
fn an_attack_changes_no_line_of_anybody_else() {
    let before: BTreeSet<String> = world(small(5)).events().map(|event| event.line).collect();
    for attack in ATTACKS {
        let attacked = with_attacks(small(5), &[attack.kind()]);
        let (own, others): (Vec<_>, Vec<_>) = attacked.events().partition(|event| event.attack.is_some());
        let others: BTreeSet<String> = others.into_iter().map(|event| event.line).collect();
        assert_eq!(others, before, "{}", attack.kind());
        let alone: Vec<_> = attacked.attack_events().into_iter().map(|one| one.event).collect();
        assert_eq!(own, alone, "{}", attack.kind());
        assert_eq!(own.len() as u64, attacked.truth()[0].events);
    }
}

#[test]
fn nobody_takes_part_in_two_attacks() {
    let kinds = ATTACKS.map(Attack::kind);
    let all: Vec<&str> = kinds.into_iter().cycle().take(2 * kinds.len()).filter(|kind| !shares_people(kind)).collect();
    for seed in 0..4 {
        let settings = SimulateSettings { seed, actors: 300, ..small(seed) };
        let mut seen = BTreeMap::new();
        for truth in with_attacks(settings, &all).truth() {
            for actor in truth.actors {
                let before = seen.insert(actor.clone(), truth.name.clone());
                assert_eq!(before, None, "seed {seed}: {actor} of {}", truth.name);
            }
        }
    }
}

/// Few services and few people on notice are there to choose from.
fn shares_people(kind: &str) -> bool {
    matches!(kind, "service-abuse" | "notice-period")
}

#[test]
fn a_longer_span_begins_with_the_shorter_one() {
    let quiet = SimulateSettings { life: Vec::new(), ..small(6) };
    let short: BTreeSet<String> = world(quiet.clone()).events().map(|event| event.line).collect();
    let long: BTreeSet<String> =
        world(SimulateSettings { days: 5, ..quiet }).events().map(|event| event.line).collect();
    assert!(long.len() > short.len() && long.is_superset(&short));
}

#[test]
fn the_truth_is_what_the_lines_say() {
    let all: Vec<&str> = ATTACKS.iter().map(|attack| attack.kind()).collect();
    let world = with_attacks(small(7), &all);
    let mut shown = vec![(BTreeSet::new(), BTreeSet::new(), 0_u64, 0_u64); all.len()];
    for event in world.events() {
        let Some(attack) = event.attack else { continue };
        let line = parse(&event);
        let (read, sent, rows, events) = &mut shown[usize::from(attack)];
        let phones = identifiers(&line).into_iter().filter(|one| one.starts_with("phone:"));
        let shown_by = if event.topic == Topic::Queries { read } else { sent };
        shown_by.extend(phones);
        *rows += line["rows"].as_u64().unwrap_or(0);
        *events += 1;
    }
    for (truth, (read, sent, rows, events)) in world.truth().iter().zip(shown) {
        let phones = |is: fn(&Touch) -> bool| -> BTreeSet<String> {
            let touched = truth.touches.iter().filter(|(_, touch)| is(touch));
            touched.map(|(index, _)| format!("phone:{}", world.scene().base.customer(*index).phone())).collect()
        };
        assert_eq!((truth.rows, truth.events), (rows, events), "{}", truth.name);
        assert_eq!(phones(|touch| touch.read_named), read, "{} read", truth.name);
        // Of a mail both kinds of identifiers and its text are shown; of these only the bytes of an encoding.
        if truth.kind != "encoded-egress" {
            assert_eq!(phones(|touch| touch.sent_named), sent, "{} sent", truth.name);
        }
        assert_eq!(truth.customers_read_named, read.len() as u64);
        assert!(!truth.actors.is_empty() && truth.first_event <= truth.last_event);
    }
}

/// Events a working actor of each role has a day, on average: at least, at most.
const A_DAY: [(Role, f64, f64); 8] = [
    (Role::CustomerService, 90.0, 135.0),
    (Role::Sales, 85.0, 130.0),
    (Role::Analyst, 50.0, 85.0),
    (Role::Marketing, 65.0, 140.0),
    (Role::Operations, 75.0, 120.0),
    (Role::Finance, 60.0, 95.0),
    (Role::Engineering, 65.0, 100.0),
    (Role::Management, 35.0, 65.0),
];

#[test]
fn volumes_by_role_stay_in_bounds() {
    for seed in [1, 2, 3] {
        let world = world(SimulateSettings { seed, ..SimulateSettings::default() });
        let by_actor = count_by_actor(&world);
        let total: u32 = by_actor.values().sum();
        assert!((200_000..240_000).contains(&total), "seed {seed}: {total} events");
        let people = world.scene().population.people();
        let human: u32 = people.iter().filter_map(|actor| by_actor.get(&actor.number)).sum();
        assert!((50_000..90_000).contains(&(total - human)), "seed {seed}: {} events of services", total - human);
        for (role, least, most) in A_DAY {
            let members: Vec<_> = people.iter().filter(|actor| actor.role() == Some(role)).collect();
            let events: u32 = members.iter().filter_map(|actor| by_actor.get(&actor.number)).sum();
            let workdays = 5.0 + 0.02 * f64::from(role_weekend(role));
            let mean = f64::from(events) / f64::from(members.len() as u32) / workdays;
            assert!((least..=most).contains(&mean), "seed {seed}: {role:?} has {mean:.1} events a workday");
        }
    }
}

fn role_weekend(role: Role) -> u32 {
    if matches!(role, Role::CustomerService | Role::Operations) { 40 } else { 5 }
}

/// Events by actor; those that only tell an address belong to its holder.
fn count_by_actor(world: &World) -> BTreeMap<u32, u32> {
    let population = &world.scene().population;
    let spellings = population.actors.iter().flat_map(|actor| {
        let ip = actor.client_ip.to_string();
        actor.spellings.iter().map(|one| one.to_lowercase()).chain([ip]).map(|one| (one, actor.number))
    });
    let spellings: BTreeMap<String, u32> = spellings.collect();
    let mut counts = BTreeMap::new();
    for event in world.events() {
        let line = parse(&event);
        let login = line["actor"].as_str().or(line["client_ip"].as_str()).expect("an actor").to_lowercase();
        *counts.entry(spellings[&login]).or_default() += 1;
    }
    counts
}

#[test]
fn ordinary_life_touches_no_decoy_and_no_former_employee() {
    let everything: Vec<_> = LIVES.to_vec();
    let world = world(SimulateSettings { life: everything, ..small(8) });
    let base = world.scene().base;
    let decoys: BTreeSet<String> = base
        .canaries()
        .map(|index| format!("customer_id:{}", base.customer(index).customer_id()).to_lowercase())
        .collect();
    let former: BTreeSet<u32> = world.scene().population.former().iter().map(|actor| actor.number).collect();
    for event in world.events() {
        assert!(identifiers(&parse(&event)).is_disjoint(&decoys));
    }
    let counts = count_by_actor(&world);
    assert!(former.iter().all(|number| !counts.contains_key(number)));
}

#[test]
fn an_outage_holds_events_back_and_a_sale_day_brings_more() {
    let life = |name: &str| SimulateSettings { life: vec![find(name).expect("known")], ..small(9) };
    let quiet = world(life("quiet")).events().count();
    let sale = world(life("sale-day")).events().count();
    assert!(sale * 10 > quiet * 12, "{sale} against {quiet}");
    let outage: Vec<_> = world(life("outage")).events().collect();
    assert_eq!(outage.len(), quiet);
    let gap = outage.windows(2).map(|pair| pair[1].arrival.since(pair[0].arrival)).max().expect("events");
    assert!(gap > Millis::from_mins(170) && gap < Millis::from_mins(181), "{gap}");
    assert!(outage.iter().all(|event| parse(event)["received"].is_string()));
}

#[test]
fn people_who_moved_do_other_work_from_then_on() {
    let settings = SimulateSettings { days: 8, life: vec![find("team-moves").expect("known")], ..small(10) };
    let world = world(settings);
    let moved: Vec<_> = world.scene().population.people().iter().filter(|one| one.moves.is_some()).collect();
    assert_eq!(moved.len(), 3);
    let middle = world.scene().calendar.start().plus(Millis::from_days(4));
    for actor in moved {
        let role = |work| match work {
            Work::Desk(desk) => desk.role,
            Work::Job(job) => panic!("{job:?} is no desk"),
        };
        let (before, after) = (role(actor.work_at(middle.minus(Millis::new(1)))), role(actor.work_at(middle)));
        assert_ne!(before, after);
        assert_eq!(Some(before), actor.role());
    }
}

#[test]
fn a_nightly_copy_reads_every_real_customer_once_a_night() {
    let settings = SimulateSettings { days: 2, life: vec![find("night-etl").expect("known")], ..small(11) };
    let world = world(settings);
    let pages = world.events().filter(|event| event.line.contains("LIMIT 5000")).map(|event| parse(&event));
    let rows: Vec<u64> = pages.map(|line| line["rows"].as_u64().expect("told")).collect();
    let nights = world.scene().calendar.days().len() as u64;
    assert_eq!(rows.iter().sum::<u64>(), nights * u64::from(world.scene().base.real()));
}

#[test]
fn somebody_on_notice_leaves_and_does_nothing_afterwards() {
    let world = world(SimulateSettings { days: 24, ..small(12) });
    let leaving: Vec<_> = world.scene().population.leaving().collect();
    assert_eq!(leaving.len(), 1);
    let last_day = leaving[0].left_at.expect("a last day");
    assert!(world.scene().calendar.holds(last_day));
    let logins: BTreeSet<String> = leaving[0].spellings.iter().map(|one| one.to_lowercase()).collect();
    let own = |event: &SimulatedEvent| {
        parse(event)["actor"].as_str().is_some_and(|login| logins.contains(&login.to_lowercase()))
    };
    let latest = world.events().filter(own).map(|event| event.time).max().expect("events");
    assert!(latest < last_day && latest > last_day.minus(Millis::from_days(7)), "{latest}");
}

#[test]
fn requests_that_do_not_fit_are_refused() {
    let error = |request: &str| {
        let attacks = vec![request.parse::<AttackRequest>().expect("a valid request")];
        World::new(SimulateSettings { attacks, ..small(1) }).expect_err("does not fit").to_string()
    };
    assert!(error("bulk-dump,actor=emp9999").contains("\"emp9999\""));
    assert_eq!(error("drip,size=30000"), "drip: size is 30000, expected 1 to 19988");
    assert!(error("leaver,at=500h").contains("2012-05-07T00:00:00.000Z to 2012-05-10T00:00:00.000Z"));
}
