//! Event time: what decides, instead of any clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// An instant in milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventTime(i64);

/// A length of time in milliseconds; never negative where it configures something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Millis(i64);

impl EventTime {
    /// The earliest time this type accepts from outside: 1970-01-01T00:00:00Z.
    pub const MIN: Self = Self(0);
    /// The latest time this type accepts from outside: 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The ISO 8601 week that holds it in UTC, such as `2012-W19`.
    pub fn iso_week(self) -> String {
        let time = Timestamp::from_millisecond(self.0).unwrap_or_default();
        let week = jiff::tz::Offset::UTC.to_datetime(time).date().iso_week_date();
        format!("{}-W{:02}", week.year(), week.week())
    }

    /// The Monday, 00:00 UTC, of the ISO 8601 week that holds it; may lie before the epoch, which was a Thursday.
    #[must_use]
    pub const fn floor_to_week(self) -> Self {
        let since_monday = (self.0.saturating_add(3 * DAY_MS)).rem_euclid(7 * DAY_MS);
        Self(self.0.saturating_sub(since_monday))
    }

    /// From milliseconds since the Unix epoch, inside [`Self::MIN`]..=[`Self::MAX`].
    pub fn from_millis(ms: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&ms).then_some(Self(ms))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Parses an RFC 3339 timestamp with an offset (`2012-05-01T10:00:00.123+08:00`).
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let timestamp: Timestamp = text.trim().parse().ok()?;
        Self::from_millis(timestamp.as_millisecond())
    }

    /// The time `span` later.
    #[must_use]
    pub const fn plus(self, span: Millis) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The time `span` earlier; may lie before the epoch.
    #[must_use]
    pub const fn minus(self, span: Millis) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// How far `self` lies after `earlier`; negative if it lies before.
    pub const fn since(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }

    /// The start of the minute that holds this time.
    #[must_use]
    pub const fn floor_to_minute(self) -> Self {
        Self(self.0 - self.0.rem_euclid(60_000))
    }
}

impl fmt::Display for EventTime {
    /// RFC 3339 in UTC with milliseconds and `Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clamped = self.0.clamp(-62_135_596_800_000, Self::MAX.0);
        match Timestamp::from_millisecond(clamped) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl Millis {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From milliseconds.
    pub const fn new(ms: i64) -> Self {
        Self(ms)
    }

    /// From seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1_000)
    }

    /// From minutes.
    pub const fn from_mins(minutes: i64) -> Self {
        Self(minutes * 60_000)
    }

    /// From hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self(hours * 3_600_000)
    }

    /// From days of 24 hours.
    pub const fn from_days(days: i64) -> Self {
        Self(days * 86_400_000)
    }

    /// Milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Parses `90s`, `15m`, `1h`, `30d`, `250ms`: a whole number and one unit.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = text[..digits].parse().ok()?;
        let unit = match &text[digits..] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        number.checked_mul(unit).map(Self)
    }
}

impl fmt::Display for Millis {
    /// The shortest of `30d`, `24h`, `15m`, `90s`, `250ms` that is exact; hours up to two days.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0;
        match ms {
            0 => write!(f, "0s"),
            _ if ms % 86_400_000 == 0 && ms > 86_400_000 => write!(f, "{}d", ms / 86_400_000),
            _ if ms % 3_600_000 == 0 => write!(f, "{}h", ms / 3_600_000),
            _ if ms % 60_000 == 0 => write!(f, "{}m", ms / 60_000),
            _ if ms % 1_000 == 0 => write!(f, "{}s", ms / 1_000),
            _ => write!(f, "{ms}ms"),
        }
    }
}

/// Event times as RFC 3339 text, for lines that people and other programs read.
pub mod rfc3339 {
    use super::EventTime;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::borrow::Cow;

    /// Writes `time` as `2012-05-01T10:00:00.000Z`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(time: &EventTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    /// Reads what [`serialize`] wrote, or any other RFC 3339 time.
    ///
    /// # Errors
    /// If the text is not such a time.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventTime, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        EventTime::parse_rfc3339(&text).ok_or_else(|| D::Error::custom("expected an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_as_rfc3339() {
        let time = EventTime::parse_rfc3339("2012-05-01T10:00:00.5+08:00").expect("a valid time");
        assert_eq!(time.to_string(), "2012-05-01T02:00:00.500Z");
        assert_eq!(time.floor_to_minute().to_string(), "2012-05-01T02:00:00.000Z");
        assert_eq!(EventTime::parse_rfc3339("2012-05-01 10:00"), None);
    }

    #[test]
    fn spans_are_a_number_and_a_unit() {
        assert_eq!(Millis::parse("15m"), Some(Millis::from_mins(15)));
        assert_eq!(Millis::parse("30d").map(|s| s.to_string()).as_deref(), Some("30d"));
        assert_eq!(Millis::parse("24h").map(|s| s.to_string()).as_deref(), Some("24h"));
        for wrong in ["", "5", "m", "5 weeks", "-5m", "99999999999999999d"] {
            assert_eq!(Millis::parse(wrong), None, "{wrong}");
        }
    }
}
