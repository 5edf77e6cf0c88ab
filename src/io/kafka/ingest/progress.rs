//! How far ingest has come, so that ticks never run ahead of a backlog.

use super::super::consumer::Notes;
use super::super::topics_table::TopicPartition;
use crate::core::time::EventTime;
use crate::io::lifecycle::lock;
use std::collections::HashMap;
use std::sync::Mutex;

/// When the last record handled of each owned source partition was received.
#[derive(Debug, Default)]
pub struct Progress(Mutex<HashMap<TopicPartition, Option<EventTime>>>);

impl Progress {
    /// A partition is owned from here on.
    pub fn adopt(&self, at: TopicPartition) {
        lock(&self.0).insert(at, None);
    }

    /// A partition is no longer owned.
    pub fn release(&self, at: TopicPartition) {
        lock(&self.0).remove(&at);
    }

    /// A record received at `received` was handled.
    pub fn handled(&self, at: TopicPartition, received: EventTime) {
        if let Some(known) = lock(&self.0).get_mut(&at) {
            *known = Some(received);
        }
    }

    /// The time that has surely passed in all owned partitions: `now` where they are read to their ends, else the
    /// earliest one's last record. `None` while that is unknown, or nothing is owned.
    pub fn time(&self, now: EventTime, lag: impl Fn(TopicPartition) -> Option<i64>) -> Option<EventTime> {
        let partitions = lock(&self.0);
        let times = partitions.iter().map(|(at, handled)| match lag(*at) {
            Some(0) => Some(now),
            Some(_) | None => handled.map(|time| time.min(now)),
        });
        times.reduce(Ord::min).flatten()
    }

    /// [`Self::time`], with the lag that the client last noted.
    pub fn time_by_notes(&self, now: EventTime, notes: &Notes) -> Option<EventTime> {
        self.time(now, |at| notes.lag(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::units::Partition;

    #[test]
    fn a_backlog_holds_the_ticks_back_and_the_unknown_stops_them() {
        let at = |n| TopicPartition { partition: Partition(n), ..TopicPartition::default() };
        let time = |ms| EventTime::from_millis(ms);
        let now = EventTime::from_millis(9_000).expect("a time");
        let progress = Progress::default();
        assert_eq!(progress.time(now, |_| Some(0)), None, "nothing is owned");
        progress.adopt(at(0));
        progress.adopt(at(1));
        assert_eq!(progress.time(now, |_| Some(0)), Some(now));
        assert_eq!(progress.time(now, |p| (p == at(0)).then_some(0)), None, "one is unknown");
        progress.handled(at(1), time(4_000).expect("a time"));
        assert_eq!(progress.time(now, |p| Some(i64::from(p == at(1)))), time(4_000));
    }
}
