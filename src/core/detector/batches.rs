//! What an entity that actors share is told once a slice, not once an event: teams' and addresses' reads, and egress that
//! names nobody.

use super::kinds::KindId;
use super::shards::Shards;
use super::stream::SeenTag;
use crate::core::event::EventKind;
use crate::core::incident::EntityKind;
use crate::core::time::{EventTime, Millis};
use crate::core::units::Tag;
use crate::core::window::Sums;
use hashbrown::Equivalent;
use serde::{Deserialize, Serialize};

/// A batch holds the events of this much event time.
const SLICE: Millis = Millis::from_mins(5);
/// Batches of one partition that are open at once; beyond, all are closed early.
const MAX_OPEN: usize = 50_000;
/// Tags of one batch; beyond, it is closed early.
const MAX_TAGS: usize = 8_192;

/// Whom a batch is for, of whom, and when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Key {
    slice: i64,
    pub kind: EntityKind,
    pub id: Box<str>,
    pub stream: u32,
    pub actor: Box<str>,
}

/// A tag of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct BatchTag {
    pub kind: KindId,
    pub tested: bool,
    pub tag: Tag,
    pub overlap: bool,
}

/// Several events of one actor in one slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Batch {
    pub of: EventKind,
    pub time: EventTime,
    pub received: EventTime,
    pub event: Option<Box<str>>,
    pub sums: Sums,
    pub nameless: bool,
    pub tags: Vec<BatchTag>,
    pub case: Option<(String, EventTime)>,
    pub exposure: u64,
    pub destination: Option<Box<str>>,
    pub objects: Vec<Box<str>>,
}

/// The same, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct KeyRef<'a> {
    slice: i64,
    pub kind: EntityKind,
    pub id: &'a str,
    pub stream: u32,
    pub actor: &'a str,
}

/// One event's part in a batch.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub of: EventKind,
    pub time: EventTime,
    pub received: EventTime,
    pub event: Option<&'a str>,
    pub sums: Sums,
    pub nameless: bool,
    pub tags: &'a [SeenTag],
    pub case: Option<(String, EventTime)>,
    pub exposure: u64,
    pub destination: Option<&'a str>,
    pub objects: &'a [&'a str],
}

/// Open batches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Batches {
    #[serde(with = "in_order")]
    open: Shards<Key, Batch>,
    closed_at: EventTime,
}

impl Key {
    /// The same, borrowed.
    pub fn as_ref(&self) -> KeyRef<'_> {
        KeyRef { slice: self.slice, kind: self.kind, id: &self.id, stream: self.stream, actor: &self.actor }
    }
}

impl<'a> KeyRef<'a> {
    /// The batch of the events of `actor` at `time` for an entity.
    pub fn new(kind: EntityKind, id: &'a str, stream: usize, actor: &'a str, time: EventTime) -> Self {
        let slice = time.as_millis().div_euclid(SLICE.as_millis());
        Self { slice, kind, id, stream: u32::try_from(stream).unwrap_or(u32::MAX), actor }
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        (self.slice, self.kind, self.stream) == (key.slice, key.kind, key.stream)
            && (self.id, self.actor) == (&*key.id, &*key.actor)
    }
}

impl From<KeyRef<'_>> for Key {
    fn from(key: KeyRef<'_>) -> Self {
        Self { slice: key.slice, kind: key.kind, id: key.id.into(), stream: key.stream, actor: key.actor.into() }
    }
}

impl Batches {
    /// Adds one event's part; gives what has to be closed at once.
    pub fn add(&mut self, key: KeyRef<'_>, part: Part<'_>) -> Vec<(Key, Batch)> {
        let is_full = if let Some(batch) = self.open.get_mut(&key) {
            batch.add(part);
            batch.is_full()
        } else {
            let batch = Batch::from(part);
            let is_full = batch.is_full();
            self.open.insert(key.into(), batch);
            is_full
        };
        if is_full {
            return self.open.remove_entry(&key).map(|(key, batch)| (key, batch.settled())).into_iter().collect();
        }
        if self.open.len() > MAX_OPEN { self.close_all() } else { Vec::new() }
    }

