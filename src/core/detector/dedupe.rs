//! What has been counted before: by origin (delivery is at least once), and by the producer's id and content.

use super::shards::Shards;
use crate::core::activity::{Activity, Flags, Origin};
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Epoch, Partition};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// The same id and content within this time counts once.
const SAME_WITHIN: Millis = Millis::from_mins(10);
/// Ids remembered a generation; beyond, the older generation is given up early.
const MAX_IDS: usize = 1_000_000;

/// The highest record seen of each origin partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origins {
    highest: HashMap<(u64, Epoch, Partition), (u64, u32, u32), FxBuildHasher>,
}

impl Origins {
    /// Whether a record of `origin` is new; remembers it.
    pub fn is_new(&mut self, origin: &Origin) -> bool {
        let place = (origin.offset, origin.index, origin.part);
        match self.highest.entry((origin.source, origin.epoch, origin.partition)) {
            hashbrown::hash_map::Entry::Vacant(entry) => {
                entry.insert(place);
                true
            }
            hashbrown::hash_map::Entry::Occupied(mut entry) => {
                let new = place > *entry.get();
                if new {
                    entry.insert(place);
                }
                new
            }
        }
    }
}

/// Ids with their content, of the last ten to twenty minutes, in two generations.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RecentIds {
    began: EventTime,
    young: Shards<u64, EventTime>,
    old: Shards<u64, EventTime>,
}

impl RecentIds {
    /// Whether the event is one that was counted within ten minutes; remembers it. Without an id it never is, and
    /// the later parts of an event follow its first.
    pub fn is_repeated(&mut self, activity: &Activity<'_>) -> bool {
        let Some(id) = activity.id else { return false };
        let received = activity.received;
        if received.since(self.began) > SAME_WITHIN || self.young.len() >= MAX_IDS {
            self.old = std::mem::take(&mut self.young);
            self.began = received;
        }
        let key = key(id, activity);
        let before = self.young.get(&key).or_else(|| self.old.get(&key));
        let repeated = before.is_some_and(|before| received.since(*before) <= SAME_WITHIN);
        if !repeated {
            self.young.insert(key, received);
        }
        repeated
    }
}

fn key(id: &str, activity: &Activity<'_>) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(activity.content_hash, u64::from(activity.origin.index));
    hasher.write(id.as_bytes());
    let part = if activity.flags.has(Flags::CONTINUATION) { activity.origin.part } else { 0 };
    hasher.write_u32(part);
    hasher.finish()
}

macro_rules! as_sorted_pairs {
    ($type:ty, $as_wire:expr, $from_wire:expr, $wire:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let wire: $wire = $as_wire(self);
                wire.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok($from_wire(<$wire>::deserialize(deserializer)?))
            }
        }
    };
}

fn sorted<'a, K: Ord + Copy + 'a, V: Copy + Ord + 'a>(map: impl Iterator<Item = (&'a K, &'a V)>) -> Vec<(K, V)> {
    let mut pairs: Vec<_> = map.map(|(key, value)| (*key, *value)).collect();
    pairs.sort_unstable();
    pairs
}

type OriginWire = Vec<((u64, Epoch, Partition), (u64, u32, u32))>;
type IdsWire = (EventTime, Vec<(u64, EventTime)>, Vec<(u64, EventTime)>);

as_sorted_pairs!(
    Origins,
    |origins: &Origins| sorted(origins.highest.iter()),
    |wire: OriginWire| Origins { highest: wire.into_iter().collect() },
    OriginWire
);
as_sorted_pairs!(
    RecentIds,
    |ids: &RecentIds| (ids.began, sorted(ids.young.iter()), sorted(ids.old.iter())),
    |(began, young, old): IdsWire| RecentIds {
        began,
        young: young.into_iter().collect(),
        old: old.into_iter().collect()
    },
    IdsWire
);
