//! Several partitions with their logs, in memory: detectors that send each other records, die, and go on from earlier states.

#![allow(dead_code, reason = "each test uses a part of it")]

use leakwatch::core::activity::{Control, Record, codec};
use leakwatch::core::detector::{Detector, DetectorSettings, Output, To};
use leakwatch::core::incident::{EntityKind, Incident};
use leakwatch::core::ingest::partition_of;
use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::Millis;
use leakwatch::core::units::{Offset, Ordinal, Partition, Position};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

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
pub struct Cluster {
    owners: Vec<Owner>,
    /// Lines by incident and revision.
    pub lines: BTreeMap<(String, u32), Incident>,
}

impl Cluster {
    /// Partitions under the shipped rules.
    pub fn new(partitions: u32) -> Self {
        let owner = |partition| Owner {
            log: Vec::new(),
            detector: Detector::new(settings(partition, partitions)),
            next: 0,
            snapshots: Vec::new(),
        };
        let mut cluster = Self { owners: (0..partitions).map(owner).collect(), lines: BTreeMap::new() };
        cluster.tell_all(&Record::Control(Control::Rules { version: "", yaml: vec![SHIPPED.yaml] }));
        cluster
    }

    fn partitions(&self) -> u32 {
        u32::try_from(self.owners.len()).expect("few")
    }

    /// Appends a record to every log.
    pub fn tell_all(&mut self, record: &Record<'_>) {
        let record = codec::encode(record).expect("encodes");
        self.owners.iter_mut().for_each(|owner| owner.log.push(record.clone()));
    }

    /// Appends a record to the log of the partition that owns an actor.
    pub fn append(&mut self, actor: &str, record: &Record<'_>) {
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
        for output in outputs {
            self.take(output);
        }
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
            Output::Heartbeat { .. } => {}
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
    pub fn run(&mut self, rng: &mut ChaCha8Rng, mut crashes: u32) {
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

    /// What was raised, and on whom.
    pub fn raised(&self) -> BTreeSet<(String, EntityKind, String)> {
        let pair = |line: &Incident| (line.rule.clone(), line.entity.kind, line.entity.id.clone());
        self.lines.values().map(pair).collect()
    }

    /// The last line of a rule.
    pub fn last_of(&self, rule: &str) -> &Incident {
        self.lines.values().rfind(|line| line.rule == rule).expect("raised")
    }
}
