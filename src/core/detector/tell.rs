//! What an actor's activity means to entities that it shares with others, told to the partitions that own them.

use super::batches::{Batch, BatchTag, KeyRef, Part};
use super::entity::EntityState;
use super::stream::SeenTag;
use super::unread::{Completed, Recipient};
use super::view::View;
use super::{Detector, Output, To};
use crate::core::activity::{Activity, ActorKind, Flags, MadeBy, Pool, PoolTags, Record, codec};
use crate::core::event::EventKind;
use crate::core::incident::{EntityKind, Window};
use crate::core::ingest::partition_of;
use crate::core::rules::Context;
use crate::core::time::EventTime;
use crate::core::units::Partition;
use crate::core::window::Sums;
use smallvec::SmallVec;

impl Detector {
    /// Tells the entities that rules count by, beside the actor itself. The event's tags are in the scratch.
    pub(super) fn tell_shared(&mut self, at: usize, activity: &Activity<'_>, context: &Context, out: &mut Vec<Output>) {
        if activity.kind == EventKind::Query {
            self.complete_unread(at, activity, out);
        }
        for place in 0..self.plan.shared.of(activity.kind).len() {
            let stream = self.plan.shared.of(activity.kind)[place];
            let spec = &self.plan.streams[stream];
            if !spec.filter.matches(activity, context) {
                continue;
            }
            if let Some(id) = self.shared_entity(stream, activity) {
                let kind = spec.by;
                self.tell_one(at, activity, (kind, id, stream), out);
            }
        }
    }

    /// The entity of a shared stream that the activity belongs to.
    fn shared_entity<'a>(&self, stream: usize, activity: &Activity<'a>) -> Option<&'a str> {
        match self.plan.streams[stream].by {
            EntityKind::Domain => activity.domain,
            EntityKind::Destination => activity.destination,
            EntityKind::Team => Some(activity.team).filter(|team| !team.is_empty()),
            EntityKind::ClientIp => activity.client_ip.filter(|_| self.may_meet(stream, activity)),
            EntityKind::Actor | EntityKind::Source => None,
        }
    }

    /// What programs read and send at an address is no hint: whole clusters share one.
    fn may_meet(&self, stream: usize, activity: &Activity<'_>) -> bool {
        let overlaps = self.plan.overlaps.iter().any(|spec| spec.stream == stream || spec.reads == Some(stream));
        !overlaps || activity.actor_kind == ActorKind::Human
    }

    fn tell_one(
        &mut self,
        at: usize,
        activity: &Activity<'_>,
        (kind, id, stream): (EntityKind, &str, usize),
        out: &mut Vec<Output>,
    ) {
        let read_before = self.plan.overlaps.iter().find(|spec| spec.stream == stream).map(|spec| spec.read_before);
        let sent = activity.kind == EventKind::Egress;
        let Some(entity) = self.roster.get_mut(at) else { return };
        if let Some(read_before) = read_before.filter(|_| sent) {
            super::overlap::mark(entity, read_before, activity.time, &mut self.scratch.tags);
        }
        let customers = self.scratch.tags.iter().any(|tag| tag.customer);
        let at_once = sent && customers && kind != EntityKind::Team;
        if !at_once && !customers && !self.plan.counts_bare(stream) {
            return;
        }
        if at_once && read_before.is_some() && kind != EntityKind::ClientIp {
            let to = Recipient { kind, id: id.into(), stream: u32::try_from(stream).unwrap_or(u32::MAX) };
            entity.unread.get_or_insert_default().push(to, activity.time, &self.scratch.tags);
        }
        let entity = &*entity;
        let exposure = if sent { View::new(&self.plan, &self.figures, entity).exposure(activity.time) } else { 0 };
        let part = part(activity, entity, exposure, &self.scratch.tags);
        if at_once {
            let (name, batch) = (entity.name.clone(), part.into());
            return self.tell(KeyRef::new(kind, id, stream, &name, activity.time), &batch, out);
        }
        for (key, batch) in self.batches.add(KeyRef::new(kind, id, stream, &entity.name, activity.time), part) {
            self.tell(key.as_ref(), &batch, out);
        }
    }

    /// A read that arrives after the egress completes an overlap that was told without it.
    fn complete_unread(&mut self, at: usize, activity: &Activity<'_>, out: &mut Vec<Output>) {
        let Some(entity) = self.roster.get_mut(at) else { return };
        let Some(unread) = entity.unread.as_deref_mut() else { return };
        let completed = unread.completed_by(activity.time, Window::Day.length(), &self.scratch.tags);
        if unread.is_empty() {
            entity.unread = None;
        }
        let name = entity.name.clone();
        let case = entity.case_told();
        for Completed { to, time, tags } in completed {
            let read = |(kind, tag)| SeenTag { kind, tag, customer: true, tested: false, canary: false, overlap: true };
            let tags: Vec<SeenTag> = tags.into_iter().map(read).collect();
            let batch = Batch {
                of: EventKind::Egress,
                time,
                received: activity.received,
                event: None,
                sums: Sums::default(),
                nameless: activity.flags.has(Flags::NAMELESS),
                tags: tags.iter().map(BatchTag::from).collect(),
                case: case.clone(),
                exposure: 0,
                destination: None,
                objects: Vec::new(),
            };
            self.tell(KeyRef::new(to.kind, &to.id, to.stream as usize, &name, time), &batch, out);
        }
    }

    /// Closes the batches of slices that are over.
    pub(super) fn close_batches(&mut self, now: EventTime, out: &mut Vec<Output>) {
        for (key, batch) in self.batches.close(now) {
            self.tell(key.as_ref(), &batch, out);
        }
    }

    /// Closes every batch: the rules change.
    pub(super) fn close_all_batches(&mut self, out: &mut Vec<Output>) {
        for (key, batch) in self.batches.close_all() {
            self.tell(key.as_ref(), &batch, out);
        }
    }

    fn tell(&mut self, key: KeyRef<'_>, batch: &Batch, out: &mut Vec<Output>) {
        let Some(rule) = self.plan.rule_naming(key.stream as usize) else { return };
        let lists = TagBytes::of(&batch.tags);
        let pool = Pool {
            made_by: self.made_by(),
            kind: key.kind,
            id: key.id,
            rule,
            time: batch.time,
            received: batch.received,
            of: batch.of,
            case: batch.case.as_ref().map(|(id, time)| (id.as_str(), *time)),
            actor: key.actor,
            nameless: batch.nameless,
            event: batch.event.as_deref(),
            sums: batch.sums,
            exposure: batch.exposure,
            destination: batch.destination.as_deref(),
            objects: batch.objects.iter().map(|name| &**name).collect(),
            tags: lists.iter().map(|list| list.borrowed(self.figures.name(list.kind))).collect(),
        };
        let to = To::One(owner(key.kind, key.id, self.settings.partitions));
        if let Ok(record) = codec::encode(&Record::Pool(pool)) {
            out.push(Output::Record { to, record });
        }
        self.made += 1;
    }

    /// What the next record made here is known by.
    pub(super) fn made_by(&self) -> MadeBy {
        let position = self.reading.unwrap_or_default();
        MadeBy { partition: self.settings.partition, position, index: self.made }
    }
}

