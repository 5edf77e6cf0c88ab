//! What all entities keep together, summed up a few entities at a time: looking at a million of them takes half a second.

use super::Detector;
use super::entity::EntityState;

/// Entities looked at in a step.
const PLACES_A_STEP: usize = 256;

/// What entities keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Customer tags.
    pub tags: u64,
    /// Incidents open now.
    pub open_incidents: u64,
}

/// How far a walk over all entities has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Walk {
    next: usize,
    so_far: Kept,
}

impl Kept {
    fn add(&mut self, entity: &EntityState) {
        self.tags += entity.kept() as u64;
        self.open_incidents += entity.open.len() as u64;
    }
}

impl Detector {
    /// What all entities keep. This takes as long as there are many.
    pub fn kept(&self) -> Kept {
        let mut kept = Kept::default();
        self.roster.iter().for_each(|entity| kept.add(entity));
        kept
    }

    /// A short step further; gives what entities keep once all were looked at, each at the time of its step, and begins anew.
    pub fn walk(&self, walk: &mut Walk) -> Option<Kept> {
        let end = self.roster.end().min(walk.next + PLACES_A_STEP);
        (walk.next..end).filter_map(|at| self.roster.get(at)).for_each(|entity| walk.so_far.add(entity));
        walk.next = end;
        (end >= self.roster.end()).then(|| std::mem::take(walk).so_far)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::activity::{Activity, Flags, Origin, Record};
    use crate::core::detector::DetectorSettings;
    use crate::core::time::{EventTime, Millis};
    use crate::core::units::{Offset, Ordinal, Partition, Position};

    #[test]
    fn a_walk_comes_to_what_a_look_at_all_comes_to() {
        let settings =
            DetectorSettings { partition: Partition(0), partitions: 1, lateness: Millis::ZERO, max_unlisted: 9 };
        let mut detector = Detector::new(settings);
        let accounts = 2 * PLACES_A_STEP + 1;
        for n in 0..accounts as u64 {
            let (actor, time) = (format!("emp{n}"), EventTime::MIN.plus(Millis::from_days(1)));
            let origin = Origin { offset: n, ..Origin::default() };
            let activity =
                Activity { origin, time, received: time, actor: &actor, flags: Flags::LISTED, ..Activity::default() };
            let position = Position { offset: Offset(n), ordinal: Ordinal(0) };
            detector.apply(position, &Record::Activity(activity), &mut Vec::new());
        }
        let mut walk = Walk::default();
        let steps: Vec<Option<Kept>> = (0..6).map(|_| detector.walk(&mut walk)).collect();
        let all = Some(detector.kept());
        assert_eq!(steps, [None, None, all, None, None, all], "{accounts} accounts in three steps, and anew");
    }
}
