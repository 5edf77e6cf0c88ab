//! A map in shared parts. A copy costs a pointer a part, whatever the map holds; a part that is changed while a copy is about
//! is copied before.

use hashbrown::{Equivalent, HashMap};
use rustc_hash::FxBuildHasher;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

/// Parts of a map: of a million entries, one holds about 4,000.
const PARTS: usize = 256;
/// Bits of a key's hash below those that choose its part; a part's own table uses the lowest and the highest.
const LOWER_BITS: u32 = 16;

type Part<K, V> = HashMap<K, V, FxBuildHasher>;

/// A map by hash.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shards<K: Eq + Hash, V: PartialEq> {
    parts: Vec<Arc<Part<K, V>>>,
    len: usize,
}

impl<K: Eq + Hash, V: PartialEq> Default for Shards<K, V> {
    fn default() -> Self {
        Self { parts: vec![Arc::default(); PARTS], len: 0 }
    }
}

impl<K: Clone + Eq + Hash, V: Clone + PartialEq> Shards<K, V> {
    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The value of a key.
    pub fn get<Q: Equivalent<K> + Hash>(&self, key: &Q) -> Option<&V> {
        self.parts[part_of(key)].get(key)
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q: Equivalent<K> + Hash>(&mut self, key: &Q) -> Option<&mut V> {
        Arc::make_mut(&mut self.parts[part_of(key)]).get_mut(key)
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        let before = Arc::make_mut(&mut self.parts[part_of(&key)]).insert(key, value);
        self.len += usize::from(before.is_none());
    }

    /// Takes an entry out.
    pub fn remove_entry<Q: Equivalent<K> + Hash>(&mut self, key: &Q) -> Option<(K, V)> {
        let entry = Arc::make_mut(&mut self.parts[part_of(key)]).remove_entry(key);
        self.len -= usize::from(entry.is_some());
        entry
    }

    /// Every entry, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.iter().flat_map(|part| part.iter())
    }

    /// Takes every entry out, in no order.
    pub fn drain(&mut self) -> impl Iterator<Item = (K, V)> + use<K, V> {
        std::mem::take(self).parts.into_iter().flat_map(Arc::unwrap_or_clone)
    }
}

impl<K: Clone + Eq + Hash, V: Clone + PartialEq> FromIterator<(K, V)> for Shards<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut shards = Self::default();
        for (key, value) in entries {
            shards.insert(key, value);
        }
        shards
    }
}

fn part_of<Q: Hash>(key: &Q) -> usize {
    (FxBuildHasher.hash_one(key) >> LOWER_BITS) as usize % PARTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u16, u8),
        Add(u16),
        Remove(u16),
        Drain,
    }

    fn step() -> impl Strategy<Value = Step> {
        let key = 0..400_u16;
        prop_oneof![
            12 => (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::Insert(key, value)),
            4 => key.clone().prop_map(Step::Add),
            4 => key.prop_map(Step::Remove),
            1 => Just(Step::Drain),
        ]
    }

    fn sorted(shards: &Shards<u16, u8>) -> Vec<(u16, u8)> {
        let mut all: Vec<_> = shards.iter().map(|(key, value)| (*key, *value)).collect();
        all.sort_unstable();
        all
    }

    proptest! {
        #[test]
        fn it_is_a_map_and_copies_stay_as_they_were(steps in prop::collection::vec((step(), prop::bool::weighted(0.1)), 1..200)) {
            let (mut shards, mut model) = (Shards::default(), BTreeMap::new());
            let mut copies = Vec::new();
            for (step, copy) in steps {
                if copy {
                    copies.push((shards.clone(), sorted(&shards)));
                }
                match step {
                    Step::Insert(key, value) => {
                        shards.insert(key, value);
                        model.insert(key, value);
                    }
                    Step::Add(key) => {
                        let (ours, theirs) = (shards.get_mut(&key), model.get_mut(&key));
                        prop_assert_eq!(&ours, &theirs);
                        for value in ours.into_iter().chain(theirs) {
                            *value = value.wrapping_add(1);
                        }
                        prop_assert_eq!(shards.get(&key), model.get(&key));
                    }
                    Step::Remove(key) => prop_assert_eq!(shards.remove_entry(&key), model.remove_entry(&key)),
                    Step::Drain => {
                        let drained: BTreeMap<u16, u8> = shards.drain().collect();
                        prop_assert_eq!(drained, std::mem::take(&mut model));
                    }
                }
                prop_assert_eq!(shards.len(), model.len());
                prop_assert!(sorted(&shards) == model.clone().into_iter().collect::<Vec<_>>());
            }
            for (copy, before) in copies {
                prop_assert_eq!(sorted(&copy), before);
            }
        }
    }
}
