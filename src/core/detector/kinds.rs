//! Distinct tags, one count a kind: the figure is the largest kind's, hence a lower bound of customers.

use crate::core::incident::Window;
use crate::core::time::EventTime;
use crate::core::units::Tag;
use crate::core::window::{Distinct, LastOnly, Recent, Seconds, SeenTime};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A kind's number in [`super::Detector`]'s table of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct KindId(pub u8);

/// Distinct tags over one window, with as much history as the window needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Tags {
    Recent(Distinct<Recent>),
    Long(Distinct<LastOnly>),
}

macro_rules! either {
    ($tags:expr, $inner:ident => $do:expr) => {
        match $tags {
            Tags::Recent($inner) => $do,
            Tags::Long($inner) => $do,
        }
    };
}

impl Tags {
    pub fn new(windows: &[Window], capacity: usize) -> Self {
        if needs_minutes(windows) {
            Self::Recent(Distinct::new(windows, capacity))
        } else {
            Self::Long(Distinct::new(windows, capacity))
        }
    }

    pub fn observe(&mut self, tag: Tag, time: EventTime) {
        either!(self, inner => inner.observe(tag, time));
    }

    /// The count in the window of its own length that ends at `time`.
    pub fn count(&self, window: Window, time: EventTime) -> u64 {
        either!(self, inner => inner.count(window, time))
    }

    pub fn bound_from(&self, window: Window, time: EventTime) -> u64 {
        either!(self, inner => inner.bound_from(window, time))
    }

    /// The same tags over other windows.
    fn over(self, windows: &[Window]) -> Self {
        match (self, needs_minutes(windows)) {
            (Self::Recent(tags), true) => Self::Recent(tags.over(windows)),
            (Self::Recent(tags), false) => Self::Long(tags.remembering(windows, |seen| LastOnly::once(seen.last()))),
            (Self::Long(tags), true) => Self::Recent(tags.remembering(windows, |seen| Recent::once(seen.last()))),
            (Self::Long(tags), false) => Self::Long(tags.over(windows)),
        }
    }

    pub fn newest(&self) -> EventTime {
        either!(self, inner => inner.newest())
    }

    pub fn level(&self) -> u32 {
        either!(self, inner => inner.level())
    }

    pub fn raise_level(&mut self, level: u32) {
        either!(self, inner => inner.raise_level(level));
    }

    pub fn seen_between(&self, tag: Tag, from: EventTime, to: EventTime) -> Option<Seconds> {
        either!(self, inner => inner.seen_between(tag, from, to))
    }

    pub fn forget_before(&mut self, horizon: EventTime) {
        either!(self, inner => inner.forget_before(horizon));
    }

    pub fn kept(&self) -> usize {
        either!(self, inner => inner.kept())
    }

    pub fn relative_error(&self, count: u64) -> f64 {
        either!(self, inner => inner.relative_error(count))
    }
}

/// Windows up to a day have slices shorter than the lateness: a late event asks for minutes.
fn needs_minutes(windows: &[Window]) -> bool {
    windows.iter().any(|window| *window <= Window::Day)
}

/// One [`Tags`] a kind. Nothing is kept in place: of a stream's six most are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Kinds(SmallVec<[(KindId, Tags); 0]>);

impl Kinds {
    pub fn get(&self, kind: KindId) -> Option<&Tags> {
        self.0.iter().find(|(known, _)| *known == kind).map(|(_, tags)| tags)
    }

    pub fn get_or_insert(&mut self, kind: KindId, windows: &[Window], capacity: usize) -> &mut Tags {
        let at = self.0.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
            self.0.push((kind, Tags::new(windows, capacity)));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    pub fn iter(&self) -> impl Iterator<Item = (KindId, &Tags)> {
        self.0.iter().map(|(kind, tags)| (*kind, tags))
    }

    /// The largest kind's count in the window that ends at `time`.
    pub fn largest(&self, window: Window, time: EventTime) -> u64 {
        self.iter().map(|(_, tags)| tags.count(window, time)).max().unwrap_or(0)
    }

    pub fn bound_from(&self, window: Window, time: EventTime) -> u64 {
        self.iter().map(|(_, tags)| tags.bound_from(window, time)).max().unwrap_or(0)
    }

    /// The same tags over other windows.
    pub fn over(self, windows: &[Window]) -> Self {
        Self(self.0.into_iter().map(|(kind, tags)| (kind, tags.over(windows))).collect())
    }

    pub fn newest(&self) -> Option<EventTime> {
        self.iter().map(|(_, tags)| tags.newest()).max()
    }

    /// The largest relative standard error among the kinds, for counts as they are now.
    pub fn relative_error(&self, window: Window, time: EventTime) -> f64 {
        self.iter().map(|(_, tags)| tags.relative_error(tags.count(window, time))).fold(0.0, f64::max)
    }

    pub fn forget_before(&mut self, horizon: EventTime) {
        for (_, tags) in &mut self.0 {
            tags.forget_before(horizon);
        }
        self.0.retain(|(_, tags)| tags.kept() > 0);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn kept(&self) -> usize {
        self.0.iter().map(|(_, tags)| tags.kept()).sum()
    }
}
