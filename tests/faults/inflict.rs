//! The faults themselves.

use crate::common::brokers::{BROKERS, Brokers};
use crate::fleet::{Fleet, as_nobody, faketime};
use crate::receiver::{Mood, Receiver};
use crate::stores::{Place, Stores};
use leakwatch::config::settings::Role;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long Kafka waits before it gives a silent member's partitions away.
pub const SESSION_TIMEOUT_MS: u64 = 6_000;
/// No file may grow beyond this while the disk is full.
const FULL_AT_BYTES: &str = "64";
/// What a kill has to meet is waited for this long.
pub const WRITE_WITHIN: Duration = Duration::from_secs(3);
const GROUP_EMPTY_WITHIN: Duration = Duration::from_secs(30);

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL at any moment.
    Kill,
    /// SIGKILL of every detect process while a snapshot's file is being written.
    KillInSnapshotWrite,
    /// SIGKILL of ingest when deliveries have just been reported, before their commit.
    KillAfterDelivery,
    /// SIGSTOP for longer than the group waits; then it comes back.
    Zombie,
    /// One process for all, then four, then two.
    Scale,
    /// A broker is killed, and comes back after a while.
    BrokerKill,
    /// A broker is stopped for a while.
    BrokerPause,
    /// The preferred replicas are elected leaders.
    Election,
    /// Detect's files cannot grow.
    DiskFull,
    /// The deployment's state moves to the other store, where it is as old as it was left.
    StoreMoved,
    /// The directory refuses writes.
    StoreReadOnly,
    /// In the directory, the newest snapshot of every partition is cut or overwritten.
    StoreGarbage,
    /// The object store takes seconds a request, or its answers trickle.
    StoreSlow,
    /// The object store answers 503, resets connections, takes none, or does what it is asked and says nothing.
    StoreFailing,
    /// The object store's answers come changed, cut, or are something else.
    StoreNonsense,
    /// A process's clock jumps, and back.
    Clock,
    /// Whoever is told answers 503, or takes seconds.
    Receiver,
    /// A consumer group forgets its offsets.
    GroupReset,
}

impl Fault {
    /// What a run does besides killing, each with its weight.
    pub const OTHERS: [(Self, usize); 10] = [
        (Self::BrokerKill, 4),
        (Self::BrokerPause, 3),
        (Self::Election, 2),
        (Self::Zombie, 2),
        (Self::Scale, 1),
        (Self::DiskFull, 1),
        (Self::Clock, 2),
        (Self::Receiver, 1),
        (Self::GroupReset, 1),
        (Self::KillAfterDelivery, 1),
    ];

    /// What is done to a store of state besides, each with its weight.
    pub const fn of_store(place: Place) -> &'static [(Self, usize)] {
        match place {
            Place::Directory => &[(Self::StoreReadOnly, 2), (Self::StoreGarbage, 1)],
            Place::Service => &[(Self::StoreSlow, 2), (Self::StoreFailing, 3), (Self::StoreNonsense, 2)],
        }
    }

    /// Whether it may make a snapshot look unusable.
    pub fn damages(self) -> bool {
        matches!(self, Self::StoreGarbage | Self::StoreNonsense)
    }

    /// Whether it is one of a broker's.
    pub fn is_of_a_broker(self) -> bool {
        matches!(self, Self::BrokerKill | Self::BrokerPause | Self::Election)
    }
}

/// Everything that can be hurt.
#[derive(Clone)]
pub struct Trouble {
    /// Leakwatch's processes.
    pub fleet: Arc<Mutex<Fleet>>,
    /// Kafka.
    pub brokers: Arc<Mutex<Brokers>>,
    /// Who is told.
    pub receiver: Arc<Receiver>,
    /// Where detect keeps its state.
    pub stores: Arc<Stores>,
    /// The deployment's name.
    pub deployment: String,
    /// The activity topic.
    pub activity: String,
    /// What was done, how often.
    pub done: Arc<Mutex<BTreeMap<Fault, u32>>>,
}

impl Trouble {
    /// One fault, from its beginning to its end; it counts where it could be inflicted.
    pub fn inflict(&self, fault: Fault, rng: &mut ChaCha8Rng) {
        let inflicted = match fault {
            Fault::Kill => self.kill(rng),
            Fault::KillInSnapshotWrite => self.kill_in_snapshot_write(rng),
            Fault::KillAfterDelivery => self.kill_after_delivery(rng),
            Fault::Zombie => self.zombie(rng),
            Fault::Scale => self.scale(rng),
            Fault::BrokerKill => self.broker_kill(rng),
            Fault::BrokerPause => self.broker_pause(rng),
            Fault::Election => lock(&self.brokers).elect(),
            Fault::DiskFull => self.disk_full(rng),
            Fault::StoreMoved => self.store_moves(),
            Fault::StoreReadOnly => self.store_read_only(rng),
            Fault::StoreGarbage => self.store_garbage(rng),
            Fault::StoreSlow => self.store_slow(rng),
            Fault::StoreFailing => self.store_fails(rng),
            Fault::StoreNonsense => self.store_tells_nonsense(rng),
            Fault::Clock => self.clock(rng),
            Fault::Receiver => self.receiver_fails(rng),
            Fault::GroupReset => self.group_reset(rng),
        };
        *lock(&self.done).entry(fault).or_default() += u32::from(inflicted);
    }

