//! Distinct tags in a sliding window: exact while they are few, a level sample beyond.
//!
//! The sample keeps the tags whose hash begins with L zero bits and counts each 2^L times: adaptive sampling (Wegman;
//! analysed by Flajolet, "On adaptive sampling", Computing 43, 1990). Tags are SipHash values, so they are the hash.

use super::RETAINED_LATENESS;
use super::seen::SeenTime;
use super::slices::{Seconds, first_slice, slice_of};
use crate::core::incident::Window;
use crate::core::time::EventTime;
use crate::core::units::Tag;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Up to so many tags a window's counts are exact.
pub const EXACT_UP_TO: usize = 4_096;
const MAX_LEVEL: u32 = 63;

/// Distinct tags with the times they were seen, over one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "S: Serialize", deserialize = "S: Deserialize<'de>"))]
pub struct Distinct<S> {
    window: Window,
    capacity: u32,
    level: u32,
    #[serde(with = "sorted_by_tag")]
    seen: HashMap<u64, S, FxBuildHasher>,
    /// How many kept tags were last seen in a slice, oldest first; no slice before the window's first.
    last_seen: VecDeque<(i64, u32)>,
    inside: u32,
    newest: Seconds,
}

impl<S: SeenTime> Distinct<S> {
    /// An empty count over `window` that keeps at most `capacity` tags.
    pub fn new(window: Window, capacity: usize) -> Self {
        Self {
            window,
            capacity: u32::try_from(capacity).unwrap_or(u32::MAX),
            level: 0,
            seen: HashMap::default(),
            last_seen: VecDeque::new(),
            inside: 0,
            newest: Seconds::default(),
        }
    }

    /// Counts `tag` at `time`; later and earlier times than before are both fine.
    pub fn observe(&mut self, tag: Tag, time: EventTime) {
        let at = Seconds::of(time);
        if at > self.newest {
            self.newest = at;
            self.expire();
        }
        if !self.in_sample(tag) {
            return;
        }
        match self.seen.entry(tag.0) {
            hashbrown::hash_map::Entry::Occupied(mut entry) => {
                let before = entry.get().last();
                entry.get_mut().observe(at);
                if at > before {
                    self.moved(before, at);
                }
            }
            hashbrown::hash_map::Entry::Vacant(entry) => {
                entry.insert(S::once(at));
                self.added(at);
                if self.seen.len() > self.capacity as usize {
                    self.shrink();
                }
            }
        }
    }

    /// Raises the sample's level to at least `level`, so that this set can be compared with another's sample.
    pub fn raise_level(&mut self, level: u32) {
        if level > self.level {
            self.level = level.min(MAX_LEVEL);
            let level = self.level;
            self.seen.retain(|tag, _| tag.leading_zeros() >= level);
            self.recount();
        }
    }

    /// The sample's level: 0 is exact, and a kept tag stands for 2^level.
    pub const fn level(&self) -> u32 {
        self.level
    }

    /// Whether a tag would be kept.
    pub const fn in_sample(&self, tag: Tag) -> bool {
        tag.0.leading_zeros() >= self.level
    }

    /// The estimated count in the window that ends at the newest time observed.
    pub fn current(&self) -> u64 {
        u64::from(self.inside) << self.level
    }

    /// The estimated count in the window that ends at `time`, which is not before the newest time observed.
    pub fn count_after(&self, time: EventTime) -> u64 {
        let first = first_slice(self.window, time).0;
        if first == self.first() {
            return self.current();
        }
        let inside = self.last_seen.iter().rev().take_while(|(slice, _)| *slice >= first);
        inside.map(|(_, count)| u64::from(*count)).sum::<u64>() << self.level
    }

    /// The window it was made for.
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The newest time observed.
    pub fn newest(&self) -> EventTime {
        self.newest.start()
    }

    /// An upper bound of the count in any window that ends at `time` or later, and not after the newest time.
    pub fn bound_from(&self, time: EventTime) -> u64 {
        if first_slice(self.window, time) >= first_slice(self.window, self.newest.start()) {
            return self.current();
        }
        (self.seen.len() as u64) << self.level
    }

