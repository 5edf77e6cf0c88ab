//! Several partitions and their log, in memory: accounts that each stay small are counted together exactly once, through
//! crashes and repeats. The model is one partition that nothing happens to.

use leakwatch::core::activity::{Activity, Control, Flags, Origin, Record, TagList, Tick, codec};
use leakwatch::core::detector::{Detector, DetectorSettings, Output, To};
use leakwatch::core::event::EventKind;
use leakwatch::core::incident::{EntityKind, Incident, Status};
use leakwatch::core::ingest::partition_of;
use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::{Offset, Ordinal, Partition, Position, Rows};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use smallvec::smallvec;
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: u64 = 12;
const ACTORS: u64 = 8;
const EACH: u64 = 30;

fn settings(partition: u32, partitions: u32) -> DetectorSettings {
    DetectorSettings {
        partition: Partition(partition),
        partitions,
        lateness: Millis::from_hours(1),
        max_unlisted: 10_000,
    }
}

/// A partition's log, its owner, and the states that the owner wrote down on the way.
struct Owner {
    log: Vec<Vec<u8>>,
    detector: Detector,
    next: usize,
    snapshots: Vec<(usize, Vec<u8>)>,
}

/// Partitions and what they raised.
struct Cluster {
    owners: Vec<Owner>,
    lines: BTreeMap<(String, u32), Incident>,
}

impl Cluster {
    fn new(partitions: u32) -> Self {
        let owner = |partition| Owner {
            log: Vec::new(),
            detector: Detector::new(settings(partition, partitions)),
            next: 0,
            snapshots: Vec::new(),
        };
        let mut cluster = Self { owners: (0..partitions).map(owner).collect(), lines: BTreeMap::new() };
        cluster.to_all(&Record::Control(Control::Rules { version: "", yaml: vec![SHIPPED.yaml] }));
        cluster
    }

    fn partitions(&self) -> u32 {
        u32::try_from(self.owners.len()).expect("few")
    }

    fn to_all(&mut self, record: &Record<'_>) {
        let record = codec::encode(record).expect("encodes");
        self.owners.iter_mut().for_each(|owner| owner.log.push(record.clone()));
    }

    fn append(&mut self, actor: &str, record: &Record<'_>) {
        let to = partition_of(actor, self.partitions());
        self.owners[to.0 as usize].log.push(codec::encode(record).expect("encodes"));
    }

    /// One record of one partition; whether there was one.
    fn step(&mut self, at: usize) -> bool {
        let owner = &mut self.owners[at];
        let Some(bytes) = owner.log.get(owner.next).cloned() else { return false };
        let mut outputs = Vec::new();
        let position = Position { offset: Offset(owner.next as u64), ordinal: Ordinal(0) };
        owner.detector.apply(position, &codec::decode(&bytes).expect("decodes"), &mut outputs);
        owner.next += 1;
        outputs.into_iter().for_each(|output| self.take(output));
        true
    }

    fn take(&mut self, output: Output) {
        match output {
            Output::Incident(line) => {
                let before = self.lines.insert((line.incident.0.clone(), line.revision), (*line).clone());
                assert!(before.is_none_or(|before| before == *line), "one content for each revision");
            }
            Output::Record { to: To::One(to), record } => self.owners[to.0 as usize].log.push(record),
            Output::Record { to: To::All, record } => {
                self.owners.iter_mut().for_each(|owner| owner.log.push(record.clone()));
            }
        }
    }

    /// The owner dies; the next one goes on from some earlier state, and sends again what was sent since.
    fn crash(&mut self, at: usize, rng: &mut ChaCha8Rng) {
        let partitions = self.partitions();
        let owner = &mut self.owners[at];
        let number = u32::try_from(at).expect("few");
        if owner.snapshots.is_empty() {
            owner.detector = Detector::new(settings(number, partitions));
            owner.next = 0;
            return;
        }
        let (next, state) = &owner.snapshots[rng.random_range(0..owner.snapshots.len())];
        owner.detector = Detector::restore(settings(number, partitions), state).expect("its own state");
        owner.next = *next;
    }

    /// Reads every log to its end, in an order that `rng` chooses; with `crashes`, owners die on the way.
    fn run(&mut self, rng: &mut ChaCha8Rng, mut crashes: u32) {
        loop {
            let waiting: Vec<usize> =
                (0..self.owners.len()).filter(|at| self.owners[*at].next < self.owners[*at].log.len()).collect();
            let Some(at) = waiting.get(rng.random_range(0..waiting.len().max(1))) else { return };
            self.step(*at);
            if rng.random_range(0..40) == 0 {
                let owner = &mut self.owners[*at];
                owner.snapshots.push((owner.next, owner.detector.snapshot()));
            }
            if crashes > 0 && rng.random_range(0..60) == 0 {
                crashes -= 1;
                self.crash(*at, rng);
            }
        }
    }

    fn raised(&self) -> BTreeSet<(String, EntityKind, String)> {
        let pair = |line: &Incident| (line.rule.clone(), line.entity.kind, line.entity.id.clone());
        self.lines.values().map(pair).collect()
    }

    fn last_of(&self, rule: &str) -> &Incident {
        self.lines.values().rfind(|line| line.rule == rule).expect("raised")
    }
}

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
        cluster.to_all(&Record::Tick(Tick { time: at.plus(Millis::from_mins(20)) }));
    }
    for minute in 0..20 {
        cluster.to_all(&Record::Tick(Tick { time: start().plus(Millis::from_mins(40 + minute)) }));
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
