//! What Leakwatch says of what it can and cannot see: built-in incidents, raised once by the partition that owns the question.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::Cluster;
use leakwatch::core::activity::{
    Activity, Control, FilterFigures, Flags, Origin, Record, SkippedSnapshots, SourceNote, Tick,
};
use leakwatch::core::incident::{EntityKind, Severity, Status};
use leakwatch::core::ingest::partition_of;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::{Partition, Rows};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const PARTITIONS: u32 = 3;
const QUERIES: u64 = 7;

fn at(minute: i64) -> EventTime {
    EventTime::parse_rfc3339("2012-05-07T08:00:00Z").expect("a time").plus(Millis::from_mins(minute))
}

struct Watch {
    cluster: Cluster,
    offset: u64,
}

impl Watch {
    fn new() -> Self {
        let mut watch = Self { cluster: Cluster::new(PARTITIONS), offset: 0 };
        let silent_after = Some(Millis::from_mins(15));
        watch.cluster.tell_all(&Record::Control(Control::Source(SourceNote {
            id: QUERIES,
            name: "db-queries",
            silent_after,
        })));
        watch
    }

    fn event(&mut self, actor: &str, role: &str, received: EventTime, flags: Flags) {
        self.offset += 1;
        let record = Record::Activity(Activity {
            origin: Origin { source: QUERIES, offset: self.offset, ..Origin::default() },
            time: received,
            received,
            actor,
            role,
            flags: flags.with(Flags::LISTED, role != "unknown"),
            ..Activity::default()
        });
        self.cluster.append(actor, &record);
    }

    fn tick(&mut self, minute: i64) {
        self.cluster.tell_all(&Record::Tick(Tick { time: at(minute) }));
        self.cluster.run(&mut ChaCha8Rng::seed_from_u64(1), 0);
    }

    /// The statuses of a built-in's lines on `entity`, in order.
    fn told(&self, rule: &str, entity: &str) -> Vec<(Status, Severity)> {
        let mut lines: Vec<_> = self.cluster.lines.values().filter(|line| line.rule == rule).collect();
        assert!(
            lines.iter().all(|line| line.entity.kind == EntityKind::Source && line.entity.id == entity),
            "{lines:?}"
        );
        lines.sort_by_key(|line| (line.incident.clone(), line.revision));
        lines.iter().map(|line| (line.status, line.severity)).collect()
    }
}

#[test]
fn a_source_that_falls_silent_is_said_once_and_resolved_when_it_speaks() {
    let mut watch = Watch::new();
    watch.event("e1", "sales", at(0), Flags::default());
    for minute in 1..15 {
        watch.tick(minute);
    }
    assert_eq!(watch.told("silent-source", "db-queries"), []);
    for minute in 15..40 {
        watch.tick(minute);
    }
    assert_eq!(watch.told("silent-source", "db-queries"), [(Status::Opened, Severity::Warning)]);
    watch.event("e2", "sales", at(40), Flags::default());
    watch.tick(41);
    watch.tick(42);
    let told = watch.told("silent-source", "db-queries");
    assert_eq!(told, [(Status::Opened, Severity::Warning), (Status::Resolved, Severity::Warning)]);
}

#[test]
fn a_source_that_never_speaks_is_silent_too() {
    let mut watch = Watch::new();
    watch.tick(0);
    watch.cluster.tell_all(&Record::Control(Control::Source(SourceNote {
        id: 8,
        name: "egress",
        silent_after: Some(Millis::from_mins(15)),
    })));
    for minute in 1..30 {
        watch.event("e1", "sales", at(minute), Flags::default());
        watch.tick(minute);
    }
    assert_eq!(watch.told("silent-source", "egress"), [(Status::Opened, Severity::Warning)]);
}

#[test]
fn invented_accounts_are_a_flood_where_there_is_a_directory() {
    let mut watch = Watch::new();
    for actor in 0..60 {
        watch.event(&format!("emp{actor:04}"), "sales", at(0), Flags::default());
    }
    for actor in 0..150 {
        watch.event(&format!("visitor{actor}"), "unknown", at(5), Flags::default());
    }
    watch.tick(6);
    watch.tick(7);
    assert_eq!(watch.told("actor-flood", "db-queries"), [], "a hundred and fifty are newcomers");
    for actor in 0..200 {
        watch.event(&format!("fake{actor}"), "unknown", at(10), Flags::default());
    }
    watch.tick(11);
    watch.tick(12);
    assert_eq!(watch.told("actor-flood", "db-queries")[0], (Status::Opened, Severity::Warning));
}

#[test]
fn without_a_directory_the_first_day_meets_everybody_for_the_first_time() {
    let mut watch = Watch::new();
    for actor in 0..400 {
        watch.event(&format!("somebody{actor}"), "unknown", at(actor / 10), Flags::default());
    }
    watch.tick(50);
    watch.tick(51);
    assert_eq!(watch.told("actor-flood", "db-queries"), []);
}

#[test]
fn a_clock_that_runs_ahead_is_said_and_one_stray_stamp_is_not() {
    let mut watch = Watch::new();
    for number in 0..19 {
        watch.event(&format!("e{number}"), "sales", at(1), Flags::FUTURE);
    }
    watch.tick(2);
    watch.tick(3);
    assert_eq!(watch.told("clock-skew", "db-queries"), []);
    watch.event("e19", "sales", at(4), Flags::FUTURE);
    watch.tick(5);
    watch.tick(6);
    assert_eq!(watch.told("clock-skew", "db-queries"), [(Status::Opened, Severity::Warning)]);
}