    /// The estimated count in the window of length `window` that ends at `time`, by a scan.
    pub fn count_at(&self, window: Window, time: EventTime) -> u64 {
        let first = first_slice(window, time);
        let at = Seconds::of(time);
        let counts = |seen: &&S| seen.latest_until(at).is_some_and(|latest| slice_of(window, latest.start()) >= first);
        (self.seen.values().filter(counts).count() as u64) << self.level
    }

    /// Whether `tag` was seen in the time from `from` to `to`, both included; `None` if the sample cannot tell.
    pub fn seen_between(&self, tag: Tag, from: EventTime, to: EventTime) -> Option<Seconds> {
        let found = self.seen.get(&tag.0)?.latest_until(Seconds::of(to))?;
        (found >= Seconds::of(from)).then_some(found)
    }

    /// Drops tags last seen before `horizon`. Counts of windows that end at `horizon` + the window or later stay as
    /// they are.
    pub fn forget_before(&mut self, horizon: EventTime) {
        let horizon = Seconds::of(horizon);
        self.seen.retain(|_, seen| seen.last() >= horizon);
        if self.seen.is_empty() {
            self.level = 0;
            self.seen = HashMap::default();
        }
    }

    /// Tags kept.
    pub fn kept(&self) -> usize {
        self.seen.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// The relative standard error of an estimate of `count`: 0 where counts are exact.
    pub fn relative_error(&self, count: u64) -> f64 {
        if self.level == 0 || count == 0 {
            return 0.0;
        }
        // Each of `count` tags is kept with probability p = 2^-level: Var = count (1-p)/p.
        let weight = exact_f64(1 << self.level);
        ((weight - 1.0) / exact_f64(count)).sqrt()
    }

    fn shrink(&mut self) {
        let horizon = self.newest.start().minus(self.window.length()).minus(RETAINED_LATENESS);
        self.forget_before(horizon);
        while self.seen.len() > self.capacity as usize && self.level < MAX_LEVEL {
            self.raise_level(self.level + 1);
        }
    }

    fn moved(&mut self, from: Seconds, to: Seconds) {
        let (from, to) = (self.slice(from), self.slice(to));
        if from == to {
            return;
        }
        if let Ok(at) = self.last_seen.binary_search_by_key(&from, |(slice, _)| *slice) {
            self.last_seen[at].1 -= 1;
            self.inside -= 1;
        }
        self.add_to_slice(to);
    }

    fn added(&mut self, at: Seconds) {
        self.add_to_slice(self.slice(at));
    }

    fn add_to_slice(&mut self, slice: i64) {
        if slice < self.first() {
            return;
        }
        self.inside += 1;
        match self.last_seen.binary_search_by_key(&slice, |(slice, _)| *slice) {
            Ok(at) => self.last_seen[at].1 += 1,
            Err(at) => self.last_seen.insert(at, (slice, 1)),
        }
    }

    fn expire(&mut self) {
        let first = self.first();
        while let Some((slice, count)) = self.last_seen.front().copied()
            && slice < first
        {
            self.inside -= count;
            self.last_seen.pop_front();
        }
    }

    fn recount(&mut self) {
        self.last_seen.clear();
        self.inside = 0;
        let mut slices: Vec<i64> = self.seen.values().map(|seen| self.slice(seen.last())).collect();
        slices.sort_unstable();
        for slice in slices {
            self.add_to_slice(slice);
        }
    }

    fn slice(&self, at: Seconds) -> i64 {
        slice_of(self.window, at.start()).0
    }

    fn first(&self) -> i64 {
        first_slice(self.window, self.newest.start()).0
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
const fn exact_f64(count: u64) -> f64 {
    count as f64
}

/// Equal maps are written as equal bytes.
mod sorted_by_tag {
    use hashbrown::HashMap;
    use rustc_hash::FxBuildHasher;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(
        map: &HashMap<u64, T, FxBuildHasher>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_unstable_by_key(|(tag, _)| **tag);
        serializer.collect_seq(entries)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<HashMap<u64, T, FxBuildHasher>, D::Error> {
        Ok(Vec::<(u64, T)>::deserialize(deserializer)?.into_iter().collect())
    }
}
