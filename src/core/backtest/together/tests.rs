//! Sets judged together against each judged alone.

use super::super::{Episode, Episodes, only};
use super::*;
use crate::core::activity::{Activity, Flags, Origin, Record, TagList};
use crate::core::event::EventKind;
use crate::core::history::{History, Rerun, rerun};
use crate::core::rules::{Excepted, LimitTable, Mode, SHIPPED, check};
use crate::core::time::{EventTime, Millis};
use crate::core::units::{ByteCount, Rows};
use proptest::prelude::*;
use smallvec::smallvec;

const ACTORS: [&str; 6] = ["e0", "e1", "e2", "e3", "e4", "e5"];
const DOMAINS: [&str; 4] = ["drop.example", "share.example", "mail.example", "files.example"];
const LATENESS: Millis = Millis::from_hours(1);

/// One event: how long after the one before, how late, whose, which customers, and where to.
#[derive(Clone, Debug)]
struct Step {
    after_mins: i64,
    late_mins: i64,
    actor: usize,
    customers: std::ops::Range<u64>,
    to: Option<usize>,
    canary: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let pause = prop_oneof![8 => 0_i64..90, 4 => 300_i64..1_500, 1 => 10_000_i64..60_000];
    let customers = (0_u64..400, 1_u64..90).prop_map(|(first, many)| first..first + many);
    let to = prop_oneof![2 => Just(None), 1 => (0..DOMAINS.len()).prop_map(Some)];
    (pause, prop_oneof![4 => Just(0_i64), 1 => 0_i64..59], 0..ACTORS.len(), customers, to, prop::bool::weighted(0.02))
        .prop_map(|(after_mins, late_mins, actor, customers, to, canary)| Step {
            after_mins,
            late_mins,
            actor,
            customers,
            to,
            canary,
        })
}

fn history(steps: &[Step], listed: bool) -> History {
    let mut now = EventTime::parse_rfc3339("2012-05-07T08:00:00Z").expect("a time");
    let mut history = History::default();
    for (offset, step) in (0..).zip(steps) {
        now = now.plus(Millis::from_mins(step.after_mins));
        let tags: Vec<u8> = step.customers.clone().flat_map(|n| (n << 40 | n).to_le_bytes()).collect();
        let named = u32::try_from(step.customers.end - step.customers.start).expect("small");
        let domain = step.to.map(|to| DOMAINS[to]);
        let (kind, objects) = match domain {
            Some(_) => (EventKind::Egress, smallvec![]),
            None => (EventKind::Query, smallvec![["customers", "orders"][usize::from(named % 2 == 0)]]),
        };
        let activity = Activity {
            origin: Origin { offset, ..Origin::default() },
            time: now.minus(Millis::from_mins(step.late_mins)),
            received: now,
            kind,
            flags: Flags::default().with(Flags::CUSTOMER_OBJECT, domain.is_none()).with(Flags::LISTED, listed),
            actor: ACTORS[step.actor],
            role: ["clerk", "sales"][step.actor % 2],
            team: ["north", "south"][step.actor / 3],
            client_ip: Some(["10.0.0.1", "10.0.0.2"][step.actor % 2]),
            objects,
            destination: domain,
            domain,
            channel: domain.map(|_| "http"),
            rows: domain.is_none().then(|| Rows(u64::from(named))),
            bytes: Some(ByteCount(9_000)),
            named,
            named_customers: named,
            tags: smallvec![TagList {
                kind: "phone",
                tags: &tags,
                members: &[],
                canaries: if step.canary { &[1] } else { &[] }
            }],
            ..Activity::default()
        };
        history.push(&Record::Activity(activity)).expect("kept");
    }
    history.close().expect("kept");
    history
}

/// The shipped rules, low enough for a few people; some of them are tried out, and somebody is let off.
fn rules(scales: &[f64], shadow: usize, let_off: usize) -> RuleSet {
    let mut set = check(&[SHIPPED]).expect("the shipped rules");
    let ids: Vec<String> = set.rules.iter().map(|rule| rule.id.clone()).collect();
    for (number, rule) in set.rules.iter_mut().enumerate() {
        let scale = 0.02 * scales[number % scales.len()];
        rule.limits = LimitTable::scaled(&rule.limits, scale);
        rule.actors_at_least = rule.actors_at_least.min(2);
        rule.each_at_least *= scale;
        if let Some(baseline) = &mut rule.baseline {
            baseline.floor *= scale;
            baseline.own = baseline.own.map(|(history, factor, after)| (history, factor * scales[0], after));
        }
        if rule.id == ids[shadow % ids.len()] {
            rule.mode = Mode::Shadow;
        }
    }
    let (from, until) = (EventTime::MIN, EventTime::MAX);
    let who = Excepted::Actor(ACTORS[let_off % ACTORS.len()].into());
    set.exceptions.push(Exception { rule: ids[let_off % ids.len()].clone(), who, from, until });
    set
}

