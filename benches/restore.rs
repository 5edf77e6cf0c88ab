//! What a snapshot of a million entities costs: how long detection is held, how long writing takes, how long restoring.
//!
//! `RESTORE_ENTITIES` changes the number. Every entity is an actor of the directory that read three customers, under the
//! shipped rules.

use leakwatch::config::settings::StateStore;
use leakwatch::core::activity::{Activity, Control, Flags, Origin, Record, TagList, Tick};
use leakwatch::core::detector::{Detector, DetectorSettings, Output};
use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::{ByteCount, Offset, Ordinal, Partition, Position, Rows};
use leakwatch::io::snapshots::{Header, Scope, Snapshot, SnapshotStore};
use leakwatch::io::stores;
use smallvec::smallvec;
use std::time::Instant;

const ENTITIES: u64 = 1_000_000;
const TAGS: u64 = 3;
/// Clock ticks a second, as `/proc` counts them on every architecture of Linux.
const TICKS_A_SECOND: f64 = 100.0;
/// Actors that have an event in the same second.
const ACTORS_A_SECOND: u64 = 500;

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

/// A detector that knows so many actors.
fn filled(entities: u64) -> Detector {
    let mut detector = Detector::new(settings());
    let mut out: Vec<Output> = Vec::new();
    detector.apply(position(0), &Record::Control(Control::Rules { version: "v", yaml: vec![SHIPPED.yaml] }), &mut out);
    let begin = EventTime::parse_rfc3339("2012-05-07T08:00:00Z").expect("a time");
    for n in 0..entities {
        let time = begin.plus(Millis::from_secs(i64::try_from(n / ACTORS_A_SECOND).expect("small")));
        let (actor, team) = (format!("emp{n:07}"), format!("team-{}", n % 1_000));
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
        detector.apply(position(n + 1), &Record::Activity(activity), &mut out);
        if n % ACTORS_A_SECOND == 0 {
            detector.apply(position(n + 1), &Record::Tick(Tick { time }), &mut out);
        }
        out.clear();
    }
    detector
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (began, before) = (Instant::now(), cpu_seconds());
    let done = work();
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - before);
    println!("{what:<38} {wall:>8.2} s   CPU {cpu:>8.2} s   peak {:>6} MB", peak_mb());
    done
}

/// User and system time of this process so far, as Linux accounts it.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
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
    let detector = timed("filling", || filled(entities));
    let state = timed("serialising: detection is held", || detector.snapshot());
    let header = Header {
        deployment: "bench".into(),
        topic: "activity".into(),
        partition: Partition(0),
        partitions: 1,
        position: detector.position().expect("applied"),
        written_at: EventTime::MIN,
        state_bytes: state.len() as u64,
    };
    println!("state {} MB", state.len() >> 20);
    let snapshot = Snapshot { header, state };
    let size = timed("compressing and writing, beside it", || store.put(&snapshot).expect("writes"));
    println!("snapshot {} MB", size >> 20);
    drop((detector, snapshot));
    let name = store.list(Partition(0)).expect("lists").remove(0);
    let read = timed("reading and unpacking", || store.read(Partition(0), &name).expect("reads"));
    let restored = timed("restoring", || Detector::restore(settings(), &read.state).expect("its own state"));
    assert!(restored.snapshot() == read.state, "what was restored is what was written");
}
