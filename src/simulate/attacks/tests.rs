//! What makes each attack what it is, over several seeds.

use super::ATTACKS;
use crate::core::time::Millis;
use crate::simulate::step::{Action, Carried, Egress, Rows, Statement, Step, Who};
use crate::simulate::{Actor, AttackTruth, Role, SimulateSettings, World};
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: std::ops::Range<u64> = 0..6;

fn play(seed: u64, request: &str) -> (World, AttackTruth) {
    let attacks = vec![request.parse().expect("a valid request")];
    let settings = SimulateSettings { seed, attacks, ..SimulateSettings::default() };
    let world = World::new(settings).expect("it fits");
    let truth = world.truth().remove(0);
    (world, truth)
}

fn steps(world: &World) -> &[Step] {
    &world.attacks()[0].steps
}

fn sendings(world: &World) -> Vec<(&Step, &Egress)> {
    let mut sent = Vec::new();
    for step in steps(world) {
        if let Action::Egress(egress) = &step.action {
            sent.push((step, egress));
        }
    }
    sent
}

fn days(world: &World) -> BTreeSet<i64> {
    steps(world).iter().map(|step| world.scene().calendar.local_hour(step.at).day.0).collect()
}

#[test]
fn a_bulk_dump_is_over_within_minutes() {
    for seed in SEEDS {
        let (world, truth) = play(seed, "bulk-dump");
        let took = steps(&world)[truth.events as usize - 1].at.since(steps(&world)[0].at);
        assert_eq!((truth.customers_read, truth.rows, truth.customers_sent), (5_000, 5_000, 0));
        assert!(took > Millis::from_mins(3) && took < Millis::from_mins(8), "{took}");
    }
    let (_, uploaded) = play(1, "bulk-dump,size=700,destination=far.example");
    assert_eq!((uploaded.customers_sent, uploaded.overlap), (700, 700));
}

#[test]
fn what_leaves_after_a_read_was_read_before() {
    for seed in SEEDS {
        for request in [
            "drip",
            "spread-drip",
            "collusion",
            "read-then-out",
            "encoded-egress",
            "unseen-egress",
            "notice-period",
            "evening-mail",
            "clock-poison",
            "actor-flood",
            "team-harvest,destination=x.example",
        ] {
            let (_, truth) = play(seed, request);
            assert!(truth.customers_sent > 0 && truth.overlap == truth.customers_sent, "{request}: {truth:?}");
            assert!(truth.touches.values().all(|touch| touch.sent_at.is_none_or(|sent| Some(sent) > touch.read_at)));
        }
    }
}

#[test]
fn a_drip_is_spread_over_the_days_and_takes_one_way_out() {
    for seed in SEEDS {
        let (world, truth) = play(seed, "drip");
        assert_eq!((truth.customers_sent, truth.actors.len()), (420, 1));
        assert!(days(&world).len() >= 6, "{:?}", days(&world));
        assert!(sendings(&world).iter().all(|(_, egress)| egress.destination == "files.quickdrop.example"));
    }
    let (world, truth) = play(1, "drip,speed=5/d");
    assert_eq!((truth.customers_sent, sendings(&world).len()), (35, 7));
}

#[test]
fn a_collusion_has_many_small_senders_and_a_fresh_host_each_day() {
    for seed in SEEDS {
        let (world, truth) = play(seed, "collusion");
        assert_eq!((truth.actors.len(), truth.customers_sent), (11, 440));
        let mut by_actor = BTreeMap::<u32, u32>::new();
        let mut hosts = BTreeMap::<i64, BTreeSet<String>>::new();
        for (step, egress) in sendings(&world) {
            let Who::Listed { number, .. } = step.who else { panic!("a listed actor") };
            *by_actor.entry(number).or_default() += egress.touched.named;
            let day = world.scene().calendar.local_hour(step.at).day.0;
            assert!(egress.destination.ends_with(".drop.example"));
            hosts.entry(day).or_default().insert(egress.destination.to_string());
        }
        assert!(by_actor.values().all(|sent| *sent <= 50), "{by_actor:?}");
        let all: BTreeSet<_> = hosts.values().flatten().collect();
        assert!(all.len() >= 6, "{hosts:?}");
    }
    assert_eq!(play(1, "collusion,actors=4,size=20").1.actors.len(), 4);
}

