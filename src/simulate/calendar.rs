//! The simulated span, in hours of local time.

use crate::core::time::{EventTime, Millis};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// The span to simulate, and where its people live.
#[derive(Clone, Debug)]
pub struct Calendar {
    start: EventTime,
    end: EventTime,
    zone: TimeZone,
}

/// A day of the local calendar, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalDay(pub i64);

/// An hour of the local clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalHour {
    /// When it begins.
    pub start: EventTime,
    /// The day it belongs to.
    pub day: LocalDay,
    /// 0 to 23.
    pub hour: u8,
}

impl LocalDay {
    /// 0 is Monday, 6 is Sunday.
    pub fn weekday(self) -> u8 {
        (self.0 + 3).rem_euclid(7) as u8
    }

    /// Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        self.weekday() >= 5
    }

    /// The day of the month, from 1, and how many days that month has.
    pub fn day_of_month(self) -> (u8, u8) {
        let date = Timestamp::from_millisecond(self.0 * DAY_MS).map(|at| TimeZone::UTC.to_datetime(at).date());
        date.map_or((1, 30), |date| (date.day() as u8, date.days_in_month() as u8))
    }
}

impl Calendar {
    /// `days` days from `start` on, for people in `zone`.
    pub fn new(start: EventTime, days: u32, zone: TimeZone) -> Self {
        Self { start, end: start.plus(Millis::from_days(i64::from(days))), zone }
    }

    /// The first instant simulated.
    pub fn start(&self) -> EventTime {
        self.start
    }

    /// The first instant after the span.
    pub fn end(&self) -> EventTime {
        self.end
    }

    /// Whether `at` lies in the span.
    pub fn holds(&self, at: EventTime) -> bool {
        (self.start..self.end).contains(&at)
    }

    /// The local hour of `at`.
    pub fn local_hour(&self, at: EventTime) -> LocalHour {
        let local = at.as_millis() + self.offset_ms(at);
        let start = EventTime::MIN.plus(Millis::new(at.as_millis().div_euclid(HOUR_MS) * HOUR_MS));
        LocalHour { start, day: LocalDay(local.div_euclid(DAY_MS)), hour: (local.rem_euclid(DAY_MS) / HOUR_MS) as u8 }
    }

    /// Every hour that touches the span, in order.
    pub fn hours(&self) -> impl Iterator<Item = LocalHour> + '_ {
        let first = self.start.as_millis().div_euclid(HOUR_MS);
        let last = self.end.as_millis().div_euclid(HOUR_MS);
        (first..=last)
            .map(|hour| EventTime::MIN.plus(Millis::new(hour * HOUR_MS)))
            .filter(|at| *at < self.end)
            .map(|at| self.local_hour(at))
    }

    /// Local midnight at the beginning of `day`.
    pub fn midnight(&self, day: LocalDay) -> EventTime {
        let guess = EventTime::MIN.plus(Millis::new(day.0 * DAY_MS));
        guess.minus(Millis::new(self.offset_ms(guess)))
    }

    /// The local days whose noon lies in the span; where there is none, the day of the start.
    pub fn days(&self) -> Vec<LocalDay> {
        let (first, last) = (self.local_hour(self.start).day.0, self.local_hour(self.end).day.0);
        let noon = |day: &LocalDay| self.midnight(*day).plus(Millis::from_hours(12));
        let days: Vec<_> = (first..=last).map(LocalDay).filter(|day| self.holds(noon(day))).collect();
        if days.is_empty() { vec![LocalDay(first)] } else { days }
    }

    fn offset_ms(&self, at: EventTime) -> i64 {
        let timestamp = Timestamp::from_millisecond(at.as_millis());
        timestamp.map_or(0, |timestamp| i64::from(self.zone.to_offset(timestamp).seconds()) * 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_are_local() {
        let start = EventTime::parse_rfc3339("2012-05-07T00:00:00Z").expect("a valid time");
        let calendar = Calendar::new(start, 7, TimeZone::fixed(jiff::tz::offset(8)));
        let first = calendar.local_hour(start);
        assert_eq!((first.hour, first.day.weekday(), first.day.day_of_month()), (8, 0, (7, 31)));
        assert_eq!(calendar.midnight(first.day).to_string(), "2012-05-06T16:00:00.000Z");
        assert_eq!(calendar.hours().count(), 168);
        let weekend = calendar.days().iter().filter(|day| day.is_weekend()).count();
        assert_eq!((calendar.days().len(), weekend), (7, 2));
    }
}
