//! What to simulate, checked.

use super::attacks::AttackRequest;
use super::life::Life;
use crate::core::time::{EventTime, Millis};
use jiff::tz::{TimeZone, offset};
use thiserror::Error;

/// The largest staff that is simulated.
pub const MAX_ACTORS: u32 = 100_000;
/// The smallest customer base: below it, lookups would be repeats.
pub const MIN_CUSTOMERS: u32 = 1_000;
/// The largest customer base: more would run out of identity numbers to hand out.
pub const MAX_CUSTOMERS: u32 = 50_000_000;
/// The longest span, in days.
pub const MAX_DAYS: u32 = 400;
/// How many decoys the base holds.
pub const CANARIES: u32 = 12;

/// The retailer to simulate, and what happens to it.
#[derive(Clone, Debug)]
pub struct SimulateSettings {
    /// Decides every draw: the same settings give the same bytes.
    pub seed: u64,
    /// People at work; services come on top.
    pub actors: u32,
    /// Customers in the database, decoys included.
    pub customers: u32,
    /// The first instant.
    pub start: EventTime,
    /// How many days of 24 hours.
    pub days: u32,
    /// Where the people live, under the zone's IANA name.
    pub zone: Zone,
    /// Whether lines carry `received`.
    pub received: bool,
    /// What ordinary life brings besides ordinary work.
    pub life: Vec<&'static dyn Life>,
    /// The leaks.
    pub attacks: Vec<AttackRequest>,
}

/// A time zone with the name that the directory gives it.
#[derive(Clone, Debug)]
pub struct Zone {
    /// The IANA name.
    pub name: String,
    /// Its rules.
    pub rules: TimeZone,
}

/// A setting that cannot be simulated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// Outside the range of a number.
    #[error("{field} is {found}, expected {from} to {to}")]
    Range {
        /// The setting.
        field: &'static str,
        /// What was given.
        found: u32,
        /// The least.
        from: u32,
        /// The most.
        to: u32,
    },
    /// The span ends after the last time that events can carry.
    #[error("start lies too late, expected a span that ends before the year 10000")]
    Span,
}

impl Zone {
    /// Asia/Shanghai, which has been at UTC+8 without summer time since 1992.
    pub fn shanghai() -> Self {
        Self { name: "Asia/Shanghai".to_owned(), rules: TimeZone::fixed(offset(8)) }
    }
}

impl Default for SimulateSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            actors: 300,
            customers: 100_000,
            start: EventTime::MIN.plus(Millis::from_secs(1_336_348_800)),
            days: 7,
            zone: Zone::shanghai(),
            received: false,
            life: super::life::usual(),
            attacks: Vec::new(),
        }
    }
}

impl SimulateSettings {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`SettingsError`], naming the first setting that is out of range.
    pub fn check(&self) -> Result<(), SettingsError> {
        range("actors", self.actors, 10, MAX_ACTORS)?;
        range("customers", self.customers, MIN_CUSTOMERS, MAX_CUSTOMERS)?;
        range("days", self.days, 1, MAX_DAYS)?;
        let longest = Millis::from_days(i64::from(MAX_DAYS) + 1);
        if self.start < EventTime::MIN || self.start > EventTime::MAX.minus(longest) {
            return Err(SettingsError::Span);
        }
        Ok(())
    }
}

fn range(field: &'static str, found: u32, from: u32, to: u32) -> Result<(), SettingsError> {
    if (from..=to).contains(&found) { Ok(()) } else { Err(SettingsError::Range { field, found, from, to }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_starts_on_a_monday_and_is_valid() {
        let settings = SimulateSettings::default();
        assert_eq!(settings.start.to_string(), "2012-05-07T00:00:00.000Z");
        assert_eq!(settings.check(), Ok(()));
        let tiny = SimulateSettings { customers: 5, ..settings };
        assert_eq!(tiny.check().map_err(|e| e.to_string()), Err("customers is 5, expected 1000 to 50000000".into()));
    }
}