#[test]
fn a_leaver_had_left_before() {
    for seed in SEEDS {
        let (world, truth) = play(seed, "leaver");
        let actor = world.scene().population.find(&truth.actors[0]).expect("a known actor");
        assert!(actor.left_at.expect("left") < steps(&world)[0].at);
        let spellings = |step: &Step| matches!(step.who, Who::Listed { spelling, .. } if spelling > 0);
        assert!(steps(&world).iter().any(spellings));
    }
}

#[test]
fn only_the_canary_attack_meets_decoys() {
    for seed in SEEDS {
        for attack in ATTACKS {
            let met = play(seed, attack.kind()).1.canaries;
            assert_eq!(met, if attack.kind() == "canary" { 2 } else { 0 }, "{}", attack.kind());
        }
        assert_eq!(play(seed, "paged-dump,size=99988").1.canaries, 0);
    }
}

#[test]
fn a_copy_tells_no_rows_and_names_nobody() {
    let (world, truth) = play(1, "copy-unknown");
    assert_eq!((truth.customers_read, truth.customers_read_named), (20_000, 0));
    assert!((1..=3).contains(&truth.events), "{}", truth.events);
    assert_eq!((truth.rows, truth.events_with_unknown_rows), (0, truth.events));
    let told = steps(&world).iter().any(|step| match &step.action {
        Action::Query(query) => query.rows != Rows::Unknown,
        Action::Egress(_) => true,
    });
    assert!(!told);
}

#[test]
fn a_service_account_is_abused_from_a_persons_desk() {
    for seed in SEEDS {
        let (world, truth) = play(seed, "service-abuse");
        let population = &world.scene().population;
        assert_eq!(population.find(&truth.actors[0]).and_then(Actor::role), None);
        let from = steps(&world)[0].client_ip;
        let desk = population.people().iter().find(|person| Some(person.client_ip) == from);
        assert!(matches!(desk.and_then(Actor::role), Some(Role::Engineering | Role::Analyst)));
        let hour = world.scene().calendar.local_hour(steps(&world)[0].at).hour;
        assert!((19..22).contains(&hour), "{hour}");
    }
    let sending = SEEDS.filter(|seed| play(*seed, "service-abuse").1.customers_sent > 0).count();
    assert!(sending > 0 && sending < SEEDS.count(), "{sending}");
}

#[test]
fn a_spread_drip_is_one_person_with_many_faces() {
    for seed in SEEDS {
        let (world, truth) = play(seed, "spread-drip");
        assert_eq!((truth.actors.len(), truth.customers_sent), (1, 400));
        let addresses: BTreeSet<_> = steps(&world).iter().map(|step| step.client_ip).collect();
        let sessions: BTreeSet<_> = steps(&world).iter().map(|step| step.session).collect();
        let spellings: BTreeSet<_> = steps(&world)
            .iter()
            .filter_map(|step| match &step.who {
                Who::Listed { spelling, capitals, .. } => Some((*spelling, *capitals)),
                Who::Unlisted(_) | Who::Untold => None,
            })
            .collect();
        assert!(addresses.len() >= 15 && sessions.len() >= 15 && spellings.len() == 6);
    }
}

#[test]
fn a_team_harvests_together() {
    for seed in SEEDS {
        let (world, truth) = play(seed, "team-harvest");
        let population = &world.scene().population;
        let teams: BTreeSet<_> =
            truth.actors.iter().filter_map(|name| population.find(name)).map(|one| &one.team).collect();
        assert_eq!((truth.customers_read, truth.customers_sent, teams.len()), (4_000, 0, 1));
        assert!((7..=15).contains(&truth.actors.len()), "{:?}", truth.actors);
        assert!(truth.entities.iter().any(|entity| entity.kind == "team"));
    }
    assert_eq!(play(1, "team-harvest,actors=3,size=30").1.actors.len(), 3);
}

#[test]
fn somebody_on_notice_is_still_employed() {
    for seed in SEEDS {
        let (world, truth) = play(seed, "notice-period");
        let actor = world.scene().population.find(&truth.actors[0]).expect("a known actor");
        let employed = |step: &Step| actor.employed(step.at) && actor.notice_at.is_some_and(|notice| notice < step.at);
        assert!(steps(&world).iter().all(employed));
        // A night shift goes on after midnight.
        assert!(truth.customers_sent == 300 && (4..=5).contains(&days(&world).len()));
    }
}

#[test]
fn an_unseen_egress_shows_bytes_alone() {
    for seed in SEEDS {
        let (world, truth) = play(seed, "unseen-egress");
        assert_eq!((truth.customers_sent, truth.customers_sent_named), (300, 0));
        assert!(sendings(&world).iter().all(|(_, egress)| egress.carried == Carried::Unseen && egress.bytes > 5_000));
    }
}