/// One event's part in what a shared entity counts.
fn part<'a>(activity: &'a Activity<'_>, entity: &'a EntityState, exposure: u64, tags: &'a [SeenTag]) -> Part<'a> {
    Part {
        of: activity.kind,
        time: activity.time,
        received: activity.received,
        event: activity.id,
        sums: super::intake::sums(activity),
        nameless: activity.flags.has(Flags::NAMELESS),
        tags,
        case: entity.case_told(),
        exposure,
        destination: activity.destination,
        objects: &activity.objects,
    }
}

/// The tags of one kind, as the record carries them.
struct TagBytes {
    kind: super::kinds::KindId,
    tested: bool,
    tags: Vec<u8>,
    overlap: Vec<u8>,
}

impl TagBytes {
    /// Lists by kind, of tags in the order of their kinds.
    fn of(tags: &[BatchTag]) -> SmallVec<[Self; 2]> {
        let mut lists: SmallVec<[Self; 2]> = SmallVec::new();
        for tag in tags {
            let at = lists.iter().position(|list| (list.kind, list.tested) == (tag.kind, tag.tested));
            let at = at.unwrap_or_else(|| {
                lists.push(Self { kind: tag.kind, tested: tag.tested, tags: Vec::new(), overlap: Vec::new() });
                lists.len() - 1
            });
            lists[at].push(tag);
        }
        lists
    }

    fn push(&mut self, tag: &BatchTag) {
        let at = self.tags.len() / 8;
        self.tags.extend_from_slice(&tag.tag.0.to_le_bytes());
        if tag.overlap {
            self.overlap.resize(self.overlap.len().max(at / 8 + 1), 0);
            self.overlap[at / 8] |= 1 << (at % 8);
        }
    }

    fn borrowed<'a>(&'a self, kind: &'a str) -> PoolTags<'a> {
        PoolTags { kind, tags: &self.tags, overlap: &self.overlap, tested: self.tested }
    }
}

/// The partition that owns an entity which is no actor: that of its kind and name.
pub(super) fn owner(kind: EntityKind, id: &str, partitions: u32) -> Partition {
    partition_of(&format!("{}:{id}", kind.name()), partitions)
}
