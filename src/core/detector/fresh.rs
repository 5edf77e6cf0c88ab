//! Names that an entity meets for the first time.

use super::baseline::day_of;
use crate::core::time::{EventTime, Millis};
use crate::core::units::Tag;
use serde::{Deserialize, Serialize};

/// Names remembered; beyond, the one not met for longest is forgotten.
const CAPACITY: usize = 512;
/// Nothing is new before the entity, and the log, were watched for so long.
pub(super) const LEARN: Millis = Millis::from_days(7);

/// Names met so far, with the day they were last met.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    /// In the order of names' hashes.
    names: Vec<(Tag, u32)>,
}

impl Known {
    /// Whether `name` was never met before; remembers it.
    pub fn is_new(&mut self, name: Tag, time: EventTime) -> bool {
        let day = day_of(time);
        match self.names.binary_search_by_key(&name, |(name, _)| *name) {
            Ok(at) => {
                self.names[at].1 = self.names[at].1.max(day);
                false
            }
            Err(at) => {
                self.names.insert(at, (name, day));
                if self.names.len() > CAPACITY {
                    self.forget_oldest();
                }
                true
            }
        }
    }

    /// Whether nothing is remembered.
    pub const fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn forget_oldest(&mut self) {
        let oldest = self.names.iter().enumerate().min_by_key(|(_, (_, day))| *day).map(|(at, _)| at);
        if let Some(at) = oldest {
            self.names.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_new_once_and_the_stalest_is_forgotten() {
        let mut known = Known::default();
        let day = |day: i64| EventTime::MIN.plus(Millis::from_days(day));
        assert!(known.is_new(Tag(7), day(1)));
        assert!(!known.is_new(Tag(7), day(2)));
        for name in 0..CAPACITY as u64 {
            assert!(known.is_new(Tag(1_000 + name), day(3)));
        }
        assert_eq!(known.names.len(), CAPACITY);
        assert!(known.is_new(Tag(7), day(4)));
    }
}
