//! How many tags were last seen in each slice of one window.

use super::slices::{Seconds, first_slice, slice_of};
use crate::core::incident::Window;
use crate::core::time::EventTime;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Counts by slice, oldest first, no slice before the window's first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Ring {
    window: Window,
    slices: VecDeque<(i64, u32)>,
    inside: u32,
    /// The first slice of the window that ends at the newest time.
    first: i64,
}

impl Ring {
    pub const fn new(window: Window) -> Self {
        Self { window, slices: VecDeque::new(), inside: 0, first: i64::MIN }
    }

    pub const fn window(&self) -> Window {
        self.window
    }

    /// The newest time is `newest`: slices that the window has left are dropped.
    pub fn advance(&mut self, newest: Seconds) {
        let first = first_slice(self.window, newest.start()).0;
        if first == self.first {
            return;
        }
        self.first = first;
        while let Some((slice, count)) = self.slices.front().copied()
            && slice < first
        {
            self.inside -= count;
            self.slices.pop_front();
        }
    }

    /// A tag was seen for the first time.
    pub fn added(&mut self, at: Seconds) {
        let slice = self.slice(at);
        if slice < self.first {
            return;
        }
        self.inside += 1;
        match self.slices.back_mut() {
            Some((newest, count)) if *newest == slice => *count += 1,
            Some((newest, _)) if *newest > slice => self.add_before(slice),
            Some(_) => self.slices.push_back((slice, 1)),
            None => {
                // Most rings hold one slice: the first comes without room for three more.
                self.slices.reserve_exact(1);
                self.slices.push_back((slice, 1));
            }
        }
    }

    /// A tag that was last seen at `from` was seen at `to`, which is later.
    pub fn moved(&mut self, from: Seconds, to: Seconds) {
        let slice = self.slice(from);
        if slice == self.slice(to) {
            return;
        }
        if slice >= self.first
            && let Ok(at) = self.slices.binary_search_by_key(&slice, |(slice, _)| *slice)
        {
            self.slices[at].1 -= 1;
            self.inside -= 1;
        }
        self.added(to);
    }

    /// The count in the window that ends at the newest time.
    pub const fn current(&self) -> u32 {
        self.inside
    }

    /// The count in the window that ends at `time`, which is not before the newest time.
    pub fn count_after(&self, time: EventTime) -> u32 {
        let first = first_slice(self.window, time).0;
        if first == self.first {
            return self.inside;
        }
        self.slices.iter().rev().take_while(|(slice, _)| *slice >= first).map(|(_, count)| *count).sum()
    }

    fn add_before(&mut self, slice: i64) {
        match self.slices.binary_search_by_key(&slice, |(slice, _)| *slice) {
            Ok(at) => self.slices[at].1 += 1,
            Err(at) => self.slices.insert(at, (slice, 1)),
        }
    }

    fn slice(&self, at: Seconds) -> i64 {
        slice_of(self.window, at.start()).0
    }
}
