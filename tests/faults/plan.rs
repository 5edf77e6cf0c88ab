//! How long, how hard, and with which seed.

use crate::inflict::Fault;
use crate::stores::Place;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
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
    /// Between two faults of the store, on average.
    pub store_every: Duration,
    /// State is kept in one place for so long, then in the other.
    pub turn: Duration,
    /// Where it is kept all the time, if not by turns.
    pub place: Option<Place>,
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
            store_every: Duration::from_secs(3),
            turn: Duration::from_secs(23),
            place: place(),
        }
    }

    /// The long form: `FAULTS_SECONDS`, and `FAULTS_SEED` or one of the time of day.
    pub fn long() -> Option<Self> {
        let seconds = std::env::var("FAULTS_SECONDS").ok()?.parse().expect("FAULTS_SECONDS: expected seconds");
        let load = Duration::from_secs(seconds);
        let (kill_every, turn) = (Duration::from_secs(3), Duration::from_mins(1));
        let store_every = Duration::from_secs(10);
        Some(Self { load, events_a_second: 300, kill_every, store_every, turn, ..Self::short(seed()) })
    }

    /// What those faults go by that come one after another, `stream` being theirs.
    pub fn rng(&self, stream: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(stream);
        rng
    }

    /// Where state is kept so long after the beginning.
    pub fn place_at(&self, elapsed: Duration) -> Place {
        let turns = elapsed.as_millis() / self.turn.as_millis();
        let by_turns = if turns.is_multiple_of(2) { Place::Service } else { Place::Directory };
        self.place.unwrap_or(by_turns)
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

/// `FAULTS_STORE`: `s3` or `dir`; without it, by turns.
fn place() -> Option<Place> {
    let set = std::env::var("FAULTS_STORE").ok()?;
    Some(match set.as_str() {
        "s3" => Place::Service,
        "dir" => Place::Directory,
        other => panic!("FAULTS_STORE: expected s3 or dir, found {other}"),
    })
}

/// Whether a fault is asked for: all are, unless `FAULTS_ONLY` names some, to find out what a failure comes from.
pub fn wanted(fault: Fault) -> bool {
    std::env::var("FAULTS_ONLY").map_or(true, |only| only.split(',').any(|name| name == format!("{fault:?}")))
}
