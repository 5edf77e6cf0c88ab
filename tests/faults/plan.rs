//! How long, how hard, and with which seed.

use crate::inflict::Fault;
use std::time::Duration;

/// What one run does.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Everything that is random follows from it.
    pub seed: u64,
    /// How long there is load, and faults with it.
    pub load: Duration,
    /// Events a second, on average.
    pub events_a_second: u32,
    /// Between two kills of a process of Leakwatch's, on average.
    pub kill_every: Duration,
    /// Between two faults of other kinds, on average.
    pub fault_every: Duration,
}

impl Plan {
    /// The short form, for every run of the tests.
    pub fn short(seed: u64) -> Self {
        Self {
            seed,
            load: Duration::from_secs(45),
            events_a_second: 100,
            kill_every: Duration::from_secs(4),
            fault_every: Duration::from_secs(2),
        }
    }

    /// The long form: `FAULTS_SECONDS`, and `FAULTS_SEED` or one of the time of day.
    pub fn long() -> Option<Self> {
        let seconds = std::env::var("FAULTS_SECONDS").ok()?.parse().expect("FAULTS_SECONDS: expected seconds");
        let load = Duration::from_secs(seconds);
        let plan = Self { load, events_a_second: 300, kill_every: Duration::from_secs(3), ..Self::short(seed()) };
        Some(plan)
    }
}

/// `FAULTS_SEED`, or a new one.
pub fn seed() -> u64 {
    let set = std::env::var("FAULTS_SEED").ok();
    set.map_or_else(
        || jiff::Timestamp::now().as_millisecond().unsigned_abs(),
        |seed| seed.parse().expect("FAULTS_SEED: expected a number"),
    )
}

/// Whether a fault is asked for: all are, unless `FAULTS_ONLY` names some, to find out what a failure comes from.
pub fn wanted(fault: Fault) -> bool {
    std::env::var("FAULTS_ONLY").map_or(true, |only| only.split(',').any(|name| name == format!("{fault:?}")))
}
