//! Taking in what other partitions tell of an entity that several actors share.

use super::entity::EntityState;
use super::judge::Cause;
use super::stream::{Seen, SeenTag, StreamState};
use super::{Detector, Output};
use crate::core::activity::{MadeBy, Pool, RoleFigures};
use crate::core::incident::{IncidentId, Window};
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Partition, Position};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whatever is shared is counted as one entity by this name, once there are too many.
pub(super) const CROWD: &str = "*";
/// A case that others' records carried is theirs no longer: the longest window has left its opening behind.
const CASE_LASTS: Millis = Window::Month.length();

/// The highest record taken in of each partition: every sender sends the same sequence, so what is not above is a repeat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Heard(BTreeMap<Partition, (Position, u32)>);

impl Heard {
    /// Whether a record is new; remembers it.
    pub fn is_new(&mut self, made_by: MadeBy) -> bool {
        let place = (made_by.position, made_by.index);
        let new = self.0.get(&made_by.partition).is_none_or(|highest| place > *highest);
        if new {
            self.0.insert(made_by.partition, place);
        }
        new
    }
}

impl Detector {
    /// Counts a record of a shared entity, and judges its rules.
    pub(super) fn take_pool(&mut self, pool: &Pool<'_>, out: &mut Vec<Output>) {
        if !self.heard.is_new(pool.made_by) {
            self.stats.duplicates += 1;
            return;
        }
        self.advance(pool.received, out);
        let Some(stream) = self.plan.stream_told(pool.rule, pool.kind, pool.of) else { return };
        let at = self.shared(pool);
        self.count_pool(at, stream, pool);
        self.judge_rules(at, Cause { time: pool.time, id: pool.event, destination: pool.destination }, out);
        self.schedule(at);
    }

    /// A partition has told what it learned of a day.
    pub(super) fn take_roles(&mut self, figures: &RoleFigures<'_>) {
        if self.heard.is_new(figures.made_by) {
            self.roles.to_mut().take(figures, self.settings.partitions);
        }
    }

    fn shared(&mut self, pool: &Pool<'_>) -> usize {
        if let Some(at) = self.roster.find(pool.kind, pool.id) {
            return at;
        }
        let crowded = self.roster.count(pool.kind) >= self.settings.max_shared(pool.kind);
        let name = if crowded { CROWD } else { pool.id };
        self.stats.crowded += u64::from(crowded);
        let known = self.roster.find(pool.kind, name);
        known.unwrap_or_else(|| self.roster.insert(EntityState::new(pool.kind, name, pool.time)))
    }

    fn count_pool(&mut self, at: usize, stream: usize, pool: &Pool<'_>) {
        let (scratch, figures, watermark) = (&mut self.scratch, &mut self.figures, self.watermark);
        let Some(entity) = self.roster.get_mut(at) else { return };
        scratch.tags.clear();
        scratch.objects.clear();
        scratch.rules.clear();
        for list in &pool.tags {
            let kind = figures.kind(list.kind);
            let seen =
                |(tag, overlap)| SeenTag { kind, tag, customer: true, tested: list.tested, canary: false, overlap };
            scratch.tags.extend(list.iter().map(seen));
        }
        entity.touched = watermark;
        entity.last_event = entity.last_event.max(pool.time);
        note_case(entity, pool);
        for object in &pool.objects {
            entity.objects.add(object, pool.time);
        }
        if let Some(destination) = pool.destination {
            entity.destinations.add(destination, pool.time);
        }
        let seen = Seen {
            time: pool.time,
            id: pool.event,
            sums: pool.sums,
            tags: &scratch.tags,
            objects: &scratch.objects,
            destination: pool.destination.map(super::intake::name_tag),
            customers: 0,
            nameless: pool.nameless,
            settled: watermark,
        };
        entity.streams.resize_with(self.plan.streams.len(), || None);
        scratch.matched.clear();
        scratch.matched.resize(self.plan.streams.len(), false);
        scratch.matched[stream] = true;
        let spec = &self.plan.streams[stream];
        let state = StreamState::at(&mut entity.streams[stream], spec);
        state.add(spec, &seen);
        state.shares.add(&spec.windows, pool.actor, pool.time, pool.sums.events, &scratch.tags);
        scratch.rules.extend(spec.rules.iter().map(|rule| (*rule, pool.time)));
        super::overlap::count(&self.plan, entity, pool.of, &seen, &scratch.matched, &mut scratch.rules);
    }
}

/// The oldest case that a record carried becomes the entity's, unless it is older than what any window still counts.
fn note_case(entity: &mut EntityState, pool: &Pool<'_>) {
    let is_over = |opened: EventTime| pool.time.since(opened) > CASE_LASTS;
    if let Some((id, opened)) = pool.case
        && entity.case.as_ref().is_none_or(|case| opened < case.0 || is_over(case.0))
    {
        entity.case = Some(Box::new((opened, IncidentId(id.to_owned()))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::EventKind;
    use crate::core::incident::EntityKind;
    use crate::core::window::Sums;
    use smallvec::SmallVec;

    fn carrying(case: &str, opened: EventTime, time: EventTime) -> Pool<'_> {
        Pool {
            made_by: MadeBy::default(),
            kind: EntityKind::Domain,
            id: "drop.example",
            rule: "pooled-exit",
            time,
            received: time,
            of: EventKind::Egress,
            case: Some((case, opened)),
            actor: "a",
            nameless: false,
            event: None,
            sums: Sums::default(),
            exposure: 0,
            destination: None,
            objects: SmallVec::new(),
            tags: SmallVec::new(),
        }
    }

    #[test]
    fn the_oldest_case_is_kept_until_no_window_reaches_back_to_it() {
        let day = |days| EventTime::MIN.plus(Millis::from_days(days));
        let mut entity = EntityState::new(EntityKind::Domain, "drop.example", day(0));
        let mut noted = |case, opened, time| {
            note_case(&mut entity, &carrying(case, day(opened), day(time)));
            entity.case.as_ref().map(|case| case.1.0.clone()).unwrap_or_default()
        };
        assert_eq!(noted("second", 10, 10), "second");
        assert_eq!(noted("first", 5, 11), "first", "it is older");
        assert_eq!(noted("third", 12, 35), "first", "a window of 30 days still holds its opening");
        assert_eq!(noted("third", 12, 36), "third");
    }
}
