//! Which snapshots of a partition are kept: the last few, and one a day.

use crate::core::time::EventTime;
use std::collections::BTreeSet;

/// The newest so many are kept.
pub const KEEP_LAST: usize = 3;
/// And the newest of each of the last so many days.
pub const KEEP_DAILY_DAYS: u32 = 31;
const DAY_MS: i64 = 86_400_000;

/// A snapshot, as far as keeping it is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<N> {
    /// Its name.
    pub name: N,
    /// Up to where it goes; the order of age.
    pub offset: u64,
    /// When it was written.
    pub written_at: EventTime,
}

/// The names that may go. Never the newest [`KEEP_LAST`], never the newest of one of the last `keep_days` days that
/// have any.
pub fn superfluous<N: Clone>(mut all: Vec<Kept<N>>, keep_days: u32) -> Vec<N> {
    all.sort_by_key(|kept| std::cmp::Reverse((kept.offset, kept.written_at)));
    let mut days = BTreeSet::new();
    let mut gone = Vec::new();
    for (at, kept) in all.iter().enumerate() {
        let day = kept.written_at.as_millis().div_euclid(DAY_MS);
        let daily = days.len() < keep_days as usize && days.insert(day);
        if at >= KEEP_LAST && !daily {
            gone.push(kept.name.clone());
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::Millis;

    #[test]
    fn the_last_three_and_one_a_day_stay() {
        let start = EventTime::parse_rfc3339("2012-05-01T00:00:00Z").expect("a time");
        let hourly = (0..24 * 40).map(|hour: u64| Kept {
            name: hour,
            offset: hour * 100,
            written_at: start.plus(Millis::from_hours(i64::try_from(hour).expect("small"))),
        });
        let all: Vec<_> = hourly.collect();
        let gone: BTreeSet<u64> = superfluous(all.clone(), KEEP_DAILY_DAYS).into_iter().collect();
        let stay: Vec<u64> = all.iter().map(|kept| kept.name).filter(|name| !gone.contains(name)).collect();
        assert_eq!(stay.len(), 31 + 2, "31 dailies, of which the newest is one of the last three");
        assert_eq!(stay[..2], [24 * 9 + 23, 24 * 10 + 23], "the last of each day");
        assert_eq!(stay[stay.len() - 3..], [957, 958, 959]);
        assert!(superfluous(all[..3].to_vec(), 0).is_empty());
    }
}