    /// The log's time has come to `now`: gives all batches, once a slice.
    pub fn close(&mut self, now: EventTime) -> Vec<(Key, Batch)> {
        let slice = |time: EventTime| time.as_millis().div_euclid(SLICE.as_millis());
        if slice(now) == slice(self.closed_at) {
            return Vec::new();
        }
        self.closed_at = now;
        self.close_all()
    }

    /// Gives all batches, in the order of their keys.
    pub fn close_all(&mut self) -> Vec<(Key, Batch)> {
        let mut all: Vec<_> = self.open.drain().map(|(key, batch)| (key, batch.settled())).collect();
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

impl From<Part<'_>> for Batch {
    fn from(part: Part<'_>) -> Self {
        let mut batch = Self {
            of: part.of,
            time: part.time,
            received: part.received,
            event: part.event.map(Into::into),
            sums: Sums::default(),
            nameless: part.nameless,
            tags: Vec::new(),
            case: None,
            exposure: 0,
            destination: part.destination.map(Into::into),
            objects: part.objects.iter().map(|name| (*name).into()).collect(),
        };
        batch.add(part);
        batch
    }
}

impl Batch {
    fn is_full(&self) -> bool {
        self.tags.len() >= MAX_TAGS
    }

    fn add(&mut self, part: Part<'_>) {
        // What is read must not seem to be read after it was sent.
        self.time = match self.of {
            EventKind::Query => self.time.min(part.time),
            EventKind::Egress => self.time.max(part.time),
        };
        self.received = self.received.max(part.received);
        self.sums += part.sums;
        self.exposure = self.exposure.max(part.exposure);
        self.tags.extend(part.tags.iter().filter(|tag| tag.customer).map(BatchTag::from));
        if let Some(case) = part.case
            && self.case.as_ref().is_none_or(|known| case.1 < known.1)
        {
            self.case = Some(case);
        }
    }

    /// Each tag once; one that was seen to overlap does.
    fn settled(mut self) -> Self {
        self.tags.sort_unstable_by_key(|tag| (tag.kind, tag.tested, tag.tag, !tag.overlap));
        self.tags.dedup_by_key(|tag| (tag.kind, tag.tested, tag.tag));
        self
    }
}

impl From<&SeenTag> for BatchTag {
    fn from(tag: &SeenTag) -> Self {
        Self { kind: tag.kind, tested: tag.tested, tag: tag.tag, overlap: tag.overlap }
    }
}

/// Equal maps are written as equal bytes.
mod in_order {
    use super::{Batch, Key, Shards};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(map: &Shards<Key, Batch>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
        serializer.collect_seq(entries)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Shards<Key, Batch>, D::Error> {
        Ok(Vec::<(Key, Batch)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(of: EventKind, minute: i64) -> Part<'static> {
        let time = EventTime::MIN.plus(Millis::from_mins(minute));
        Part {
            of,
            time,
            received: time,
            event: None,
            sums: Sums::default(),
            nameless: false,
            tags: &[],
            case: None,
            exposure: 0,
            destination: None,
            objects: &[],
        }
    }

    #[test]
    fn reads_are_as_early_as_their_first_and_sends_as_late_as_their_last() {
        for (of, minute) in [(EventKind::Query, 1), (EventKind::Egress, 4)] {
            let mut batches = Batches::default();
            for number in [3, 1, 4] {
                let part = part(of, number);
                let key = KeyRef::new(EntityKind::ClientIp, "10.20.1.9", 0, "a", part.time);
                assert!(batches.add(key, part).is_empty());
            }
            let closed = batches.close_all();
            assert_eq!(closed.len(), 1, "one slice");
            assert_eq!(closed[0].1.time, EventTime::MIN.plus(Millis::from_mins(minute)), "{of:?}");
        }
    }
}
