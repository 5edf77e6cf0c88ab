//! Any record. Texts and bytes are pieces of fixed ones, so that records can borrow them.

use crate::core::activity::{
    Activity, ActorKind, Control, DestinationClass, FilterFigures, Flags, KindFigures, MadeBy, Origin, Pool, PoolTags,
    Record, RoleFigures, RoleHistogram, SkippedSnapshots, SourceFigures, SourceNote, SourceRows, TagList, Tick,
};
use crate::core::event::EventKind;
use crate::core::incident::EntityKind;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{ByteCount, Epoch, Offset, Ordinal, Partition, Position, Rows};
use crate::core::window::Sums;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use smallvec::SmallVec;

const TEXT: &str = "emp0042@corp.example 张三 ‹phone› \u{0}\n\\\"ÿ 🐟 one longer stretch of plain letters, so that lengths take two bytes: \
                    abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz";

/// Up to a batch's worth of records, every variant among them.
pub fn batch() -> impl Strategy<Value = Vec<Record<'static>>> {
    vec(record(), 1..12)
}

fn record() -> impl Strategy<Value = Record<'static>> {
    prop_oneof![
        4 => activity().prop_map(Record::Activity),
        1 => time().prop_map(|time| Record::Tick(Tick { time })),
        3 => control().prop_map(Record::Control),
        2 => pool().prop_map(Record::Pool),
        1 => roles().prop_map(Record::Roles),
        1 => source().prop_map(Record::Source),
        1 => rows_of_source().prop_map(Record::SourceRows),
    ]
}

fn text() -> impl Strategy<Value = &'static str> {
    (any::<Index>(), any::<Index>()).prop_map(|(a, b)| {
        let ends = [a.index(TEXT.len() + 1), b.index(TEXT.len() + 1)].map(|at| TEXT.floor_char_boundary(at));
        &TEXT[ends[0].min(ends[1])..ends[0].max(ends[1])]
    })
}

fn bytes() -> impl Strategy<Value = &'static [u8]> {
    text().prop_map(str::as_bytes)
}

fn time() -> impl Strategy<Value = EventTime> {
    any::<i64>().prop_map(|ms| EventTime::MIN.plus(Millis::new(ms)))
}

fn few<T: std::fmt::Debug + Clone, const N: usize>(
    one: impl Strategy<Value = T>,
) -> impl Strategy<Value = SmallVec<[T; N]>> {
    vec(one, 0..4).prop_map(SmallVec::from_vec)
}

prop_compose! {
    fn origin()(source: u64, epoch: u32, partition: u32, offset: u64, index: u32, part: u32) -> Origin {
        Origin { source, epoch: Epoch(epoch), partition: Partition(partition), offset, index, part }
    }
}

prop_compose! {
    fn tag_list()(kind in text(), tags in bytes(), members in bytes(), canaries in bytes()) -> TagList<'static> {
        TagList { kind, tags, members, canaries }
    }
}

prop_compose! {
    /// Who did it.
    fn actor()(
        actor in text(),
        service: bool,
        role in text(),
        team in text(),
        left_at in option::of(time()),
        notice_at in option::of(time()),
        missing_since in option::of(time()),
        utc_offset_minutes: i16,
    ) -> Activity<'static> {
        let actor_kind = if service { ActorKind::Service } else { ActorKind::Human };
        Activity {
            actor, actor_kind, role, team, left_at, notice_at, missing_since, utc_offset_minutes, ..Activity::default()
        }
    }
}

prop_compose! {
    /// Who did what to what.
    fn deed()(
        who in actor(),
        kind in kind(),
        flags: u16,
        id in option::of(text()),
        content_hash: u64,
        client_ip in option::of(text()),
        objects in few(text()),
        operation in option::of(text()),
        rows in option::of(any::<u64>()),
        bytes in option::of(any::<u64>()),
    ) -> Activity<'static> {
        let (flags, rows, bytes) = (Flags(flags), rows.map(Rows), bytes.map(ByteCount));
        Activity { kind, flags, id, content_hash, client_ip, objects, operation, rows, bytes, ..who }
    }
}

prop_compose! {
    fn activity()(
        deed in deed(),
        (origin, time, received) in (origin(), time(), time()),
        channel in option::of(text()),
        destination in option::of(text()),
        domain in option::of(text()),
        class in select(vec![DestinationClass::Internal, DestinationClass::Partner, DestinationClass::External]),
        (named, named_customers) in any::<(u32, u32)>(),
        tags in few(tag_list()),
        part in option::of(text()),
    ) -> Activity<'static> {
        Activity {
            origin, time, received, channel, destination, domain, class, named, named_customers, tags, part, ..deed
        }
    }
}

fn kind() -> impl Strategy<Value = EventKind> {
    select(vec![EventKind::Query, EventKind::Egress])
}