#[test]
fn a_poisoned_clock_is_far_ahead_once_and_skewed_afterwards() {
    for seed in SEEDS {
        let (world, _) = play(seed, "clock-poison");
        let off: Vec<_> = steps(&world).iter().map(|step| step.claimed.expect("claimed").since(step.at)).collect();
        assert!(off[0] > Millis::from_days(29));
        assert!(off[1..].iter().all(|off| off.as_millis().abs() <= 26 * 3_600_000));
        assert!(off[1..].iter().any(|off| *off > Millis::from_hours(1)));
        assert!(off[1..].iter().any(|off| *off < Millis::from_hours(-1)));
    }
}

#[test]
fn a_flood_of_invented_logins_is_over_within_an_hour() {
    for seed in SEEDS {
        let (world, truth) = play(seed, "actor-flood");
        let invented: Vec<_> = steps(&world).iter().filter(|step| step.who.number().is_none()).collect();
        assert_eq!((invented.len(), truth.actors.len(), truth.customers_sent), (5_000, 5_001, 420));
        assert!(invented[4_999].at.since(invented[0].at) < Millis::from_hours(1));
        assert_eq!(truth.entities.iter().filter(|entity| entity.kind == "actor").count(), 1);
    }
    assert_eq!(play(1, "actor-flood,actors=40").1.actors.len(), 41);
}

#[test]
fn a_slow_poisoning_grows_by_a_fiftieth_a_day_until_the_dump() {
    for seed in SEEDS {
        let (world, _) = play(seed, "slow-poison");
        let mut by_day = BTreeMap::<i64, usize>::new();
        for step in steps(&world) {
            let day = world.scene().calendar.local_hour(step.at).day.0;
            *by_day.entry(day).or_default() += step.action.touched().customers.len();
        }
        let read: Vec<_> = by_day.into_values().collect();
        assert_eq!(read, [120, 122, 124, 127, 3_000]);
    }
}

#[test]
fn a_beginning_on_a_day_is_at_work_on_that_day() {
    for seed in SEEDS {
        for request in ["bulk-dump,at=day3", "leaver,at=day3", "service-abuse,at=day3"] {
            let (world, _) = play(seed, request);
            let calendar = &world.scene().calendar;
            // A night shift goes on after midnight.
            let begins = calendar.local_hour(steps(&world)[0].at).day;
            assert!(calendar.days()[2..4].contains(&begins), "{request}: {begins:?}");
        }
        let (world, _) = play(seed, "evening-mail,at=day5");
        assert_eq!(days(&world).len(), 3);
    }
}

#[test]
fn pages_are_told_by_offset_or_by_key() {
    let kinds: BTreeSet<_> = SEEDS
        .map(|seed| {
            let (world, _) = play(seed, "paged-dump");
            let paged = |step: &Step| match &step.action {
                Action::Query(query) => match query.statement {
                    Statement::Page { .. } => "offset",
                    Statement::KeyRange { .. } => "key",
                    other => panic!("{other:?} is no page"),
                },
                Action::Egress(_) => panic!("nothing is sent"),
            };
            let kinds: BTreeSet<_> = steps(&world).iter().map(paged).collect();
            assert_eq!(kinds.len(), 1);
            kinds.into_iter().next()
        })
        .collect();
    assert_eq!(kinds.len(), 2);
}

#[test]
fn encoded_egress_shows_customers_only_inside_layers() {
    let (world, truth) = play(1, "encoded-egress");
    assert_eq!(truth.customers_sent_named, 300);
    assert!(sendings(&world).iter().all(|(_, egress)| matches!(egress.carried, Carried::Layers(_))));
    let layerings: BTreeSet<_> = sendings(&world).iter().map(|(_, egress)| format!("{:?}", egress.carried)).collect();
    assert_eq!(layerings.len(), 6);
}

#[test]
fn an_evening_mail_goes_to_another_domain_each_evening() {
    for seed in SEEDS {
        let (world, _) = play(seed, "evening-mail");
        let sent = sendings(&world);
        let hosts: BTreeSet<_> = sent.iter().map(|(_, egress)| egress.destination.to_string()).collect();
        assert_eq!((sent.len(), hosts.len()), (7, 7));
        assert!(sent.iter().all(|(_, egress)| egress.touched.named == 12));
    }
    let (world, truth) = play(1, "evening-mail,size=700");
    assert_eq!((sendings(&world).len(), truth.customers_sent), (7, 700));
}
