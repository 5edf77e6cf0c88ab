//! The hours of the week in which an actor is usually active, by the actor's own clock.

use crate::core::time::{EventTime, Millis};
use serde::{Deserialize, Serialize};

const HOURS: usize = 168;
const HOUR_MS: i64 = 3_600_000;
/// An hour of the week that was not seen for so many weeks is unusual again.
const FORGET_WEEKS: u16 = 9;
/// A time of day that is known from so many days of the week is usual on all of them.
const USUAL_DAYS: usize = 3;
/// Nothing is unusual before an actor was watched for so long.
const LEARN: Millis = Millis::from_days(14);

/// Which hours of the week were active, and in which week last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Hours {
    began: EventTime,
    /// The week in which each hour was last active, plus one; 0 is never.
    #[serde(with = "serde_bytes_of_weeks")]
    weeks: Box<[u16; HOURS]>,
    /// Hours since the epoch that are active now and ordinary only from the next day on.
    today: Vec<i64>,
}

impl Hours {
    /// Nothing known, from `time` on.
    pub fn since(time: EventTime) -> Self {
        Self { began: time, weeks: Box::new([0; HOURS]), today: Vec::new() }
    }

    /// Whether `time` lies outside the learned hours; takes note of it.
    pub fn observe(&mut self, time: EventTime, utc_offset_minutes: i16) -> bool {
        let local = time.plus(Millis::from_mins(utc_offset_minutes.into()));
        let hour = local.as_millis().div_euclid(HOUR_MS);
        self.commit(hour);
        if !self.today.contains(&hour) {
            self.today.push(hour);
        }
        time.since(self.began) >= LEARN && !self.is_usual(hour)
    }

    /// The hours of earlier days become ordinary.
    fn commit(&mut self, now: i64) {
        let day = now.div_euclid(24);
        self.today.retain(|hour| {
            let stays = hour.div_euclid(24) >= day;
            if !stays {
                let week = week_of(*hour) + 1;
                let known = &mut self.weeks[slot(*hour)];
                *known = (*known).max(week);
            }
            stays
        });
    }

    /// An hour is usual where it, or the one before or after it, was active in some of the last weeks; or where that time
    /// of day is usual on several other days of the week: who works on a Saturday for once does nothing unusual.
    fn is_usual(&self, hour: i64) -> bool {
        let now = week_of(hour) + 1;
        let is_known = |hour: i64| {
            let week = self.weeks[slot(hour)];
            week > 0 && now.saturating_sub(week) < FORGET_WEEKS
        };
        let around = |day: i64| (-1..=1).any(|by| is_known(hour + day * 24 + by));
        around(0) || (1..7).filter(|day| around(*day)).count() >= USUAL_DAYS
    }
}

fn slot(hour: i64) -> usize {
    usize::try_from(hour.rem_euclid(168)).unwrap_or(0)
}

fn week_of(hour: i64) -> u16 {
    u16::try_from(hour.div_euclid(168).clamp(0, i64::from(u16::MAX) - 1)).unwrap_or(0)
}

/// Arrays of this length have no serde of their own.
mod serde_bytes_of_weeks {
    use super::HOURS;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub fn serialize<S: Serializer>(weeks: &[u16; HOURS], serializer: S) -> Result<S::Ok, S::Error> {
        weeks.as_slice().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<[u16; HOURS]>, D::Error> {
        let weeks = Vec::<u16>::deserialize(deserializer)?;
        weeks.into_boxed_slice().try_into().map_err(|_| de::Error::custom("expected 168 hours"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saturday_for_once_is_usual_at_a_usual_time_of_day() {
        let start = EventTime::parse_rfc3339("2012-05-07T00:00:00Z").expect("a Monday");
        let mut hours = Hours::since(start);
        let at = |day: i64, hour: i64| start.plus(Millis::from_hours(day * 24 + hour));
        for day in (0..19).filter(|day| day % 7 < 5) {
            (9..17).for_each(|hour| assert!(!hours.observe(at(day, hour), 0)));
        }
        assert!(!hours.observe(at(19, 11), 0), "a Saturday morning");
        assert!(hours.observe(at(19, 22), 0), "a Saturday night");
    }

    #[test]
    fn a_night_after_weeks_of_days_is_unusual_and_stays_so_for_its_whole_night() {
        let start = EventTime::parse_rfc3339("2012-05-07T00:00:00Z").expect("a Monday");
        let mut hours = Hours::since(start);
        let at = |day: i64, hour: i64| start.plus(Millis::from_hours(day * 24 + hour));
        for day in 0..21 {
            for hour in 9..17 {
                assert!(!hours.observe(at(day, hour), 0), "day {day}, {hour} h");
            }
        }
        assert!(!hours.observe(at(21, 8), 0), "an hour before the first is usual");
        assert!(hours.observe(at(21, 23), 0));
        assert!(hours.observe(at(21, 23), 0), "the same hour again");
        assert!(!hours.observe(at(28, 23), 0), "a week later it is known");
        assert!(hours.observe(at(28, 3), 0), "03:00 is not");
    }
}
