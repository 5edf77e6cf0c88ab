//! What an entity that actors share is told once a slice, not once an event: teams' and addresses' reads, and egress that
//! names nobody.

use super::kinds::KindId;
use crate::core::event::EventKind;
use crate::core::incident::EntityKind;
use crate::core::time::{EventTime, Millis};
use crate::core::units::Tag;
use crate::core::window::Sums;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A batch holds the events of this much event time.
const SLICE: Millis = Millis::from_mins(5);
/// Batches of one partition that are open at once; beyond, all are closed early.
const MAX_OPEN: usize = 50_000;
/// Tags of one batch; beyond, it is closed early.
const MAX_TAGS: usize = 8_192;
/// Actors of one batch; beyond, it is closed early.
const MAX_ACTORS: usize = 256;

/// Whom a batch is for, and when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    slice: i64,
    pub kind: EntityKind,
    pub id: Box<str>,
    pub stream: u32,
}

/// A tag of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct BatchTag {
    pub kind: KindId,
    pub tested: bool,
    pub tag: Tag,
    pub overlap: bool,
}

/// Several events of one slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Batch {
    pub of: EventKind,
    pub time: EventTime,
    pub received: EventTime,
    pub event: Option<Box<str>>,
    pub sums: Sums,
    pub actors: Vec<(Box<str>, u64)>,
    pub tags: Vec<BatchTag>,
    pub case: Option<(String, EventTime)>,
    pub exposure: u64,
    pub destination: Option<Box<str>>,
    pub objects: Vec<Box<str>>,
}

/// Open batches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Batches {
    open: BTreeMap<Key, Batch>,
    closed_at: EventTime,
}

impl Key {
    /// The batch of events at `time` for an entity.
    pub fn new(kind: EntityKind, id: &str, stream: usize, time: EventTime) -> Self {
        let slice = time.as_millis().div_euclid(SLICE.as_millis());
        Self { slice, kind, id: id.into(), stream: u32::try_from(stream).unwrap_or(u32::MAX) }
    }
}

impl Batches {
    /// Adds one event's part; gives what has to be closed at once.
    pub fn add(&mut self, key: Key, part: Batch) -> Vec<(Key, Batch)> {
        let is_full = match self.open.get_mut(&key) {
            Some(batch) => {
                batch.merge(part);
                batch.is_full()
            }
            None => {
                let is_full = part.is_full();
                self.open.insert(key.clone(), part);
                is_full
            }
        };
        if is_full {
            return self.open.remove(&key).map(|batch| (key, batch.settled())).into_iter().collect();
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

    /// Gives all batches, in a fixed order.
    pub fn close_all(&mut self) -> Vec<(Key, Batch)> {
        std::mem::take(&mut self.open).into_iter().map(|(key, batch)| (key, batch.settled())).collect()
    }
}

impl Batch {
    fn is_full(&self) -> bool {
        self.tags.len() >= MAX_TAGS || self.actors.len() >= MAX_ACTORS
    }

    fn merge(&mut self, part: Self) {
        self.time = self.time.max(part.time);
        self.received = self.received.max(part.received);
        self.sums += part.sums;
        self.exposure = self.exposure.max(part.exposure);
        self.tags.extend(part.tags);
        for (name, share) in part.actors {
            match self.actors.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known += share,
                None => self.actors.push((name, share)),
            }
        }
        if let Some(case) = part.case
            && self.case.as_ref().is_none_or(|known| case.1 < known.1)
        {
            self.case = Some(case);
        }
    }

    /// Each tag once; one that was seen to overlap does.
    fn settled(mut self) -> Self {
        self.tags
            .sort_unstable_by(|a, b| (a.kind, a.tested, a.tag, b.overlap).cmp(&(b.kind, b.tested, b.tag, a.overlap)));
        self.tags.dedup_by_key(|tag| (tag.kind, tag.tested, tag.tag));
        self
    }
}
