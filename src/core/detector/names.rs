//! The few objects or destinations that an actor touches most: Space-Saving over two UTC days
//! (Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements", 2005).

use crate::core::incident::NamedCount;
use crate::core::time::EventTime;
use serde::{Deserialize, Serialize};

/// Names kept a day.
const CAPACITY: usize = 8;
/// Names reported.
const REPORTED: usize = 5;
/// Longer names are cut.
const MAX_NAME_BYTES: usize = 200;
const DAY_MS: i64 = 86_400_000;

/// Today's and yesterday's names with their counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct TopNames {
    day: i64,
    today: Vec<(Box<str>, u64)>,
    yesterday: Vec<(Box<str>, u64)>,
}

impl TopNames {
    /// Counts `name` once.
    pub fn add(&mut self, name: &str, time: EventTime) {
        let name = &name[..name.floor_char_boundary(MAX_NAME_BYTES)];
        let day = time.as_millis().div_euclid(DAY_MS);
        if day > self.day {
            let today = std::mem::take(&mut self.today);
            self.yesterday = if day == self.day + 1 { today } else { Vec::new() };
            self.day = day;
        }
        let list = if day < self.day { &mut self.yesterday } else { &mut self.today };
        if let Some(known) = list.iter_mut().find(|(known, _)| &**known == name) {
            known.1 += 1;
        } else if list.len() < CAPACITY {
            list.push((name.into(), 1));
        } else if let Some(rarest) = list.iter_mut().min_by_key(|(_, count)| *count) {
            *rarest = (name.into(), rarest.1 + 1);
        }
    }

    /// The most frequent, most frequent first, ties by name.
    pub fn top(&self) -> Vec<NamedCount> {
        let mut names: Vec<NamedCount> = Vec::new();
        for (name, count) in self.today.iter().chain(&self.yesterday) {
            match names.iter_mut().find(|known| *known.name == **name) {
                Some(known) => known.count += count,
                None => names.push(NamedCount { name: name.to_string(), count: *count }),
            }
        }
        names.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        names.truncate(REPORTED);
        names
    }
}