fn alone(history: &History, rules: &RuleSet) -> Vec<Episode> {
    let mut episodes = Episodes::default();
    rerun(history, Rerun { rules: rules.clone(), lateness: LATENESS, besides: &[] }, |line| episodes.take(&line));
    episodes.all().to_vec()
}

fn together(history: &History, sets: &[RuleSet]) -> (bool, Vec<Vec<Episode>>) {
    let together = Together::of(sets).expect("they count the same");
    let (mut apart, mut episodes) = (together.apart(), vec![Episodes::default(); sets.len()]);
    let how = Rerun { rules: together.rules().clone(), lateness: LATENESS, besides: &[] };
    let log = rerun(history, how, |line| apart.gather(line, &mut episodes));
    let told = episodes.iter().map(|episodes| episodes.all().to_vec()).collect();
    (Together::holds(&log.detector().stats()), told)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn each_set_raises_what_it_raises_alone(
        steps in prop::collection::vec(step(), 50..300),
        listed in any::<bool>(),
        scales in prop::collection::vec(prop::collection::vec(0.2_f64..3.0, 5), 3),
        others in prop::collection::vec((0_usize..40, 0_usize..40), 3),
    ) {
        let history = history(&steps, listed);
        let sets: Vec<RuleSet> =
            scales.iter().zip(&others).map(|(scales, (shadow, off))| rules(scales, *shadow, *off)).collect();
        let (holds, told) = together(&history, &sets);
        prop_assert!(holds || !listed);
        if holds {
            for (set, told) in sets.iter().zip(&told) {
                let alone = alone(&history, set);
                let differ = alone.iter().zip(told).find(|(alone, told)| alone != told);
                prop_assert!(differ.is_none(), "alone and together: {differ:#?}");
                prop_assert_eq!(alone.len(), told.len());
            }
        }
    }
}

#[test]
fn what_is_the_same_is_judged_once_and_what_heeds_other_rules_for_each() {
    let old = check(&[SHIPPED]).expect("the shipped rules");
    let mut new = old.clone();
    new.rules.iter_mut().filter(|rule| rule.id == "steady-read").for_each(|rule| rule.hold = Millis::from_hours(1));
    let together = Together::of(&[old.clone(), new]).expect("they count the same");
    let marked: Vec<&str> =
        together.rules().rules.iter().map(|rule| rule.id.as_str()).filter(|id| side_of(id).1.is_some()).collect();
    assert_eq!(marked, ["steady-read@0", "steady-read@1", "read-then-leave@0", "read-then-leave@1"]);
    assert_eq!(Together::of(&[old.clone(), old.clone()]).expect("the same").rules(), &old);
}

#[test]
fn sets_that_count_otherwise_are_not_judged_together() {
    let old = check(&[SHIPPED]).expect("the shipped rules");
    let fewer = only(&old, &old.rules.iter().map(|rule| rule.id.clone()).filter(|id| id != "canary-touched").collect());
    let mut longer = old.clone();
    longer.rules[0].window = crate::core::incident::Window::Week;
    let mut reordered = old.clone();
    reordered.rules.swap(0, 5);
    for other in [fewer, longer, reordered] {
        assert!(Together::of(&[old.clone(), other]).is_none());
    }
}

#[test]
fn whoever_is_remembered_for_an_incident_alone_is_noticed() {
    let step = |after_mins, actor, canary| Step { after_mins, late_mins: 0, actor, customers: 0..1, to: None, canary };
    let mut steps = vec![step(0, 0, true)];
    steps.extend((0..80).map(|_| step(12 * 60, 1, false)));
    let sets = [rules(&[1.0], 0, 1), rules(&[2.0], 0, 1)];
    for (listed, holds) in [(true, true), (false, false)] {
        assert_eq!(together(&history(&steps, listed), &sets).0, holds, "listed: {listed}");
    }
}
