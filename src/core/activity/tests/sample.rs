//! One record of every variant, with every field set: what the golden file shows.

use crate::core::activity::{
    Activity, ActorKind, Control, DestinationClass, FilterFigures, Flags, KindFigures, MadeBy, Origin, Pool, PoolTags,
    Record, RoleFigures, RoleHistogram, SkippedSnapshots, SourceFigures, SourceNote, SourceRows, TagList, Tick,
};
use crate::core::event::EventKind;
use crate::core::incident::EntityKind;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{ByteCount, Epoch, Offset, Ordinal, Partition, Position, Rows};
use crate::core::window::Sums;
use smallvec::smallvec;

const TAGS: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8];

/// Minutes past ten on 2012-05-07, UTC.
const fn minute(past_ten: i64) -> EventTime {
    EventTime::MIN.plus(Millis::new(1_336_384_800_000 + past_ten * 60_000))
}

pub fn every_variant() -> Vec<Record<'static>> {
    let mut records = vec![Record::Activity(activity()), Record::Tick(Tick { time: minute(9) })];
    records.extend(controls().into_iter().map(Record::Control));
    records.extend([
        Record::Pool(pool()),
        Record::Roles(roles()),
        Record::Source(source()),
        Record::SourceRows(rows_of_source()),
    ]);
    records
}

fn activity() -> Activity<'static> {
    Activity {
        origin: Origin {
            source: 0x0102_0304_0506_0708,
            epoch: Epoch(1),
            partition: Partition(2),
            offset: 300,
            index: 4,
            part: 5,
        },
        time: minute(0),
        received: minute(1),
        kind: EventKind::Egress,
        flags: Flags(0b111_1111_1111),
        actor: "emp0042",
        actor_kind: ActorKind::Service,
        role: "sales",
        team: "sales-2",
        left_at: Some(minute(2)),
        notice_at: Some(minute(3)),
        missing_since: Some(minute(4)),
        utc_offset_minutes: -480,
        id: Some("q-1"),
        content_hash: u64::MAX,
        client_ip: Some("10.20.1.5"),
        objects: smallvec!["customers", "orders"],
        operation: Some("copy"),
        rows: Some(Rows(20)),
        bytes: Some(ByteCount(4_096)),
        channel: Some("http"),
        destination: Some("x1.drop.example"),
        domain: Some("drop.example"),
        class: DestinationClass::Partner,
        named: 12,
        named_customers: 11,
        tags: smallvec![TagList { kind: "phone", tags: TAGS, members: &[1], canaries: &[2] }],
        part: Some("shop"),
    }
}

fn controls() -> [Control<'static>; 11] {
    let kinds = vec![KindFigures { kind: "phone".into(), count: 900_000, false_positive_rate: 0.000_1 }];
    [
        Control::Rules { version: "c0ffee", yaml: vec!["version: 1\nrules: []\n", "version: 1\n"] },
        Control::Filter(FilterFigures { built_at: Some(minute(5)), kinds }),
        Control::Gap { source: "db-queries", partition: Partition(3), from: 10, to: 20, noticed: minute(6) },
        Control::StateIncomplete { noticed: minute(7) },
        Control::Source(SourceNote { id: 77, name: "egress", silent_after: Some(Millis::from_mins(15)) }),
        Control::FilterStaleAfter { millis: Millis::from_hours(48) },
        Control::DirectoryRefused { lines: 500, lost: 120, noticed: minute(8) },
        Control::SetAside { source: "egress", partition: Partition(2), offset: 4_711, noticed: minute(9) },
        Control::Heartbeat { time: minute(9) },
        Control::SnapshotsSkipped {
            skipped: SkippedSnapshots { damaged: 2, version: 300, foreign: 1 },
            older: true,
            noticed: minute(10),
        },
        Control::LeftOut {
            topic: "activity",
            partition: Partition(6),
            position: Position { offset: Offset(900), ordinal: Ordinal(3) },
            noticed: minute(9),
        },
    ]
}

const fn made_by(index: u32) -> MadeBy {
    let position = Position { offset: Offset(1_000), ordinal: Ordinal(17) };
    MadeBy { partition: Partition(6), position, index }
}

fn pool() -> Pool<'static> {
    Pool {
        made_by: made_by(0),
        kind: EntityKind::Domain,
        id: "drop.example",
        rule: "pooled-exit",
        time: minute(10),
        received: minute(11),
        of: EventKind::Egress,
        case: Some(("8a1f", minute(12))),
        actor: "emp0042",
        nameless: false,
        event: Some("e-1"),
        sums: Sums { events: 1, rows: 2, bytes: 3, unnamed: 4, unknown_rows: 5 },
        exposure: 60,
        destination: Some("x1.drop.example"),
        objects: smallvec!["customers"],
        tags: smallvec![PoolTags { kind: "phone", tags: TAGS, overlap: &[3], tested: true }],
    }
}

fn roles() -> RoleFigures<'static> {
    let roles = vec![RoleHistogram { rule: "bulk-read", role: "sales", buckets: vec![(17, 3), (300, 1)] }];
    RoleFigures { made_by: made_by(1), day: 15_467, roles }
}

fn source() -> SourceFigures<'static> {
    let made_by = made_by(2);
    SourceFigures {
        made_by,
        source: 77,
        part: "shop",
        last: minute(13),
        events: 1_000,
        future: 2,
        new_unlisted: 1,
        told: 30,
        untold: 4,
    }
}

fn rows_of_source() -> SourceRows {
    let made_by = MadeBy { partition: Partition(4), ..MadeBy::default() };
    SourceRows { made_by, source: 77, told: 900, untold: 12 }
}
