//! One decoded event becomes activity.

use super::bulk::is_bulk;
use super::paged::is_paged;
use super::partition::partition_of;
use super::places::Places;
use super::settings::{IngestSettings, Knowledge, Part, SourceSpec};
use super::stage::{IngestOut, RejectedRecord, SourceRecord};
use super::stranger;
use super::tags::EventTags;
use crate::core::activity::{Activity, ActorKind, Flags, Origin, Record};
use crate::core::decode::{ContentHasher, RejectReason, clamp_future};
use crate::core::event::{Event, EventKind};
use crate::core::identifiers::{Region, mask_in};
use crate::core::identity::Directory;
use crate::core::time::EventTime;
use crate::core::units::Partition;
use smallvec::SmallVec;
use std::borrow::Cow;

/// Objects of one event beyond these are not told apart.
const MAX_OBJECTS: usize = 64;
/// What stands in the place of an address, or names a part of a source, is kept by detect: longer texts are cut.
const MAX_KEPT_BYTES: usize = 256;

/// Memory that is reused from event to event.
#[derive(Debug)]
pub(super) struct Working {
    tags: EventTags,
    contents: ContentHasher,
    actor: String,
    places: Places,
}

impl Working {
    /// Hashes contents under a key derived from the tagger's.
    pub fn new(knowledge: &Knowledge) -> Self {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&knowledge.tagger.digest(b"content hash, first half").to_le_bytes());
        key[8..].copy_from_slice(&knowledge.tagger.digest(b"content hash, second half").to_le_bytes());
        Self {
            tags: EventTags::default(),
            contents: ContentHasher::new(&key),
            actor: String::new(),
            places: Places::default(),
        }
    }

    /// Resolves, tags and emits one event.
    pub fn emit(
        &mut self,
        settings: &IngestSettings,
        knowledge: &Knowledge,
        record: &SourceRecord<'_>,
        index: u32,
        event: &Event<'_>,
        out: &mut dyn IngestOut,
    ) {
        let (time, future) = clamp_future(event.time, record.received, settings.max_future);
        let directory = &*knowledge.directory;
        let login = event.actor.as_deref();
        let Some(actor) = directory.resolve_actor(login, event.client_ip.as_deref(), time, &mut self.actor) else {
            return out.reject(nobody(index));
        };
        let name = if actor.listed { Cow::Borrowed(actor.actor) } else { stranger::shown(actor.actor, knowledge) };
        let destination = event.destination.as_deref().map(|raw| self.places.shown(directory, knowledge.region, raw));
        let masked: SmallVec<[Cow<'_, str>; 2]> =
            event.objects.iter().take(MAX_OBJECTS).map(|name| mask_in(name, knowledge.region)).collect();
        let texts = [&event.id, &event.operation, &event.channel];
        let [id, operation, channel] = texts.map(|text| text.as_deref().map(|text| mask_in(text, knowledge.region)));
        let client_ip = event.client_ip.as_deref().map(|text| masked_address(cut(text), knowledge.region));
        let flags = flags(settings, event)
            .with(Flags::FUTURE, future)
            .with(Flags::NAMELESS, actor.nameless)
            .with(Flags::LISTED, actor.listed)
            .with(Flags::LOOK_ALIKE, actor.look_alike)
            .with(Flags::PERSONS_ADDRESS, actor.kind == ActorKind::Service && from_person(directory, event, time));
        let part = part(settings, record, event).map(|part| mask_in(cut(part), knowledge.region));
        self.tags.fill(event, knowledge, flags.has(Flags::CUSTOMER_OBJECT) && event.kind == EventKind::Query);
        let (named, named_customers) = self.tags.largest();
        let activity = Activity {
            origin: origin(settings, record, index),
            time,
            received: record.received,
            kind: event.kind,
            flags: flags.with(Flags::HIDDEN, self.tags.found_hidden()),
            actor: &name,
            actor_kind: actor.kind,
            role: actor.role,
            team: actor.team,
            left_at: actor.left_at,
            notice_at: actor.notice_at,
            missing_since: actor.missing_since,
            utc_offset_minutes: directory.utc_offset_minutes(actor.zone, time),
            id: id.as_deref(),
            content_hash: self.contents.hash(event),
            client_ip: client_ip.as_deref(),
            objects: masked.iter().map(|name| &**name).collect(),
            operation: operation.as_deref(),
            rows: event.rows,
            bytes: event.bytes,
            channel: channel.as_deref(),
            destination: destination.map(|place| &*place.shown),
            domain: destination.map(|place| &*place.domain),
            class: destination.map(|place| place.class).unwrap_or_default(),
            named,
            named_customers,
            tags: self.tags.part(0),
            part: part.as_deref(),
        };
        let partition = partition_of(activity.actor, settings.partitions);
        emit_parts(&self.tags, partition, activity, out);
    }
}

/// The event, in as many records as its tags take.
fn emit_parts<'a>(tags: &'a EventTags, to: Partition, activity: Activity<'a>, out: &mut dyn IngestOut) {
    let mut record = Record::Activity(activity);
    out.emit(to, &record);
    for part in 1..tags.parts() {
        if let Record::Activity(activity) = &mut record {
            activity.origin.part = u32::try_from(part).unwrap_or(u32::MAX);
            activity.flags = activity.flags.with(Flags::CONTINUATION, true);
            activity.tags = tags.part(part);
        }
        out.emit(to, &record);
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_KEPT_BYTES)]
}

/// An address hides nobody's number; whatever else stands in its place may.
fn masked_address(text: &str, region: Region) -> Cow<'_, str> {
    if text.parse::<std::net::IpAddr>().is_ok() { Cow::Borrowed(text) } else { mask_in(text, region) }
}

fn origin(settings: &IngestSettings, record: &SourceRecord<'_>, index: u32) -> Origin {
    Origin {
        source: settings.sources.get(usize::from(record.source.0)).map_or(0, SourceSpec::id),
        epoch: record.epoch,
        partition: record.partition,
        offset: record.offset.0,
        index,
        part: 0,
    }
}

fn flags(settings: &IngestSettings, event: &Event<'_>) -> Flags {
    let query = event.kind == EventKind::Query;
    let customers = event.objects.iter().any(|object| settings.customer_objects.matches(object));
    Flags::default()
        .with(Flags::CUSTOMER_OBJECT, customers)
        .with(Flags::BULK_OPERATION, query && is_bulk(event.operation.as_deref(), event.statement.as_deref()))
        .with(Flags::PAGED, query && customers && event.statement.as_deref().is_some_and(is_paged))
}

/// Whether the directory says that a person holds the address the event came from.
fn from_person(directory: &Directory, event: &Event<'_>, time: EventTime) -> bool {
    let holder = event.client_ip.as_deref().and_then(|address| directory.kind_of_holder(address, time));
    holder == Some(ActorKind::Human)
}

/// What of the event's source is watched for silence by itself.
fn part<'e>(settings: &IngestSettings, record: &SourceRecord<'_>, event: &'e Event<'_>) -> Option<&'e str> {
    match settings.sources.get(usize::from(record.source.0))?.silent.as_ref()?.by? {
        Part::Database => event.database.as_deref(),
        Part::App => event.app.as_deref(),
    }
}

/// The decoder asks for an actor or an address; this is for an address that is only white space.
fn nobody<'a>(index: u32) -> RejectedRecord<'a> {
    RejectedRecord {
        reason: RejectReason::NoActor.name(),
        detail: "expected `actor` or `client_ip` to name somebody",
        index: (index > 0).then_some(index),
        digest: None,
    }
}
