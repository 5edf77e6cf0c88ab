//! What makes each attack what it is, over several seeds.

use crate::core::time::Millis;
use crate::simulate::step::{Action, Carried, Egress, Rows, Step, Who};
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
        for request in ["drip", "collusion", "read-then-out", "encoded-egress", "evening-mail"] {
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
        assert_eq!(play(seed, "canary").1.canaries, 2);
        assert_eq!(play(seed, "bulk-dump").1.canaries, 0);
        assert_eq!(play(seed, "paged-dump,size=99988").1.canaries, 0);
    }
}

#[test]
fn a_copy_tells_no_rows_and_names_nobody() {
    let (world, truth) = play(1, "copy-unknown");
    assert_eq!((truth.events, truth.customers_read, truth.customers_read_named), (1, 20_000, 0));
    assert_eq!((truth.rows, truth.events_with_unknown_rows), (0, 1));
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
    }
}

#[test]
fn encoded_egress_shows_customers_only_inside_layers() {
    let (world, truth) = play(1, "encoded-egress");
    assert_eq!(truth.customers_sent_named, 300);
    assert!(sendings(&world).iter().all(|(_, egress)| matches!(egress.carried, Carried::Layers(_))));
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
}
