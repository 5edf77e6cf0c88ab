//! The options that an attack takes; each attack has defaults for all of them.

use crate::core::time::{EventTime, Millis};

/// What may be chosen about an attack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttackOptions {
    /// How many customers it touches.
    pub size: Option<u32>,
    /// Who does it, in any spelling.
    pub actor: Option<String>,
    /// How many people take part, where several do.
    pub actors: Option<u32>,
    /// When it begins.
    pub at: Option<Begin>,
    /// How fast.
    pub speed: Option<Speed>,
    /// Where data goes.
    pub destination: Option<String>,
}

/// When an attack begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At an instant.
    At(EventTime),
    /// So long after the simulated span begins.
    After(Millis),
    /// At work on a day of the span; the first is 1.
    OnDay(u32),
}

/// Customers in a span, such as 600 an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed {
    /// How many customers.
    pub customers: u32,
    /// In how long.
    pub each: Millis,
}

impl Begin {
    /// Parses an RFC 3339 time, a span such as `26h` after the start, or a day such as `day3`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(day) = text.strip_prefix("day") {
            return day.parse().ok().filter(|day| *day > 0).map(Self::OnDay);
        }
        EventTime::parse_rfc3339(text).map(Self::At).or_else(|| Millis::parse(text).map(Self::After))
    }
}

impl Speed {
    /// So many customers a minute.
    pub const fn a_minute(customers: u32) -> Self {
        Self { customers, each: Millis::from_mins(1) }
    }

    /// Parses `300/m`, `40/h`, `12/d` or `5/s`; at least one customer.
    pub fn parse(text: &str) -> Option<Self> {
        let (customers, unit) = text.split_once('/')?;
        let customers = customers.parse().ok().filter(|customers| *customers > 0)?;
        let each = match unit {
            "s" => Millis::from_secs(1),
            "m" => Millis::from_mins(1),
            "h" => Millis::from_hours(1),
            "d" => Millis::from_days(1),
            _ => return None,
        };
        Some(Self { customers, each })
    }

    /// How many customers a day; at least one.
    pub fn a_day(self) -> u32 {
        let day = Millis::from_days(1).as_millis();
        ((i64::from(self.customers) * day / self.each.as_millis()) as u32).max(1)
    }

    /// How long `customers` take.
    pub fn time_for(self, customers: u32) -> Millis {
        Millis::new(self.each.as_millis() * i64::from(customers) / i64::from(self.customers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_customers_and_a_unit() {
        assert_eq!(Speed::parse("300/m"), Some(Speed::a_minute(300)));
        assert_eq!(Speed::parse("12/d").map(|speed| speed.time_for(6)), Some(Millis::from_hours(12)));
        for wrong in ["", "300", "/m", "0/m", "300/w", "-1/m", "x/m"] {
            assert_eq!(Speed::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_beginning_is_a_time_a_span_or_a_day() {
        assert_eq!(Begin::parse("26h"), Some(Begin::After(Millis::from_hours(26))));
        assert_eq!(Begin::parse("1970-01-01T00:00:01Z"), Some(Begin::At(EventTime::MIN.plus(Millis::from_secs(1)))));
        assert_eq!(Begin::parse("day3"), Some(Begin::OnDay(3)));
        for wrong in ["tomorrow", "day", "day0", "day-1"] {
            assert_eq!(Begin::parse(wrong), None, "{wrong}");
        }
    }
}
