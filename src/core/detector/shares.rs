//! Who takes part in what an entity shared by several actors counts, and how much.

use super::baseline::day_of;
use super::figures::exact;
use super::kinds::Kinds;
use super::recent::{Entry, Recent};
use super::shared::Shared;
use super::stream::SeenTag;
use crate::core::incident::Window;
use crate::core::time::EventTime;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// Actors told apart; beyond, the one that was not seen for longest is forgotten.
const CAPACITY: usize = 4_096;
/// Customers of one actor that are told apart; beyond, a sample counts them.
const EACH_EXACT_UP_TO: usize = 256;
/// An incident names so many.
const NAMED: usize = 100;

/// One actor's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Share {
    name: Box<str>,
    newest: EventTime,
    /// Events by UTC day.
    days: SmallVec<[(u32, u64); 1]>,
    customers: Kinds,
    /// Customers that the actor had read before it sent them.
    overlap: Kinds,
}

impl Entry for Shared<Share> {
    type Key = str;

    fn key(&self) -> &str {
        &self.name
    }

    fn last(&self) -> EventTime {
        self.newest
    }
}

/// Everybody's part, in the order of names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Shares(Recent<Shared<Share>, CAPACITY>);

/// What of an actor counts as its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// How often it took part.
    Events,
    /// Distinct customers.
    Customers,
    /// Distinct customers that were read and sent.
    Overlap,
}

impl Shares {
    /// `name` contributes `events` at `time`, with the customers among `tags`; they are counted over `windows`.
    pub fn add(&mut self, windows: &[Window], name: &str, time: EventTime, events: u64, tags: &[SeenTag]) {
        let new = || Shared::new(Share::new(name));
        self.0.meet(name, new, |share| share.to_mut().add(windows, time, events, tags));
    }

    /// How many actors took part in the window that ends at `time`, each with at least `least`.
    pub fn actors(&self, part: Part, window: Window, time: EventTime, least: f64) -> u64 {
        self.within(part, window, time).filter(|(_, count)| exact(*count) >= least).count() as u64
    }

    /// The actors of that window, the largest share first.
    pub fn names(&self, part: Part, window: Window, time: EventTime) -> Vec<String> {
        let mut shares: Vec<(&Share, u64)> = self.within(part, window, time).collect();
        shares.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.name.cmp(&b.0.name)));
        shares.into_iter().take(NAMED).map(|(share, _)| share.name.to_string()).collect()
    }

    /// Whether nobody takes part.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `name` takes part.
    pub fn has(&self, name: &str) -> bool {
        self.0.has(name)
    }

    /// Forgets what was not seen since `horizon`.
    pub fn forget_before(&mut self, horizon: EventTime) {
        let first = day_of(horizon);
        self.0.retain_mut(|share| {
            if share.newest < horizon {
                return false;
            }
            let share = share.to_mut();
            share.days.retain(|(day, _)| *day >= first);
            share.customers.forget_before(horizon);
            share.overlap.forget_before(horizon);
            true
        });
    }

    /// The same parts, counted over other windows.
    pub fn over(self, windows: &[Window]) -> Self {
        let over = |share: Share| Share {
            customers: share.customers.over(windows),
            overlap: share.overlap.over(windows),
            ..share
        };
        Self(self.0.map(|share| Shared::new(over(share.into_owned()))))
    }

    fn within(&self, part: Part, window: Window, time: EventTime) -> impl Iterator<Item = (&Share, u64)> {
        self.0.iter().map(move |share| (&**share, share.count(part, window, time))).filter(|(_, count)| *count > 0)
    }
}

impl Share {
    fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            newest: EventTime::MIN,
            days: SmallVec::new(),
            customers: Kinds::default(),
            overlap: Kinds::default(),
        }
    }

    fn add(&mut self, windows: &[Window], time: EventTime, events: u64, tags: &[SeenTag]) {
        self.newest = self.newest.max(time);
        let day = day_of(time);
        match self.days.iter_mut().find(|(known, _)| *known == day) {
            Some((_, known)) => *known += events,
            None => self.days.push((day, events)),
        }
        for tag in tags.iter().filter(|tag| tag.customer) {
            self.customers.get_or_insert(tag.kind, windows, EACH_EXACT_UP_TO).observe(tag.tag, time);
            if tag.overlap {
                self.overlap.get_or_insert(tag.kind, windows, EACH_EXACT_UP_TO).observe(tag.tag, time);
            }
        }
    }

    /// Events are added up by whole days, for an actor that was seen within the window.
    fn count(&self, part: Part, window: Window, time: EventTime) -> u64 {
        let from = time.minus(window.length());
        match part {
            Part::Events if self.newest <= from => 0,
            Part::Events => {
                let days = day_of(from)..=day_of(time);
                self.days.iter().filter(|(day, _)| days.contains(day)).map(|(_, events)| events).sum()
            }
            // Rows without names are somebody's part, too.
            Part::Customers => self.customers.largest(window, time).max(self.count(Part::Events, window, time).min(1)),
            Part::Overlap => self.overlap.largest(window, time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::detector::kinds::KindId;
    use crate::core::time::Millis;
    use crate::core::units::Tag;

    fn tags(numbers: std::ops::Range<u64>, overlap: bool) -> Vec<SeenTag> {
        let tag = |number: u64| SeenTag {
            kind: KindId(0),
            tag: Tag(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
            customer: true,
            tested: false,
            canary: false,
            overlap,
        };
        numbers.map(tag).collect()
    }

    fn at(hour: i64) -> EventTime {
        EventTime::MIN.plus(Millis::from_days(100)).plus(Millis::from_hours(hour))
    }

    #[test]
    fn the_same_customers_are_one_share_and_what_the_window_has_left_behind_is_none() {
        let windows = [Window::Day, Window::Week];
        let mut shares = Shares::default();
        for hour in [0, 6, 12] {
            shares.add(&windows, "a", at(hour), 1, &tags(0..20, true));
        }
        shares.add(&windows, "b", at(23), 1, &tags(0..5, false));
        let with = |window, hour, least| shares.actors(Part::Overlap, window, at(hour), least);
        assert_eq!((with(Window::Day, 23, 20.0), with(Window::Day, 23, 21.0)), (1, 0));
        assert_eq!(with(Window::Day, 37, 1.0), 0, "a day after the last of them");
        assert_eq!(with(Window::Week, 37, 20.0), 1);
        assert_eq!(shares.names(Part::Customers, Window::Day, at(24)), ["a", "b"]);
        assert_eq!(shares.names(Part::Overlap, Window::Day, at(24)), ["a"], "who read nothing of it");
    }
}
