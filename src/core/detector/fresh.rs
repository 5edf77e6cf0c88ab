//! Names that an entity met for the first time a short while ago.

use super::recent::{Entry, Recent};
use crate::core::time::{EventTime, Millis};
use crate::core::units::Tag;
use serde::{Deserialize, Serialize};

/// Names remembered, where nothing else is said; beyond, the one not met for longest is forgotten.
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

impl Entry for Name {
    type Key = Tag;

    fn key(&self) -> &Tag {
        &self.tag
    }

    fn last(&self) -> EventTime {
        self.last
    }
}

/// Names met so far, at most `MOST`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known<const MOST: usize = CAPACITY>(Recent<Name, MOST>);

impl<const MOST: usize> Known<MOST> {
    /// Whether `name` was first met within a day before `time`, and not before `settled`; remembers it.
    pub fn is_new(&mut self, name: Tag, time: EventTime, settled: EventTime) -> bool {
        let new = || Name { tag: name, first: time, last: time };
        let first = self.0.meet(&name, new, |name| {
            name.last = name.last.max(time);
            name.first
        });
        first >= settled && time.since(first) < NEW_FOR
    }

    /// Whether nothing is remembered.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_new_for_a_day_and_the_stalest_is_forgotten() {
        let mut known = Known::<CAPACITY>::default();
        let hour = |hours: i64| EventTime::MIN.plus(Millis::from_hours(hours));
        assert!(!known.is_new(Tag(7), hour(1), hour(168)), "still learning");
        assert!(!known.is_new(Tag(7), hour(170), hour(168)), "met before");
        assert!(known.is_new(Tag(8), hour(170), hour(168)));
        assert!(known.is_new(Tag(8), hour(193), hour(168)));
        assert!(!known.is_new(Tag(8), hour(194), hour(168)));
        for name in 0..CAPACITY as u64 {
            assert!(known.is_new(Tag(1_000 + name), hour(200), hour(168)));
        }
        assert_eq!(known.0.iter().count(), CAPACITY);
        assert!(known.is_new(Tag(7), hour(300), hour(168)), "long forgotten");
    }
}