fn control() -> impl Strategy<Value = Control<'static>> {
    let kinds = vec((text(), any::<u64>(), 0.0..=1.0), 0..4).prop_map(|kinds| {
        let figures = |(kind, count, false_positive_rate): (&str, _, _)| KindFigures {
            kind: kind.to_owned(),
            count,
            false_positive_rate,
        };
        kinds.into_iter().map(figures).collect()
    });
    let filter = (option::of(time()), kinds).prop_map(|(built_at, kinds)| FilterFigures { built_at, kinds });
    let note = (any::<u64>(), text(), option::of(any::<i64>()));
    prop_oneof![
        (text(), vec(text(), 0..4)).prop_map(|(version, yaml)| Control::Rules { version, yaml }),
        filter.prop_map(Control::Filter),
        (text(), any::<u32>(), any::<u64>(), any::<u64>(), time()).prop_map(
            |(source, partition, from, to, noticed)| Control::Gap {
                source,
                partition: Partition(partition),
                from,
                to,
                noticed
            }
        ),
        time().prop_map(|noticed| Control::StateIncomplete { noticed }),
        note.prop_map(|(id, name, silent_after)| {
            Control::Source(SourceNote { id, name, silent_after: silent_after.map(Millis::new) })
        }),
        any::<i64>().prop_map(|millis| Control::FilterStaleAfter { millis: Millis::new(millis) }),
        (any::<u64>(), any::<u64>(), time()).prop_map(|(lines, lost, noticed)| Control::DirectoryRefused {
            lines,
            lost,
            noticed
        }),
        (text(), any::<u32>(), any::<u64>(), time()).prop_map(|(source, partition, offset, noticed)| {
            Control::SetAside { source, partition: Partition(partition), offset, noticed }
        }),
        time().prop_map(|time| Control::Heartbeat { time }),
        (any::<[u32; 3]>(), any::<bool>(), time()).prop_map(|([damaged, version, foreign], older, noticed)| {
            Control::SnapshotsSkipped { skipped: SkippedSnapshots { damaged, version, foreign }, older, noticed }
        }),
        (text(), any::<u32>(), any::<(u64, u32)>(), time()).prop_map(|(topic, partition, at, noticed)| {
            let position = Position { offset: Offset(at.0), ordinal: Ordinal(at.1) };
            Control::LeftOut { topic, partition: Partition(partition), position, noticed }
        }),
    ]
}

prop_compose! {
    fn made_by()(partition: u32, offset: u64, ordinal: u32, index: u32) -> MadeBy {
        let position = Position { offset: Offset(offset), ordinal: Ordinal(ordinal) };
        MadeBy { partition: Partition(partition), position, index }
    }
}

prop_compose! {
    fn sums()(events: u64, rows: u64, bytes: u64, unnamed: u64, unknown_rows: u64) -> Sums {
        Sums { events, rows, bytes, unnamed, unknown_rows }
    }
}

prop_compose! {
    fn pool_tags()(kind in text(), tags in bytes(), overlap in bytes(), tested: bool) -> PoolTags<'static> {
        PoolTags { kind, tags, overlap, tested }
    }
}

prop_compose! {
    fn pool()(
        made_by in made_by(),
        kind in select(vec![
            EntityKind::Actor,
            EntityKind::Team,
            EntityKind::Destination,
            EntityKind::Domain,
            EntityKind::ClientIp,
            EntityKind::Source,
        ]),
        (id, rule) in (text(), text()),
        (time, received) in (time(), time()),
        of in kind(),
        case in option::of((text(), time())),
        (actor, nameless) in (text(), any::<bool>()),
        event in option::of(text()),
        (sums, exposure) in (sums(), any::<u64>()),
        destination in option::of(text()),
        objects in few(text()),
        tags in few(pool_tags()),
    ) -> Pool<'static> {
        Pool {
            made_by, kind, id, rule, time, received, of, case, actor, nameless, event, sums, exposure, destination, objects, tags
        }
    }
}

fn roles() -> impl Strategy<Value = RoleFigures<'static>> {
    let histogram = (text(), text(), vec(any::<(u16, u32)>(), 0..5)).prop_map(|(rule, role, buckets)| RoleHistogram {
        rule,
        role,
        buckets,
    });
    (made_by(), any::<u32>(), vec(histogram, 0..4)).prop_map(|(made_by, day, roles)| RoleFigures {
        made_by,
        day,
        roles,
    })
}

prop_compose! {
    fn source()(
        made_by in made_by(),
        source: u64,
        part in text(),
        last in time(),
        (events, future, new_unlisted) in any::<(u64, u64, u64)>(),
        (told, untold) in any::<(u32, u32)>(),
    ) -> SourceFigures<'static> {
        SourceFigures { made_by, source, part, last, events, future, new_unlisted, told, untold }
    }
}

prop_compose! {
    fn rows_of_source()(made_by in made_by(), source: u64, told: u32, untold: u32) -> SourceRows {
        SourceRows { made_by, source, told, untold }
    }
}
