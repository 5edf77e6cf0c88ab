//! Sums over a sliding window, and the first event of each slice as evidence.

use super::slices::{SliceIndex, first_slice, slice_of};
use crate::core::incident::Window;
use crate::core::time::EventTime;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::ops::{AddAssign, SubAssign};

/// What is added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Events.
    pub events: u64,
    /// Records returned, where told.
    pub rows: u64,
    /// Bytes, where told.
    pub bytes: u64,
    /// Records of customers that no identifier names.
    pub unnamed: u64,
    /// Queries whose row count is unknown.
    pub unknown_rows: u64,
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.events = self.events.saturating_add(other.events);
        self.rows = self.rows.saturating_add(other.rows);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.unnamed = self.unnamed.saturating_add(other.unnamed);
        self.unknown_rows = self.unknown_rows.saturating_add(other.unknown_rows);
    }
}

impl SubAssign for Sums {
    fn sub_assign(&mut self, other: Self) {
        self.events = self.events.saturating_sub(other.events);
        self.rows = self.rows.saturating_sub(other.rows);
        self.bytes = self.bytes.saturating_sub(other.bytes);
        self.unnamed = self.unnamed.saturating_sub(other.unnamed);
        self.unknown_rows = self.unknown_rows.saturating_sub(other.unknown_rows);
    }
}

/// An event as evidence: when, and the producer's own id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When it happened.
    pub time: EventTime,
    /// The producer's id, cut to [`Mark::MAX_ID_BYTES`].
    pub id: Option<Box<str>>,
}

impl Mark {
    /// Longer ids are cut: evidence must not be a way to fill memory.
    pub const MAX_ID_BYTES: usize = 128;

    /// Marks the event `id` at `time`.
    pub fn new(time: EventTime, id: Option<&str>) -> Self {
        let cut = |id: &str| id[..id.floor_char_boundary(Self::MAX_ID_BYTES)].into();
        Self { time, id: id.map(cut) }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Slice {
    index: SliceIndex,
    sums: Sums,
    first: Mark,
}

/// Sums by slice; only slices with events take memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SumRing {
    window: Window,
    slices: VecDeque<Slice>,
    /// Slices at the front that lie before the newest window, kept for late events.
    before: u32,
    inside: Sums,
    newest: EventTime,
}

impl SumRing {
    /// Nothing yet, over `window`.
    pub fn new(window: Window) -> Self {
        Self { window, slices: VecDeque::new(), before: 0, inside: Sums::default(), newest: EventTime::MIN }
    }

    /// The window.
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The newest time added.
    pub const fn newest(&self) -> EventTime {
        self.newest
    }

    /// Whether nothing was added yet.
    pub fn is_new(&self) -> bool {
        self.newest == EventTime::MIN && self.slices.is_empty()
    }

    /// Adds what one event at `time` brings; `id` is the producer's.
    pub fn add(&mut self, time: EventTime, sums: Sums, id: Option<&str>) {
        if time > self.newest {
            self.newest = time;
            self.expire();
        }
        let index = slice_of(self.window, time);
        if index < self.oldest_kept() {
            return;
        }
        if index >= first_slice(self.window, self.newest) {
            self.inside += sums;
        }
        match self.place(index) {
            Ok(at) => {
                let slice = &mut self.slices[at];
                slice.sums += sums;
                if time < slice.first.time {
                    slice.first = Mark::new(time, id);
                }
            }
            Err(at) => self.insert(at, Slice { index, sums, first: Mark::new(time, id) }),
        }
    }

    /// The sums in the window that ends at the newest time.
    pub const fn current(&self) -> Sums {
        self.inside
    }

    /// The sums in the window that ends at `time`.
    pub fn at(&self, time: EventTime) -> Sums {
        let last = slice_of(self.window, time);
        if last == slice_of(self.window, self.newest) {
            return self.inside;
        }
        self.between(first_slice(self.window, time), last)
    }

    /// The sums in a shorter `window` that ends at `time`, in this ring's slices.
    pub fn at_window(&self, window: Window, time: EventTime) -> Sums {
        if window >= self.window {
            return self.at(time);
        }
        self.between(slice_of(self.window, time.minus(window.length())), slice_of(self.window, time))
    }

    /// An upper bound of the sums of any window that ends at `time` or later.
    pub fn bound_from(&self, time: EventTime) -> Sums {
        self.between(first_slice(self.window, time), slice_of(self.window, self.newest))
    }

    /// The first event in the window that ends at `time`.
    pub fn first_event(&self, time: EventTime) -> Option<&Mark> {
        let first = first_slice(self.window, time);
        self.slices.iter().find(|slice| slice.index >= first).map(|slice| &slice.first)
    }

    /// The slices that hold events, oldest first.
    pub fn occupied(&self) -> impl Iterator<Item = SliceIndex> + '_ {
        self.slices.iter().map(|slice| slice.index)
    }

    fn between(&self, first: SliceIndex, last: SliceIndex) -> Sums {
        let mut total = Sums::default();
        for slice in self.slices.iter().rev().skip_while(|slice| slice.index > last) {
            if slice.index < first {
                break;
            }
            total += slice.sums;
        }
        total
    }

    /// Where a slice is, or belongs: mostly at the end.
    fn place(&self, index: SliceIndex) -> Result<usize, usize> {
        match self.slices.back() {
            Some(last) if last.index == index => Ok(self.slices.len() - 1),
            Some(last) if last.index > index => self.slices.binary_search_by_key(&index, |slice| slice.index),
            Some(_) | None => Err(self.slices.len()),
        }
    }

    fn insert(&mut self, at: usize, slice: Slice) {
        if slice.index < first_slice(self.window, self.newest) {
            self.before += 1;
        }
        // Most rings of most actors hold one slice: the first comes without room for three more.
        if self.slices.capacity() == 0 {
            self.slices.reserve_exact(1);
        }
        self.slices.insert(at, slice);
    }

    fn oldest_kept(&self) -> SliceIndex {
        first_slice(self.window, self.newest.minus(super::RETAINED_LATENESS))
    }

    fn expire(&mut self) {
        let first = first_slice(self.window, self.newest);
        while let Some(slice) = self.slices.get(self.before as usize)
            && slice.index < first
        {
            self.inside -= slice.sums;
            self.before += 1;
        }
        let oldest = self.oldest_kept();
        while self.slices.front().is_some_and(|slice| slice.index < oldest) {
            self.slices.pop_front();
            self.before -= 1;
        }
    }
}