    fn kill(&self, rng: &mut ChaCha8Rng) -> bool {
        let role = *Role::ALL.choose(rng).expect("roles");
        // Often back at once, under its name; sometimes only after its partitions went to others.
        let away = if rng.random_range(0..4) == 0 { SESSION_TIMEOUT_MS + 1_500 } else { rng.random_range(0..1_500) };
        lock(&self.fleet).kill(role, rng.random_range(0..8), Duration::from_millis(away))
    }

    fn kill_after_delivery(&self, rng: &mut ChaCha8Rng) -> bool {
        let config = lock(&self.brokers).config();
        let Ok(client) = config.create::<rdkafka::consumer::BaseConsumer>() else { return false };
        let end = || {
            let ends = (0..crate::ACTIVITY_PARTITIONS).map(|partition| {
                let wait = Duration::from_secs(2);
                rdkafka::consumer::Consumer::fetch_watermarks(&client, &self.activity, partition, wait)
            });
            ends.collect::<Result<Vec<_>, _>>().map(|ends| ends.iter().map(|(_, high)| high).sum::<i64>())
        };
        let Ok(before) = end() else { return false };
        let until = Instant::now() + WRITE_WITHIN;
        while Instant::now() < until {
            if end().is_ok_and(|now| now > before) {
                return lock(&self.fleet).kill(Role::Ingest, rng.random_range(0..8), Duration::from_millis(200));
            }
        }
        false
    }

    fn zombie(&self, rng: &mut ChaCha8Rng) -> bool {
        let role = *Role::ALL.choose(rng).expect("roles");
        let time = Duration::from_millis(SESSION_TIMEOUT_MS + rng.random_range(1_000..4_000));
        lock(&self.fleet).stop(role, rng.random_range(0..8), time)
    }

    fn scale(&self, rng: &mut ChaCha8Rng) -> bool {
        for count in [1, 4, 2] {
            lock(&self.fleet).scale(count);
            std::thread::sleep(Duration::from_millis(rng.random_range(4_000..8_000)));
        }
        true
    }

    fn broker_kill(&self, rng: &mut ChaCha8Rng) -> bool {
        let at = rng.random_range(0..BROKERS);
        lock(&self.brokers).kill(at);
        std::thread::sleep(Duration::from_millis(rng.random_range(500..5_000)));
        let mut brokers = lock(&self.brokers);
        brokers.spawn(at).expect("the broker starts again");
        // One at a time: two of three away is no fault that the brokers' own promises cover.
        assert!(brokers.await_all(), "the broker comes up again");
        true
    }

    fn broker_pause(&self, rng: &mut ChaCha8Rng) -> bool {
        let at = rng.random_range(0..BROKERS);
        lock(&self.brokers).pause(at, true);
        std::thread::sleep(Duration::from_millis(rng.random_range(1_000..9_000)));
        let brokers = lock(&self.brokers);
        brokers.pause(at, false);
        assert!(brokers.await_all(), "the broker goes on");
        true
    }

    fn disk_full(&self, rng: &mut ChaCha8Rng) -> bool {
        let limit = |bytes: &str| {
            let pids = lock(&self.fleet).pids(Role::Detect);
            pids.iter().filter(|pid| limit_files(pid.as_raw_nonzero().get(), bytes)).count()
        };
        let full = limit(FULL_AT_BYTES) > 0;
        std::thread::sleep(Duration::from_millis(rng.random_range(3_000..6_000)));
        limit("unlimited");
        full
    }

    /// Within what the contract allows for: an hour's lateness, ten minutes of the future.
    fn clock(&self, rng: &mut ChaCha8Rng) -> bool {
        let offset = ["+40m", "-8m", "+5m", "-30s"].choose(rng).expect("offsets");
        let role = *[Role::Ingest, Role::Detect].choose(rng).expect("roles");
        let jumped = lock(&self.fleet).set_clock(role, rng.random_range(0..8), offset);
        std::thread::sleep(Duration::from_millis(rng.random_range(3_000..7_000)));
        lock(&self.fleet).reset_clocks();
        jumped && faketime().is_some()
    }

    fn receiver_fails(&self, rng: &mut ChaCha8Rng) -> bool {
        self.receiver.feel(if rng.random_range(0..2) == 0 { Mood::Failing } else { Mood::Slow });
        std::thread::sleep(Duration::from_millis(rng.random_range(3_000..7_000)));
        self.receiver.feel(Mood::Well);
        true
    }

    fn group_reset(&self, rng: &mut ChaCha8Rng) -> bool {
        let role = *Role::ALL.choose(rng).expect("roles");
        // A sink's group is its own.
        let stage = if role == Role::Sinks { "sinks-hook" } else { role.name() };
        let group = format!("leakwatch-{}-{stage}", self.deployment);
        let until = Instant::now() + GROUP_EMPTY_WITHIN;
        while Instant::now() < until {
            lock(&self.fleet).kill_all(role, Duration::from_secs(4));
            let config = lock(&self.brokers).config();
            let admin: AdminClient<DefaultClientContext> = config.create().expect("an admin client");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let answer = runtime.block_on(admin.delete_groups(&[&group], &AdminOptions::new()));
            if answer.is_ok_and(|groups| groups.iter().all(Result::is_ok)) {
                return true;
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        false
    }
}

/// The value, also where another thread has failed.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// No file of `pid` may grow beyond so many bytes; whether that could be set. Root of a container may not, its user may.
fn limit_files(pid: i32, bytes: &str) -> bool {
    let mut command = Command::new("prlimit");
    command.args(["--pid", &pid.to_string(), &format!("--fsize={bytes}:")]);
    as_nobody(&mut command).status().is_ok_and(|status| status.success())
}
