//! Times as tests write them: on one of the test's own days, or in RFC 3339.

use crate::core::time::{EventTime, Millis};

/// What is said of a time that cannot be read.
pub(super) const EXPECTED: &str = "expected `HH:MM`, `HH:MM:SS`, `dN HH:MM` or an RFC 3339 time";

/// The first day of every test: Monday, 2012-05-07.
const DAY_ONE: EventTime = EventTime::MIN.plus(Millis::from_days(15_467));
/// The last day that has a number.
const MAX_DAY: i64 = 1_000;

/// A time, as precise as it was written: `10:24` is a minute, `10:24:30` a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    start: EventTime,
    length: Millis,
}

impl Moment {
    /// Reads `10:24`, `10:24:30`, `d2 10:24` (the test's second day) or an RFC 3339 time.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(start) = EventTime::parse_rfc3339(text) {
            return Some(Self { start, length: Millis::new(1) });
        }
        let (day, clock) = match text.strip_prefix('d') {
            None => (1, text),
            Some(rest) => {
                let (day, clock) = rest.split_once(' ')?;
                (day.parse().ok().filter(|day| (1..=MAX_DAY).contains(day))?, clock.trim_start())
            }
        };
        let (of_day, length) = time_of_day(clock)?;
        Some(Self { start: DAY_ONE.plus(Millis::from_days(day - 1)).plus(of_day), length })
    }

    /// Its beginning.
    pub const fn start(self) -> EventTime {
        self.start
    }

    /// Whether `time` lies in it.
    pub fn holds(self, time: EventTime) -> bool {
        (self.start..self.start.plus(self.length)).contains(&time)
    }
}

/// The time since midnight, and how precisely it is told.
fn time_of_day(clock: &str) -> Option<(Millis, Millis)> {
    let parts: Vec<i64> = clock.split(':').map(two_digits).collect::<Option<_>>()?;
    let (hour, minute, second, length) = match parts[..] {
        [hour, minute] => (hour, minute, 0, Millis::from_mins(1)),
        [hour, minute, second] => (hour, minute, second, Millis::from_secs(1)),
        _ => return None,
    };
    let inside = hour < 24 && minute < 60 && second < 60;
    inside.then(|| (Millis::from_secs((hour * 60 + minute) * 60 + second), length))
}

fn two_digits(text: &str) -> Option<i64> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// `time` as a test would write it; in RFC 3339 where it lies on none of the test's days.
pub(super) fn spoken(time: EventTime) -> String {
    let since = time.since(DAY_ONE).as_millis();
    let day = since.div_euclid(Millis::from_days(1).as_millis()) + 1;
    if !(1..=MAX_DAY).contains(&day) {
        return time.to_string();
    }
    let day = if day == 1 { String::new() } else { format!("d{day} ") };
    let (seconds, ms) = (since / 1_000, since % 1_000);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    match (second, ms) {
        (0, 0) => format!("{day}{hour:02}:{minute:02}"),
        (_, 0) => format!("{day}{hour:02}:{minute:02}:{second:02}"),
        (_, _) => format!("{day}{hour:02}:{minute:02}:{second:02}.{ms:03}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_the_tests_days_or_rfc_3339() {
        for (text, time, shown) in [
            ("10:24", "2012-05-07T10:24:00.000Z", "10:24"),
            ("d1 00:00:59", "2012-05-07T00:00:59.000Z", "00:00:59"),
            ("d30 23:59", "2012-06-05T23:59:00.000Z", "d30 23:59"),
            ("2012-05-08T01:00:00.5+01:00", "2012-05-08T00:00:00.500Z", "d2 00:00:00.500"),
            ("2012-05-06T10:00:00Z", "2012-05-06T10:00:00.000Z", "2012-05-06T10:00:00.000Z"),
        ] {
            let moment = Moment::parse(text).expect(text);
            assert_eq!(moment.start().to_string(), time);
            assert_eq!(spoken(moment.start()), shown);
        }
        for wrong in
            ["", "10", "1:00", "24:00", "10:60", "10:00:60", "10:00:00:00", "d0 10:00", "d1", "d1x 10:00", "-1:00"]
        {
            assert_eq!(Moment::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_as_long_as_it_is_precise() {
        for (text, inside, outside) in [("10:24", 59_999, 60_000), ("10:24:00", 999, 1_000)] {
            let moment = Moment::parse(text).expect(text);
            assert!(moment.holds(moment.start()) && moment.holds(moment.start().plus(Millis::new(inside))));
            assert!(!moment.holds(moment.start().plus(Millis::new(outside))));
            assert!(!moment.holds(moment.start().minus(Millis::new(1))));
        }
    }
}
