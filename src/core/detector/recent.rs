//! A bounded list that forgets what was not met for longest.

use crate::core::time::EventTime;
use serde::{Deserialize, Deserializer, Serialize};

/// What such a list holds.
pub(super) trait Entry {
    /// What tells entries apart.
    type Key: Ord + ?Sized;
    /// This one's.
    fn key(&self) -> &Self::Key;
    /// When it was last met.
    fn last(&self) -> EventTime;
}

/// At most `CAPACITY` entries, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Recent<T, const CAPACITY: usize>(Vec<T>);

impl<T, const CAPACITY: usize> Default for Recent<T, CAPACITY> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Entry, const CAPACITY: usize> Recent<T, CAPACITY> {
    /// Lets `meet` change the entry of `key`, which is `new` where there was none; then, with too many, forgets the stalest.
    pub fn meet<R>(&mut self, key: &T::Key, new: impl FnOnce() -> T, meet: impl FnOnce(&mut T) -> R) -> R {
        let at = self.0.binary_search_by(|entry| entry.key().cmp(key)).unwrap_or_else(|at| {
            self.0.insert(at, new());
            at
        });
        let met = meet(&mut self.0[at]);
        if self.0.len() > CAPACITY {
            let stalest = self.0.iter().enumerate().min_by_key(|(_, entry)| entry.last()).map(|(at, _)| at);
            self.0.remove(stalest.unwrap_or(at));
        }
        met
    }

    /// Whether there is an entry of `key`.
    pub fn has(&self, key: &T::Key) -> bool {
        self.0.binary_search_by(|entry| entry.key().cmp(key)).is_ok()
    }

    /// Every entry, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// Keeps those of which `keep`, which may change them, says so.
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut T) -> bool) {
        self.0.retain_mut(keep);
    }

    /// The same entries, each changed, in the same order.
    #[must_use]
    pub fn map(self, change: impl FnMut(T) -> T) -> Self {
        Self(self.0.into_iter().map(change).collect())
    }
}

impl<T, const CAPACITY: usize> Recent<T, CAPACITY> {
    /// Whether nothing is remembered.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Earlier builds wrote some of these lists in the order in which their entries had come.
impl<'de, T: Entry + Deserialize<'de>, const CAPACITY: usize> Deserialize<'de> for Recent<T, CAPACITY> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut entries = Vec::<T>::deserialize(deserializer)?;
        entries.sort_by(|a, b| a.key().cmp(b.key()));
        Ok(Self(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::Millis;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Met(u32, EventTime);

    impl Entry for Met {
        type Key = u32;
        fn key(&self) -> &u32 {
            &self.0
        }
        fn last(&self) -> EventTime {
            self.1
        }
    }

    fn minute(minute: i64) -> EventTime {
        EventTime::MIN.plus(Millis::from_mins(minute))
    }

    fn meet(list: &mut Recent<Met, 3>, key: u32, time: i64) {
        list.meet(&key, || Met(key, EventTime::MIN), |met| met.1 = met.1.max(minute(time)));
    }

    #[test]
    fn the_stalest_is_forgotten_also_if_it_has_just_come() {
        let mut list = Recent::<Met, 3>::default();
        for (key, time) in [(9, 10), (1, 20), (5, 30), (9, 40)] {
            meet(&mut list, key, time);
        }
        meet(&mut list, 7, 50);
        assert!(!list.has(&1), "9 was met again");
        meet(&mut list, 2, 5);
        assert_eq!(
            list.iter().map(|met| met.0).collect::<Vec<_>>(),
            [5, 7, 9],
            "later than all others, met before them"
        );
    }

    #[test]
    fn a_list_that_was_written_in_another_order_is_read() {
        let written = postcard::to_stdvec(&vec![Met(9, minute(1)), Met(1, minute(2))]).expect("writes");
        let list: Recent<Met, 3> = postcard::from_bytes(&written).expect("reads");
        assert!(list.has(&1) && list.has(&9));
    }
}
