//! What a snapshot of a million entities costs: how long detection is held, what each event takes while it is written, how
//! long writing takes, how long restoring.
//!
//! `RESTORE_ENTITIES` changes the number. Every entity is an actor of the directory that read three customers, under the
//! shipped rules. The events that are timed come one by one from actors all over the state: while it is frozen, each meets
//! an actor that is not copied yet.

use leakwatch::config::settings::StateStore;
use leakwatch::core::activity::{Activity, Control, Flags, Origin, Record, TagList, Tick};
use leakwatch::core::detector::{Detector, DetectorSettings, Output};
use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::{ByteCount, Offset, Ordinal, Partition, Position, Rows};
use leakwatch::io::snapshots::{Header, Scope, Snapshot, SnapshotStore};
use leakwatch::io::stores;
use smallvec::smallvec;
use std::time::{Duration, Instant};

const ENTITIES: u64 = 1_000_000;
const TAGS: u64 = 3;
/// Clock ticks a second, as `/proc` counts them on every architecture of Linux.
const TICKS_A_SECOND: f64 = 100.0;
/// Actors that have an event in the same second.
const ACTORS_A_SECOND: u64 = 500;
/// Events that are timed are so many times fewer than entities.
const TIMED_SHARE: u64 = 10;
/// Actors follow one another in steps of this, a prime.
const STEP: u64 = 7_919;

fn entities() -> u64 {
    // `cargo test --benches` only wants to know that it runs.
    let default = if std::env::args().any(|arg| arg == "--bench") { ENTITIES } else { 2_000 };
    std::env::var("RESTORE_ENTITIES").ok().and_then(|set| set.parse().ok()).unwrap_or(default)
}

fn settings() -> DetectorSettings {
    DetectorSettings { partition: Partition(0), partitions: 1, lateness: Millis::from_hours(1), max_unlisted: 1_000 }
}

fn position(offset: u64) -> Position {
    Position { offset: Offset(offset), ordinal: Ordinal(0) }
}

/// A detector, and how many events it has had.
struct Filled {
    detector: Detector,
    events: u64,
    out: Vec<Output>,
}

impl Filled {
    /// One event of each actor.
    fn new(entities: u64) -> Self {
        let mut detector = Detector::new(settings());
        let mut out = Vec::new();
        let rules = Record::Control(Control::Rules { version: "v", yaml: vec![SHIPPED.yaml] });
        detector.apply(position(0), &rules, &mut out);
        let mut filled = Self { detector, events: 0, out };
        for actor in 0..entities {
            filled.event(actor);
        }
        filled
    }

    fn event(&mut self, number: u64) {
        let n = self.events;
        self.events += 1;
        let begin = EventTime::parse_rfc3339("2012-05-07T08:00:00Z").expect("a time");
        let time = begin.plus(Millis::from_secs(i64::try_from(n / ACTORS_A_SECOND).expect("small")));
        let (actor, team) = (format!("emp{number:07}"), format!("team-{}", number % 1_000));
        let tags: Vec<u8> =
            (0..TAGS).flat_map(|tag| (n * TAGS + tag).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()).collect();
        let activity = Activity {
            origin: Origin { source: 1, offset: n, ..Origin::default() },
            time,
            received: time,
            actor: &actor,
            role: "customer-service",
            team: &team,
            flags: Flags::LISTED.with(Flags::CUSTOMER_OBJECT, true),
            objects: smallvec!["customers"],
            rows: Some(Rows(TAGS)),
            bytes: Some(ByteCount(300)),
            named: 3,
            named_customers: 3,
            tags: smallvec![TagList { kind: "phone", tags: &tags, members: &[7], canaries: &[] }],
            ..Activity::default()
        };
        self.detector.apply(position(n + 1), &Record::Activity(activity), &mut self.out);
        if n.is_multiple_of(ACTORS_A_SECOND) {
            self.detector.apply(position(n + 1), &Record::Tick(Tick { time }), &mut self.out);
        }
        self.out.clear();
    }

    /// One more event of each of so many actors; prints what one took.
    fn go_on(&mut self, what: &str, entities: u64) {
        let actors = (1..=entities / TIMED_SHARE).map(|n| n * STEP % entities);
        let each = actors.map(|actor| {
            let began = Instant::now();
            self.event(actor);
            began.elapsed()
        });
        let mut took: Vec<Duration> = each.collect();
        took.sort_unstable();
        let all: Duration = took.iter().sum();
        let at = |share: usize| took[(took.len() * share / 1_000).min(took.len() - 1)].as_secs_f64() * 1e6;
        println!(
            "{what:<38} {:>8.2} s   each: p50 {:.0} \u{b5}s, p99 {:.0}, p99.9 {:.0}, longest {:.0}",
            all.as_secs_f64(),
            at(500),
            at(990),
            at(999),
            at(1_000),
        );
    }
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (began, before) = (Instant::now(), cpu_seconds());
    let done = work();
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - before);
    println!("{what:<38} {wall:>8.4} s   CPU {cpu:>8.2} s   peak {:>6} MB", peak_mb());
    done
}

/// User and system time of this thread so far, as Linux accounts it.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    // The second field, a name in parentheses, may hold spaces; `utime` is the 14th, `stime` the 15th.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS_A_SECOND
}

/// The most memory that the process has had so far, as Linux tells it.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()).unwrap_or_default() / 1_024
}

fn main() {
    let entities = entities();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let scope = Scope { deployment: "bench".into(), topic: "activity".into() };
    let place = StateStore::Directory(directory.path().to_owned());
    let store = SnapshotStore::new(stores::open(&place).expect("opens"), scope, 1, runtime.handle().clone());

    println!("{entities} entities, {TAGS} customers each");
    let mut filled = timed("filling", || Filled::new(entities));
    filled.go_on("events with no snapshot", entities);
    let frozen = timed("freezing: detection is held", || filled.detector.freeze());
    let position = filled.detector.position().expect("applied");
    let state = std::thread::scope(|scope| {
        let frozen = &frozen;
        let state = scope.spawn(move || timed("serialising, beside it", || frozen.to_bytes()));
        filled.go_on("events meanwhile", entities);
        state.join().expect("serialises")
    });
    timed("letting go of the frozen state", || drop(frozen));
    filled.go_on("events afterwards", entities);
    timed("looking at all that is kept", || filled.detector.kept());
    let header = Header {
        deployment: "bench".into(),
        topic: "activity".into(),
        partition: Partition(0),
        partitions: 1,
        position,
        written_at: EventTime::MIN,
        state_bytes: state.len() as u64,
    };
    println!("state {} MB", state.len() >> 20);
    let snapshot = Snapshot { header, state };
    let size = timed("compressing and writing, beside it", || store.put(&snapshot).expect("writes"));
    println!("snapshot {} MB", size >> 20);
    drop((filled, snapshot));
    let name = store.list(Partition(0)).expect("lists").remove(0);
    let read = timed("reading and unpacking", || store.read(Partition(0), &name).expect("reads"));
    let restored = timed("restoring", || Detector::restore(settings(), &read.state).expect("its own state"));
    assert!(restored.snapshot() == read.state, "what was restored is what was written");
}