#[test]
fn a_stale_filter_is_said_until_a_new_one_comes() {
    let mut watch = Watch::new();
    let built =
        |minute| Record::Control(Control::Filter(FilterFigures { built_at: Some(at(minute)), kinds: Vec::new() }));
    watch.cluster.tell_all(&built(-25 * 60));
    watch.cluster.tell_all(&Record::Control(Control::FilterStaleAfter { millis: Millis::from_hours(26) }));
    watch.tick(30);
    assert_eq!(watch.told("filter-stale", "filters"), []);
    watch.tick(61);
    assert_eq!(watch.told("filter-stale", "filters"), [(Status::Opened, Severity::Warning)]);
    watch.cluster.tell_all(&built(62));
    watch.tick(63);
    let told = watch.told("filter-stale", "filters");
    assert_eq!(told, [(Status::Opened, Severity::Warning), (Status::Resolved, Severity::Warning)]);
}

#[test]
fn what_was_lost_wakes_somebody() {
    let mut watch = Watch::new();
    let gap = Control::Gap { source: "db-queries", partition: Partition(2), from: 10, to: 250, noticed: at(1) };
    watch.cluster.append("anybody", &Record::Control(gap));
    watch.cluster.append("anybody", &Record::Control(Control::StateIncomplete { noticed: at(1) }));
    let refused = Control::DirectoryRefused { lines: 400, lost: 90, noticed: at(1) };
    watch.cluster.tell_all(&Record::Control(refused));
    watch.tick(2);
    assert_eq!(watch.told("gap", "db-queries/2"), [(Status::Opened, Severity::Page)]);
    assert!(watch.cluster.last_of("gap").summary.starts_with("240 records of db-queries/2 were gone"));
    let incomplete = watch.cluster.last_of("state-incomplete");
    assert_eq!((incomplete.status, incomplete.severity), (Status::Opened, Severity::Page));
    assert_eq!(watch.told("directory-refused", "directory"), [(Status::Opened, Severity::Warning)]);
}

#[test]
fn snapshots_that_could_not_be_used_are_one_warning_however_often_it_restarts() {
    let mut watch = Watch::new();
    let skipped = SkippedSnapshots { damaged: 1, version: 1, foreign: 0 };
    for minute in [1, 2, 50] {
        let control = Control::SnapshotsSkipped { skipped, older: true, noticed: at(minute) };
        watch.cluster.append("anybody", &Record::Control(control));
        watch.tick(minute);
    }
    let raised = watch.cluster.last_of("snapshot-skipped").clone();
    assert_eq!(watch.told("snapshot-skipped", &raised.entity.id), [(Status::Opened, Severity::Warning)]);
    assert_eq!(
        raised.summary,
        format!(
            "2 of the snapshots of {} could not be used (1 damaged or cut, 1 of another version): its counts were rebuilt \
             from an older one and the log.",
            raised.entity.id
        )
    );
    for hour in 2..=26 {
        watch.tick(hour * 60);
    }
    let told = watch.told("snapshot-skipped", &raised.entity.id);
    assert_eq!(told, [(Status::Opened, Severity::Warning), (Status::Resolved, Severity::Warning)]);
}

#[test]
fn a_record_that_was_set_aside_wakes_somebody() {
    let mut watch = Watch::new();
    let aside = Control::SetAside { source: "egress", partition: Partition(0), offset: 4_711, noticed: at(1) };
    watch.cluster.append("anybody", &Record::Control(aside));
    watch.tick(2);
    assert_eq!(watch.told("gap", "egress/0"), [(Status::Opened, Severity::Page)]);
    assert!(watch.cluster.last_of("gap").summary.starts_with("Record 4711 of egress/0 was set aside"));
}

#[test]
fn a_copy_of_unknown_size_pages_also_where_the_account_is_alone_in_its_partition() {
    let mut watch = Watch::new();
    let rows_told = |watch: &mut Watch, actor: &str, minute, rows: Option<u64>| {
        watch.offset += 1;
        let flags = Flags::CUSTOMER_OBJECT.with(Flags::BULK_OPERATION, rows.is_none());
        let record = Record::Activity(Activity {
            origin: Origin { source: QUERIES, offset: watch.offset, ..Origin::default() },
            time: at(minute),
            received: at(minute),
            actor,
            role: "sales",
            flags,
            rows: rows.map(Rows),
            ..Activity::default()
        });
        watch.cluster.append(actor, &record);
    };
    let elsewhere = |name: &String| partition_of(name, PARTITIONS) != partition_of("copier", PARTITIONS);
    for name in (0..40).map(|number| format!("e{number}")).filter(elsewhere) {
        rows_told(&mut watch, &name, 1, Some(3));
    }
    for minute in 2..5 {
        watch.tick(minute);
    }
    rows_told(&mut watch, "copier", 6, None);
    watch.tick(7);
    let raised = watch.cluster.lines.values().filter(|line| line.rule == "unknown-rows");
    let raised: Vec<_> = raised.map(|line| (line.entity.id.as_str(), line.severity)).collect();
    assert_eq!(raised, [("copier", Severity::Page)]);
}
