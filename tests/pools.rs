//! Several partitions and their log, in memory: accounts that each stay small are counted together exactly once, through
//! crashes and repeats. The model is one partition that nothing happens to.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::Cluster;
use leakwatch::core::activity::{Activity, Flags, Origin, Record, TagList, Tick};
use leakwatch::core::event::EventKind;
use leakwatch::core::incident::{EntityKind, Status};
use leakwatch::core::ingest::partition_of;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::{Partition, Rows};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use smallvec::smallvec;
use std::collections::BTreeSet;

const SEEDS: u64 = 12;
const ACTORS: u64 = 8;
const EACH: u64 = 30;

fn start() -> EventTime {
    EventTime::parse_rfc3339("2012-05-07T10:00:00Z").expect("a time")
}

/// Each of several accounts reads customers of its own and sends them to a fresh host of one domain.
fn tell(cluster: &mut Cluster) {
    let mut offset = 0;
    for actor in 0..ACTORS {
        let name = format!("emp{actor:04}");
        let at = start().plus(Millis::from_mins(i64::try_from(actor).expect("few")));
        event(cluster, &mut offset, EventKind::Query, &name, at, actor);
        event(cluster, &mut offset, EventKind::Egress, &name, at.plus(Millis::from_mins(20)), actor);
        cluster.tell_all(&Record::Tick(Tick { time: at.plus(Millis::from_mins(20)) }));
    }
    for minute in 0..20 {
        cluster.tell_all(&Record::Tick(Tick { time: start().plus(Millis::from_mins(40 + minute)) }));
    }
}

fn event(cluster: &mut Cluster, offset: &mut u64, kind: EventKind, name: &str, time: EventTime, actor: u64) {
    let tags: Vec<u8> = (0..EACH)
        .flat_map(|n| (actor * EACH + n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).to_le_bytes())
        .collect();
    let host = format!("x{actor}.drop.example");
    let egress = kind == EventKind::Egress;
    let record = Record::Activity(Activity {
        origin: Origin { offset: *offset, ..Origin::default() },
        time,
        received: time,
        kind,
        actor: name,
        role: "customer-service",
        team: "cs-1",
        flags: Flags::default().with(Flags::CUSTOMER_OBJECT, !egress),
        rows: (!egress).then_some(Rows(EACH)),
        destination: egress.then_some(host.as_str()),
        domain: egress.then_some("drop.example"),
        named: u32::try_from(EACH).expect("small"),
        named_customers: u32::try_from(EACH).expect("small"),
        tags: smallvec![TagList { kind: "phone", tags: &tags, members: &[], canaries: &[] }],
        ..Activity::default()
    });
    *offset += 1;
    cluster.append(name, &record);
}

fn run(partitions: u32, seed: u64, crashes: u32) -> Cluster {
    let mut cluster = Cluster::new(partitions);
    tell(&mut cluster);
    cluster.run(&mut ChaCha8Rng::seed_from_u64(seed), crashes);
    cluster
}

#[test]
fn small_senders_in_many_partitions_are_counted_together() {
    let cluster = run(6, 1, 0);
    let homes: BTreeSet<Partition> = (0..ACTORS).map(|actor| partition_of(&format!("emp{actor:04}"), 6)).collect();
    assert!(homes.len() > 2, "the accounts live in several partitions");
    let exit = cluster.last_of("pooled-exit");
    assert_eq!((exit.entity.kind, exit.entity.id.as_str()), (EntityKind::Domain, "drop.example"));
    let newest = cluster.lines.values().filter(|line| line.rule == "pooled-exit" && line.status != Status::Resolved);
    let most = newest.map(|line| (line.actors_total, line.customers.overlap)).max().expect("raised");
    assert!(most.0 >= 3 && most.1 >= 75, "{most:?}");
    assert_eq!(cluster.raised(), run(1, 1, 0).raised(), "as one partition would");
}

#[test]
fn crashes_and_repeats_change_nothing_that_is_raised() {
    let expected = run(1, 0, 0).raised();
    for seed in 0..SEEDS {
        for partitions in [2, 5] {
            let cluster = run(partitions, seed, 8);
            assert_eq!(cluster.raised(), expected, "seed {seed}, {partitions} partitions");
            let observed =
                cluster.lines.values().filter(|line| line.rule == "pooled-exit").map(|line| line.customers.overlap);
            assert!(observed.max() <= Some(ACTORS * EACH), "nobody is counted twice");
        }
    }
}
