//! The customers of a test: numbers, handed out in order, that stand for telephone numbers.

use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Customers of one event, at most: more would not fit into a record.
const MAX_AN_EVENT: u32 = 20_000;
/// The highest number.
const MAX_NUMBER: u32 = 1_000_000;

/// Runs of customers' numbers, from 1.
pub(super) type Numbers = Vec<RangeInclusive<u32>>;

/// Whom the numbers stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invented {
    /// A customer: customer 1 is 13800000001.
    Customer,
    /// A decoy: decoy 1 is 13900000001.
    Decoy,
}

impl Invented {
    /// The telephone number of whoever has `number`.
    pub fn phone(self, number: u32) -> String {
        match self {
            Self::Customer => format!("138{number:08}"),
            Self::Decoy => format!("139{number:08}"),
        }
    }
}

/// What `customers` or `canaries` of an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// So many that no event had before.
    Next(u32),
    /// These.
    These(RangeInclusive<u32>),
    /// Those that were saved under a name.
    Saved(String),
}

impl Pick {
    /// Reads `20`, `1..20` or `taken`.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(value: &Value) -> Result<Self, String> {
        let expected = || "expected a number, `a..b` or a saved name".to_owned();
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(expected()),
        };
        if text.is_empty() {
            return Err(expected());
        }
        if let Some((first, last)) = text.split_once("..") {
            let (Ok(first), Ok(last)) = (first.trim().parse(), last.trim().parse()) else { return Err(expected()) };
            return these(first, last);
        }
        if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            let count = text.parse().ok().filter(|count| (1..=MAX_AN_EVENT).contains(count));
            return count.map(Self::Next).ok_or_else(|| format!("expected a whole number from 1 to {MAX_AN_EVENT}"));
        }
        Ok(Self::Saved(text))
    }
}

fn these(first: u32, last: u32) -> Result<Pick, String> {
    let fits = first >= 1 && first <= last && last <= MAX_NUMBER && last - first < MAX_AN_EVENT;
    fits.then_some(Pick::These(first..=last))
        .ok_or_else(|| format!("expected `a..b` from 1 to {MAX_NUMBER}, at most {MAX_AN_EVENT} of them"))
}

/// Who was handed out in one test, and what was saved.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    highest: u32,
    saved: BTreeMap<String, Numbers>,
}

impl Ledger {
    /// Whom `pick` means. "The next" come after the highest number that was used before.
    ///
    /// # Errors
    /// What was expected, where there is no such name or the numbers run out.
    pub fn take(&mut self, pick: &Pick) -> Result<Numbers, String> {
        let taken = match pick {
            Pick::Saved(name) => {
                let saved = self.saved.get(name).cloned();
                return saved.ok_or_else(|| "expected a name that an earlier event saved".to_owned());
            }
            Pick::Next(count) if *count > MAX_NUMBER - self.highest => {
                return Err(format!("expected at most {MAX_NUMBER} customers a test"));
            }
            Pick::Next(count) => self.highest + 1..=self.highest + count,
            Pick::These(numbers) => numbers.clone(),
        };
        self.highest = self.highest.max(*taken.end());
        Ok(vec![taken])
    }

    /// Keeps `numbers` under `name`, beside what is there already.
    pub fn save(&mut self, name: String, numbers: &Numbers) {
        self.saved.entry(name).or_default().extend(numbers.iter().cloned());
    }

    /// The highest number used.
    pub const fn highest(&self) -> u32 {
        self.highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pick_is_a_number_a_range_or_a_name() {
        assert_eq!(Pick::parse(&json!(20)), Ok(Pick::Next(20)));
        assert_eq!(Pick::parse(&json!("20")), Ok(Pick::Next(20)));
        assert_eq!(Pick::parse(&json!("1..20")), Ok(Pick::These(1..=20)));
        assert_eq!(Pick::parse(&json!(" taken ")), Ok(Pick::Saved("taken".into())));
        for wrong in [json!(0), json!(-1), json!(1.5), json!(20_001), json!("0..5"), json!("5..4"), json!("a..b")] {
            assert!(Pick::parse(&wrong).is_err(), "{wrong}");
        }
        for wrong in [json!(null), json!(""), json!([1]), json!("1..1000001"), json!("1..20001"), json!(true)] {
            assert!(Pick::parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_next_are_those_after_the_highest_used() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.take(&Pick::Next(3)), Ok(vec![1..=3]));
        assert_eq!(ledger.take(&Pick::These(2..=9)), Ok(vec![2..=9]));
        assert_eq!(ledger.take(&Pick::Next(1)), Ok(vec![10..=10]));
        assert_eq!(ledger.highest(), 10);
        ledger.highest = MAX_NUMBER;
        assert!(ledger.take(&Pick::Next(1)).is_err());
    }

    #[test]
    fn what_is_saved_under_one_name_adds_up() {
        let mut ledger = Ledger::default();
        let saved = Pick::Saved("taken".into());
        assert!(ledger.take(&saved).is_err());
        for _ in 0..2 {
            let numbers = ledger.take(&Pick::Next(5)).expect("there are enough");
            ledger.save("taken".into(), &numbers);
        }
        assert_eq!(ledger.take(&saved), Ok(vec![1..=5, 6..=10]));
    }
}
