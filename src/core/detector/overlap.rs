//! Customers read before and then sent: found when the egress comes, when a late read completes it, or told by others.

use super::entity::EntityState;
use super::kinds::{KindId, Kinds, Tags};
use super::plan::{OverlapSpec, Plan, QUERIES};
use super::shared::Shared;
use super::stream::{Seen, SeenTag, StreamState};
use crate::core::event::EventKind;
use crate::core::incident::{EntityKind, Window};
use crate::core::time::EventTime;
use crate::core::units::Tag;
use crate::core::window::EXACT_UP_TO;

/// Counts what the event adds to each overlap; rules to judge are appended with the time to judge them at.
/// `matched` says of every stream whether the event belongs to it.
pub(super) fn count(
    plan: &Plan,
    entity: &mut EntityState,
    kind: EventKind,
    seen: &Seen<'_>,
    matched: &[bool],
    rules: &mut Vec<(usize, EventTime)>,
) {
    if !seen.tags.iter().any(|tag| tag.customer) {
        return;
    }
    entity.overlaps.resize_with(plan.overlaps.len(), || None);
    for (at, spec) in plan.overlaps.iter().enumerate() {
        if plan.streams[spec.stream].by != entity.entity {
            continue;
        }
        let newest = match (spec.reads, kind) {
            (None, _) if matched[spec.stream] => told(entity, at, spec, seen),
            (Some(reads), EventKind::Egress) if matched[spec.stream] => sent(entity, at, spec, reads, seen),
            (Some(reads), EventKind::Query) => read_late(entity, at, spec, reads, seen),
            (None | Some(_), _) => None,
        };
        if let Some(time) = newest {
            rules.extend(spec.rules.iter().map(|rule| (*rule, time)));
        }
    }
}

/// Which of the customers of an actor's egress it had read before: what others are told.
pub(super) fn mark(entity: &EntityState, read_before: Window, time: EventTime, tags: &mut [SeenTag]) {
    let Some(reads) = customers(&entity.streams, QUERIES) else { return };
    let from = time.minus(read_before.length());
    for tag in tags.iter_mut().filter(|tag| tag.customer) {
        tag.overlap = reads.get(tag.kind).is_some_and(|known| known.seen_between(tag.tag, from, time).is_some());
    }
}

/// A record of another partition says which customers overlap.
fn told(entity: &mut EntityState, at: usize, spec: &OverlapSpec, seen: &Seen<'_>) -> Option<EventTime> {
    let mut any = None;
    for tag in seen.tags.iter().filter(|tag| tag.overlap) {
        add(&mut entity.overlaps[at], spec, tag.kind, tag.tag, seen.time, 0);
        any = Some(seen.time);
    }
    any
}

/// An egress: which of its customers were read before? What its sender had itself read counts there, not at the address.
fn sent(entity: &mut EntityState, at: usize, spec: &OverlapSpec, reads: usize, seen: &Seen<'_>) -> Option<EventTime> {
    let EntityState { entity: by, streams, overlaps, .. } = entity;
    let reads = others(*by, seen, streams, reads)?;
    let from = seen.time.minus(spec.read_before.length());
    let mut any = None;
    for tag in seen.tags.iter().filter(|tag| tag.customer && !tag.overlap) {
        let Some(known) = reads.get(tag.kind) else { continue };
        if known.seen_between(tag.tag, from, seen.time).is_some() {
            add(&mut overlaps[at], spec, tag.kind, tag.tag, seen.time, known.level());
            any = Some(seen.time);
        }
    }
    any
}

/// A read: was the customer sent after it, in an egress that was counted before?
fn read_late(
    entity: &mut EntityState,
    at: usize,
    spec: &OverlapSpec,
    reads: usize,
    seen: &Seen<'_>,
) -> Option<EventTime> {
    let EntityState { entity: by, streams, overlaps, .. } = entity;
    let newest = streams.get(spec.stream)?.as_ref()?.newest;
    if newest < seen.time {
        return None;
    }
    let sends = others(*by, seen, streams, spec.stream)?;
    let level = |kind: KindId| {
        let reads = customers(streams, reads).and_then(|reads| reads.get(kind));
        reads.map_or(0, Tags::level)
    };
    let until = seen.time.plus(spec.read_before.length());
    let mut earliest: Option<EventTime> = None;
    for tag in seen.tags.iter().filter(|tag| tag.customer) {
        let Some(known) = sends.get(tag.kind) else { continue };
        if let Some(sent) = known.seen_between(tag.tag, seen.time, until) {
            let time = sent.start().max(seen.time);
            add(&mut overlaps[at], spec, tag.kind, tag.tag, time, level(tag.kind));
            earliest = Some(earliest.map_or(time, |earliest| earliest.min(time)));
        }
    }
    earliest
}

/// A sample can be compared with another only at the higher of their levels.
fn add(
    overlap: &mut Option<Box<Kinds>>,
    spec: &OverlapSpec,
    kind: KindId,
    tag: Tag,
    time: EventTime,
    reads_level: u32,
) {
    let tags = overlap.get_or_insert_default().get_or_insert(kind, &[spec.window], EXACT_UP_TO);
    tags.raise_level(reads_level);
    tags.observe(tag, time);
}

/// The other half of an overlap: of an actor, all of it. At an address one half is nobody's by name, for two people with
/// names who share one are colleagues.
fn others<'a>(
    by: EntityKind,
    seen: &Seen<'_>,
    streams: &'a [Option<Shared<StreamState>>],
    stream: usize,
) -> Option<&'a Kinds> {
    if by == EntityKind::ClientIp && !seen.nameless {
        return streams.get(stream)?.as_deref()?.nameless.as_deref();
    }
    customers(streams, stream)
}

fn customers(streams: &[Option<Shared<StreamState>>], stream: usize) -> Option<&Kinds> {
    streams.get(stream)?.as_deref().map(|state| &state.customers)
}
