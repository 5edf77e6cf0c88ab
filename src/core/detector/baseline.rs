//! What is ordinary for one entity under one rule: the largest value of the rule's window on each day.

use crate::core::time::{EventTime, Millis};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Days are remembered so long; a longer `history` is cut to it.
const MAX_DAYS: u32 = 31;
const DAY_MS: i64 = 86_400_000;

/// The UTC day that holds `time`, counted from the epoch.
pub fn day_of(time: EventTime) -> u32 {
    u32::try_from(time.as_millis().div_euclid(DAY_MS)).unwrap_or(0)
}

/// An entity's largest values by day. Today's is not ordinary yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Learned {
    first_day: u32,
    today: (u32, f32),
    /// Days before today on which anything was learned, oldest first.
    days: VecDeque<(u32, f32)>,
}

/// What was learned, over a rule's history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Own {
    pub median: f64,
    pub max: f64,
    pub days: u32,
}

impl Learned {
    /// Nothing yet, from the day of `time` on.
    pub fn since(time: EventTime) -> Self {
        let day = day_of(time);
        Self { first_day: day, today: (day, 0.0), days: VecDeque::new() }
    }

    /// Takes note of `value` at `time`.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are plenty for what is ordinary")]
    pub fn learn(&mut self, time: EventTime, value: f64) {
        let (day, value) = (day_of(time), value as f32);
        if day > self.today.0 {
            self.close_before(day);
            self.today = (day, value);
        } else if day == self.today.0 {
            self.today.1 = self.today.1.max(value);
        } else if let Ok(at) = self.days.binary_search_by_key(&day, |(day, _)| *day) {
            self.days[at].1 = self.days[at].1.max(value);
        }
    }

    /// Today is `day`: what came before is ordinary from now on.
    pub fn close_before(&mut self, day: u32) {
        if day <= self.today.0 {
            return;
        }
        if self.today.1 > 0.0 {
            self.days.push_back(self.today);
        }
        self.today = (day, 0.0);
        while self.days.front().is_some_and(|(first, _)| first + MAX_DAYS < day) {
            self.days.pop_front();
        }
    }

    /// What is ordinary on `day`, looking back over `history`; `None` while learning: for `after` since the first day.
    pub fn own(&self, day: u32, history: Millis, after: Millis) -> Option<Own> {
        if i64::from(day.saturating_sub(self.first_day)) < whole_days(after) {
            return None;
        }
        let mut values: Vec<f32> = self.within(day, history).collect();
        values.sort_unstable_by(f32::total_cmp);
        // Whoever was watched and did none of it has an ordinary of 0.
        let max = values.last().copied().unwrap_or_default();
        let median = values.get(values.len() / 2).copied().unwrap_or_default();
        Some(Own { median: median.into(), max: max.into(), days: u32::try_from(values.len()).unwrap_or(u32::MAX) })
    }

    /// Each day on which anything was learned, and its largest value.
    pub fn by_day(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        let all = self.days.iter().chain(std::iter::once(&self.today));
        all.filter(|(_, value)| *value > 0.0).map(|(day, value)| (*day, f64::from(*value)))
    }

    /// The largest value before `day`, over `history`; `None` where nothing was learned.
    pub fn max(&self, day: u32, history: Millis) -> Option<f64> {
        self.within(day, history).max_by(f32::total_cmp).map(f64::from)
    }

    fn within(&self, day: u32, history: Millis) -> impl Iterator<Item = f32> + '_ {
        let from = i64::from(day) - whole_days(history);
        let all = self.days.iter().chain(std::iter::once(&self.today));
        all.filter(move |(at, value)| i64::from(*at) >= from && *at < day && *value > 0.0).map(|(_, value)| *value)
    }
}

const fn whole_days(span: Millis) -> i64 {
    (span.as_millis() + DAY_MS - 1) / DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> EventTime {
        EventTime::MIN.plus(Millis::from_days(day)).plus(Millis::from_hours(9))
    }

    #[test]
    fn today_is_not_ordinary_yet_and_old_days_are_forgotten() {
        let mut learned = Learned::since(at(100));
        for (day, value) in [(100, 10.0), (100, 40.0), (101, 20.0), (103, 30.0), (106, 500.0)] {
            learned.learn(at(day), value);
        }
        let (history, after) = (Millis::from_days(14), Millis::from_days(5));
        assert_eq!(learned.own(104, history, after), None, "still learning");
        assert_eq!(learned.own(106, history, after), Some(Own { median: 30.0, max: 40.0, days: 3 }));
        assert_eq!(learned.own(106, Millis::from_days(5), after), Some(Own { median: 30.0, max: 30.0, days: 2 }));
        assert_eq!(learned.max(107, history), Some(500.0));
        learned.learn(at(140), 1.0);
        assert_eq!(learned.max(140, Millis::from_days(60)), None);
    }

    #[test]
    fn a_late_value_belongs_to_its_own_day() {
        let mut learned = Learned::since(at(100));
        learned.learn(at(100), 10.0);
        learned.learn(at(101), 20.0);
        learned.learn(at(100), 60.0);
        assert_eq!(learned.max(101, Millis::from_days(14)), Some(60.0));
    }
}
