//! Distinct tags in sliding windows: exact while they are few, a level sample beyond.
//!
//! One map from tag to the times it was seen serves every window; a ring of "last seen in this slice" for each of them,
//! moved as tags move, makes each count O(1).
//!
//! The sample keeps the tags whose hash begins with L zero bits and counts each 2^L times: adaptive sampling (Wegman;
//! analysed by Flajolet, "On adaptive sampling", Computing 43, 1990). Tags are SipHash values, so they are the hash.

use super::RETAINED_LATENESS;
use super::ring::Ring;
use super::seen::SeenTime;
use super::slices::{Seconds, first_slice, slice_of};
use crate::core::incident::Window;
use crate::core::time::EventTime;
use crate::core::units::Tag;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// Up to so many tags counts are exact.
pub const EXACT_UP_TO: usize = 8_192;
const MAX_LEVEL: u32 = 63;

/// Distinct tags with the times they were seen, over one or more windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "S: Serialize", deserialize = "S: Deserialize<'de>"))]
pub struct Distinct<S> {
    rings: SmallVec<[Ring; 1]>,
    capacity: u32,
    level: u32,
    #[serde(with = "sorted_by_tag")]
    seen: HashMap<u64, S, FxBuildHasher>,
    newest: Seconds,
}

impl<S: SeenTime> Distinct<S> {
    /// An empty count over `windows` that keeps at most `capacity` tags.
    pub fn new(windows: &[Window], capacity: usize) -> Self {
        Self {
            rings: windows.iter().map(|window| Ring::new(*window)).collect(),
            capacity: u32::try_from(capacity).unwrap_or(u32::MAX),
            level: 0,
            seen: HashMap::default(),
            newest: Seconds::default(),
        }
    }

    /// Counts `tag` at `time`; later and earlier times than before are both fine.
    pub fn observe(&mut self, tag: Tag, time: EventTime) {
        let at = Seconds::of(time);
        if at > self.newest {
            self.newest = at;
            self.rings.iter_mut().for_each(|ring| ring.advance(at));
        }
        if !self.in_sample(tag) {
            return;
        }
        match self.seen.entry(tag.0) {
            hashbrown::hash_map::Entry::Occupied(mut entry) => {
                let before = entry.get().last();
                entry.get_mut().observe(at);
                if at > before {
                    self.rings.iter_mut().for_each(|ring| ring.moved(before, at));
                }
            }
            hashbrown::hash_map::Entry::Vacant(entry) => {
                entry.insert(S::once(at));
                self.rings.iter_mut().for_each(|ring| ring.added(at));
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

    /// The estimated count in `window` that ends at `time`: at once where it is one of the windows and `time` is not
    /// before the newest observed, else by a scan.
    pub fn count(&self, window: Window, time: EventTime) -> u64 {
        let ring = self.ring(window).filter(|_| Seconds::of(time) >= self.newest);
        ring.map_or_else(|| self.count_at(window, time), |ring| u64::from(ring.count_after(time)) << self.level)
    }

    /// The estimated count in the window of length `window` that ends at `time`, by a scan.
    pub fn count_at(&self, window: Window, time: EventTime) -> u64 {
        let first = first_slice(window, time);
        let at = Seconds::of(time);
        let counts = |seen: &&S| seen.latest_until(at).is_some_and(|latest| slice_of(window, latest.start()) >= first);
        (self.seen.values().filter(counts).count() as u64) << self.level
    }

    /// An upper bound of the count in any `window` that ends at `time` or later, and not after the newest time.
    pub fn bound_from(&self, window: Window, time: EventTime) -> u64 {
        let is_newest = first_slice(window, time) >= first_slice(window, self.newest.start());
        let ring = self.ring(window).filter(|_| is_newest);
        ring.map_or(self.seen.len() as u64, |ring| u64::from(ring.current())) << self.level
    }

    /// The newest time observed.
    pub fn newest(&self) -> EventTime {
        self.newest.start()
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

    /// The relative standard error of an estimate of `count`: 0 where counts are exact.
    pub fn relative_error(&self, count: u64) -> f64 {
        if self.level == 0 || count == 0 {
            return 0.0;
        }
        // Each of `count` tags is kept with probability p = 2^-level: Var = count (1-p)/p.
        let weight = exact_f64(1 << self.level);
        ((weight - 1.0) / exact_f64(count)).sqrt()
    }

    /// The same tags, counted over `windows`; what was forgotten stays so.
    #[must_use]
    pub fn over(self, windows: &[Window]) -> Self {
        self.remembering(windows, |seen| seen)
    }

    /// The same tags, counted over `windows`, with another memory of when they were seen.
    pub fn remembering<T: SeenTime>(self, windows: &[Window], each: impl Fn(S) -> T) -> Distinct<T> {
        let seen = self.seen.into_iter().map(|(tag, seen)| (tag, each(seen))).collect();
        let rings = windows.iter().map(|window| Ring::new(*window)).collect();
        let mut other = Distinct { rings, capacity: self.capacity, level: self.level, seen, newest: self.newest };
        other.recount();
        other
    }

    fn ring(&self, window: Window) -> Option<&Ring> {
        self.rings.iter().find(|ring| ring.window() == window)
    }

    fn shrink(&mut self) {
        let longest = self.rings.iter().map(|ring| ring.window().length()).max().unwrap_or_default();
        self.forget_before(self.newest.start().minus(longest).minus(RETAINED_LATENESS));
        while self.seen.len() > self.capacity as usize && self.level < MAX_LEVEL {
            self.raise_level(self.level + 1);
        }
    }

    fn recount(&mut self) {
        let mut lasts: Vec<Seconds> = self.seen.values().map(SeenTime::last).collect();
        lasts.sort_unstable();
        for ring in &mut self.rings {
            *ring = Ring::new(ring.window());
            ring.advance(self.newest);
            for last in &lasts {
                ring.added(*last);
            }
        }
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
