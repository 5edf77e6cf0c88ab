//! Whether a source tells far less than it used to: whoever cannot turn it off may thin it out.
//!
//! An hour is held against the same hour, and those beside it, of the days before. What was told least in any of them was
//! ordinary, so weekends and holidays are; an hour without any event is silence, which is watched for by itself.

use super::builtin::{Builtin, Notice};
use super::figures::exact;
use super::{Detector, Output};
use crate::core::time::{EventTime, Millis};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

const HOUR_MS: i64 = 3_600_000;
const DAY_HOURS: i64 = 24;
/// Days that are remembered.
const KEPT_DAYS: i64 = 14;
/// Days on which the source told something at an hour before that hour is judged: a weekend is among them.
const LEARNED_DAYS: usize = 7;
/// A source that tells less an hour than this may tell nearly nothing by chance.
const LEAST_USUAL: u64 = 60;
/// Far less: at most this share of the least that was usual.
const FAR_BELOW_PERCENT: u64 = 10;
/// Partitions tell a minute after it is over; an hour is judged this long after its end.
const SETTLED_AFTER: Millis = Millis::from_mins(5);

/// Events of a source by hour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rates {
    /// Hour and events, in the order of hours; those that were judged too few are not kept.
    hours: VecDeque<(i64, u64)>,
    /// The last hour that was judged.
    judged: i64,
}

/// What an hour was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hour {
    /// Ordinary, as far as is known.
    Ordinary,
    /// Far below what is usual.
    Quiet {
        /// What was told.
        events: u64,
        /// The least that was told in such an hour before.
        usual: u64,
    },
}

impl Rates {
    /// Counts events that arrived at `time`.
    pub fn add(&mut self, time: EventTime, events: u64) {
        let hour = hour_of(time);
        match self.hours.iter().rposition(|(at, _)| *at <= hour) {
            Some(place) if self.hours[place].0 == hour => {
                let told = &mut self.hours[place].1;
                *told = told.saturating_add(events);
            }
            place => self.hours.insert(place.map_or(0, |place| place + 1), (hour, events)),
        }
        let newest = self.hours.back().map_or(hour, |(at, _)| *at);
        while self.hours.front().is_some_and(|(at, _)| newest - at > KEPT_DAYS * DAY_HOURS) {
            self.hours.pop_front();
        }
    }

    /// Whether an hour is over at `now` that was not judged.
    pub fn is_due(&self, now: EventTime) -> bool {
        hour_over(now) > self.judged
    }

    /// The hour that is over at `now`, once; `None` where nothing was told in it, or not enough is known.
    pub fn judge(&mut self, now: EventTime) -> Option<Hour> {
        let hour = hour_over(now);
        if hour <= self.judged {
            return None;
        }
        self.judged = hour;
        let events = self.told(hour)?;
        let usual = self.usual(hour)?;
        if events.saturating_mul(100) > usual.saturating_mul(FAR_BELOW_PERCENT) {
            return Some(Hour::Ordinary);
        }
        // What is not ordinary is not learned.
        self.hours.retain(|(at, _)| *at != hour);
        Some(Hour::Quiet { events, usual })
    }

    fn told(&self, hour: i64) -> Option<u64> {
        self.hours.iter().rev().find(|(at, _)| *at == hour).map(|(_, events)| *events)
    }

    /// The least that was told at this hour, or beside it, on the days before; `None` before enough is known, and where
    /// that is too little to judge by.
    fn usual(&self, hour: i64) -> Option<u64> {
        let days = (1..=KEPT_DAYS).map(|day| hour - day * DAY_HOURS);
        let same: Vec<i64> = days.filter(|at| self.told(*at).is_some()).collect();
        if same.len() < LEARNED_DAYS {
            return None;
        }
        let beside = same.iter().flat_map(|at| at - 1..=at + 1).filter_map(|at| self.told(at));
        beside.min().filter(|usual| *usual >= LEAST_USUAL)
    }
}

/// The last hour that is over at `now`, and has been told.
const fn hour_over(now: EventTime) -> i64 {
    hour_of(now.minus(SETTLED_AFTER)) - 1
}

const fn hour_of(time: EventTime) -> i64 {
    time.as_millis().div_euclid(HOUR_MS)
}

impl Detector {
    /// Looks at the hour that is over, of every watched source that is owned here.
    pub(super) fn look_for_quiet(&mut self, now: EventTime, out: &mut Vec<Output>) {
        for (id, hour) in self.sources.judge_hours(now) {
            match hour {
                Hour::Ordinary => self.put_right(Builtin::QuietSource, &id, now, out),
                Hour::Quiet { events, usual } => {
                    let summary = format!(
                        "{id} sent {events} events within an hour in which it never sent less than {usual} before. What is \
                         missing is not seen."
                    );
                    let (observed, threshold) = (exact(events), exact(usual.saturating_mul(FAR_BELOW_PERCENT) / 100));
                    let notice =
                        Notice { builtin: Builtin::QuietSource, id: &id, time: now, observed, threshold, summary };
                    self.raise(notice, out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> EventTime {
        EventTime::from_millis(hour * HOUR_MS).expect("a time")
    }

    /// Tells `events` in every hour of `hours` but those of `quiet`, in which it tells `few`; what was not ordinary.
    fn told(hours: i64, events: impl Fn(i64) -> u64) -> Vec<(i64, Hour)> {
        let mut rates = Rates { judged: -1, ..Rates::default() };
        let mut found = Vec::new();
        for hour in 0..hours {
            if events(hour) > 0 {
                rates.add(at(hour), events(hour));
            }
            let judged = rates.judge(at(hour + 1).plus(SETTLED_AFTER));
            found.extend(judged.filter(|judged| *judged != Hour::Ordinary).map(|judged| (hour, judged)));
            assert_eq!(rates.judge(at(hour + 1).plus(SETTLED_AFTER)), None, "an hour is judged once");
            assert!(rates.hours.len() <= 24 * 14 + 1);
        }
        found
    }

    #[test]
    fn a_thinned_out_source_is_quiet_once_a_week_is_known() {
        let thinned = |from: i64| move |hour: i64| if hour >= from { 50 } else { 1_000 };
        let quiet = Hour::Quiet { events: 50, usual: 1_000 };
        let found = told(24 * 9, thinned(24 * 8));
        assert_eq!(found.len(), 24, "it stays quiet, and is not learned: {found:?}");
        assert!(found.iter().all(|(_, hour)| *hour == quiet), "{found:?}");
        assert_eq!(told(24 * 7, thinned(24 * 6)), [], "a week is not known yet");
    }

    #[test]
    fn weekends_nights_and_silence_are_not_quiet() {
        let day_of = |hour: i64| hour / 24;
        let weekly = |hour: i64| match (day_of(hour) % 7, hour % 24) {
            (5 | 6, 8..20) => 120,
            (_, 8..20) => 1_000,
            (_, _) => 20,
        };
        assert_eq!(told(24 * 28, weekly), []);
        assert_eq!(told(24 * 28, |hour| if day_of(hour) == 9 { 100 } else { weekly(hour) }), [], "a holiday");
        assert_eq!(told(24 * 28, |hour| if (220..226).contains(&hour) { 0 } else { weekly(hour) }), [], "silence");
        let small = |hour: i64| if hour == 200 { 1 } else { 50 };
        assert_eq!(told(24 * 14, small), [], "too small to judge");
        let moved = |hour: i64| weekly(if day_of(hour) > 14 { hour - 1 } else { hour });
        assert_eq!(told(24 * 28, moved), [], "the clocks were set back");
    }
}
