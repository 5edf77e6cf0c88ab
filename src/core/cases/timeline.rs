//! Distinct customers over time: the count that a rule with the same window would have seen at each moment.

use crate::core::activity::{Activity, TagList};
use crate::core::event::EventKind;
use crate::core::incident::Window;
use crate::core::time::{EventTime, Millis};
use crate::core::units::Tag;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;

/// Points of a timeline.
pub const POINTS: i64 = 120;
/// Sightings of customers that a timeline is drawn from, at most; what comes later is left out, and said so.
pub const MAX_SIGHTINGS: usize = 1_000_000;

/// One moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// The end of the window.
    #[serde(with = "super::super::time::rfc3339")]
    pub time: EventTime,
    /// Distinct customers read in the window.
    pub read: usize,
    /// Distinct customers sent in the window.
    pub egressed: usize,
    /// Of those sent in the window, the ones that were read before.
    pub overlap: usize,
}

#[derive(Clone, Copy, Debug)]
struct Sighting {
    time: EventTime,
    kind: EventKind,
    tag: Tag,
}

/// Collects what the actors of a case did, in any order.
#[derive(Debug)]
pub struct Timeline {
    from: EventTime,
    to: EventTime,
    window: Window,
    /// By kind of identifier: the figure is the largest kind's, hence a lower bound.
    sightings: BTreeMap<String, Vec<Sighting>>,
    kept: usize,
    /// Whether something was left out for want of room.
    pub cut: bool,
}

impl Timeline {
    /// From `from` to `to`, each point counting over `window`.
    pub const fn new(from: EventTime, to: EventTime, window: Window) -> Self {
        Self { from, to, window, sightings: BTreeMap::new(), kept: 0, cut: false }
    }

    /// The first time that matters: the beginning of the first point's window.
    pub const fn reads_from(&self) -> EventTime {
        self.from.minus(self.window.length())
    }

    /// Takes up an activity of one of the actors.
    pub fn take(&mut self, activity: &Activity<'_>) {
        if activity.time <= self.reads_from() || activity.time > self.to {
            return;
        }
        for list in &activity.tags {
            self.add(activity, list);
        }
    }

    /// The moments, first to last.
    pub fn points(mut self) -> Vec<Point> {
        let mut points: Vec<Point> = self.ends().map(|time| Point { time, read: 0, egressed: 0, overlap: 0 }).collect();
        for sightings in self.sightings.values_mut() {
            sightings.sort_by_key(|sighting| sighting.time);
            let mut sweep = Sweep::default();
            let mut rest = sightings.iter().peekable();
            for point in &mut points {
                while let Some(sighting) = rest.next_if(|sighting| sighting.time <= point.time) {
                    sweep.see(*sighting);
                }
                sweep.tell(point, point.time.minus(self.window.length()));
            }
        }
        points
    }

    fn add(&mut self, activity: &Activity<'_>, list: &TagList<'_>) {
        let sightings = self.sightings.entry(list.kind.to_owned()).or_default();
        let all = activity.counts_all(list);
        for (_, tag) in list.tags().enumerate().filter(|(at, _)| all || list.is_member(*at)) {
            if self.kept == MAX_SIGHTINGS {
                self.cut = true;
                return;
            }
            self.kept += 1;
            sightings.push(Sighting { time: activity.time, kind: activity.kind, tag });
        }
    }

    fn ends(&self) -> impl Iterator<Item = EventTime> + use<> {
        let (from, length) = (self.from, self.to.since(self.from).as_millis().max(0));
        (0..=POINTS).map(move |at| from.plus(Millis::new(length * at / POINTS)))
    }
}

/// What is known at one moment, in the order of time.
#[derive(Default)]
struct Sweep {
    read: FxHashMap<Tag, EventTime>,
    /// When each was last sent, and whether it had been read before.
    sent: FxHashMap<Tag, (EventTime, bool)>,
}

impl Sweep {
    fn see(&mut self, sighting: Sighting) {
        match sighting.kind {
            EventKind::Query => {
                self.read.insert(sighting.tag, sighting.time);
            }
            EventKind::Egress => {
                let read = self.read.contains_key(&sighting.tag);
                self.sent.insert(sighting.tag, (sighting.time, read));
            }
        }
    }

    fn tell(&self, point: &mut Point, after: EventTime) {
        let sent = || self.sent.values().filter(|(time, _)| *time > after);
        point.read = point.read.max(self.read.values().filter(|time| **time > after).count());
        point.egressed = point.egressed.max(sent().count());
        point.overlap = point.overlap.max(sent().filter(|(_, read)| *read).count());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minute: i64) -> EventTime {
        EventTime::MIN.plus(Millis::from_days(15_000)).plus(Millis::from_mins(minute))
    }

    fn take(timeline: &mut Timeline, kind: EventKind, at: i64, customers: std::ops::Range<u64>) {
        let count = customers.clone().count();
        let tags: Vec<u8> = customers.flat_map(u64::to_le_bytes).collect();
        let members = vec![0xff; count.div_ceil(8)];
        let list = TagList { kind: "phone", tags: &tags, members: &members, canaries: &[] };
        timeline.take(&Activity { time: minute(at), kind, tags: [list].into_iter().collect(), ..Activity::default() });
    }

    #[test]
    fn counts_slide_with_the_window_and_customers_count_once() {
        let mut timeline = Timeline::new(minute(0), minute(120), Window::Hour);
        // The order of arrival does not matter.
        take(&mut timeline, EventKind::Egress, 40, 8..12);
        take(&mut timeline, EventKind::Query, 10, 0..10);
        take(&mut timeline, EventKind::Query, 30, 5..10);
        let points = timeline.points();
        let at = |minute: usize| (points[minute].read, points[minute].egressed, points[minute].overlap);
        assert_eq!(points.len(), 121);
        assert_eq!(at(9), (0, 0, 0));
        assert_eq!(at(40), (10, 4, 2), "of the four that left, two had been read");
        assert_eq!(at(75), (5, 4, 2), "those read at 10 only have left the window");
        assert_eq!(at(110), (0, 0, 0));
    }

    #[test]
    fn who_is_no_customer_does_not_count() {
        let mut timeline = Timeline::new(minute(0), minute(120), Window::Hour);
        let tags: Vec<u8> = (0..3_u64).flat_map(u64::to_le_bytes).collect();
        let list = TagList { kind: "email", tags: &tags, members: &[0b010], canaries: &[] };
        let tags = [list].into_iter().collect();
        timeline.take(&Activity { time: minute(5), kind: EventKind::Query, tags, ..Activity::default() });
        assert_eq!(timeline.points()[6].read, 1);
    }
}
