//! Names that an entity met for the first time a short while ago.

use crate::core::time::{EventTime, Millis};
use crate::core::units::Tag;
use serde::{Deserialize, Serialize};

/// Names remembered; beyond, the one not met for longest is forgotten.
const CAPACITY: usize = 512;
/// Nothing is new before the entity, and the log, were watched for so long.
pub(super) const LEARN: Millis = Millis::from_days(7);
/// A name stays new for so long: who looks first and takes then takes from a new place.
const NEW_FOR: Millis = Millis::from_days(1);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Name {
    tag: Tag,
    first: EventTime,
    last: EventTime,
}

/// Names met so far, in the order of their hashes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known(Vec<Name>);

impl Known {
    /// Whether `name` was first met within a day before `time`, and not before `settled`; remembers it.
    pub fn is_new(&mut self, name: Tag, time: EventTime, settled: EventTime) -> bool {
        let first = match self.0.binary_search_by_key(&name, |name| name.tag) {
            Ok(at) => {
                self.0[at].last = self.0[at].last.max(time);
                self.0[at].first
            }
            Err(at) => {
                self.0.insert(at, Name { tag: name, first: time, last: time });
                if self.0.len() > CAPACITY {
                    self.forget_oldest();
                }
                time
            }
        };
        first >= settled && time.since(first) < NEW_FOR
    }

    /// Whether nothing is remembered.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn forget_oldest(&mut self) {
        let oldest = self.0.iter().enumerate().min_by_key(|(_, name)| name.last).map(|(at, _)| at);
        if let Some(at) = oldest {
            self.0.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_new_for_a_day_and_the_stalest_is_forgotten() {
        let mut known = Known::default();
        let hour = |hours: i64| EventTime::MIN.plus(Millis::from_hours(hours));
        assert!(!known.is_new(Tag(7), hour(1), hour(168)), "still learning");
        assert!(!known.is_new(Tag(7), hour(170), hour(168)), "met before");
        assert!(known.is_new(Tag(8), hour(170), hour(168)));
        assert!(known.is_new(Tag(8), hour(193), hour(168)));
        assert!(!known.is_new(Tag(8), hour(194), hour(168)));
        for name in 0..CAPACITY as u64 {
            assert!(known.is_new(Tag(1_000 + name), hour(200), hour(168)));
        }
        assert_eq!(known.0.len(), CAPACITY);
        assert!(known.is_new(Tag(7), hour(300), hour(168)), "long forgotten");
    }
}
