//! Taking in one activity: count it once, everywhere it counts, and judge what it may have met.

use super::entity::EntityState;
use super::figures::Figures;
use super::judge::Judge;
use super::stream::{Seen, SeenTag, StreamState};
use super::{Detector, Output, emit};
use crate::core::activity::{Activity, DestinationClass, Flags, TagList};
use crate::core::event::EventKind;
use crate::core::incident::Incident;
use crate::core::time::EventTime;
use crate::core::units::Tag;
use crate::core::window::{Mark, Sums};
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// The role of whom the directory does not know.
const UNKNOWN_ROLE: &str = "unknown";
/// A source that told the rows of at least so many of its queries, in percent, usually tells them.
const USUALLY_PERCENT: u64 = 50;
/// Old queries fade: the counts of a source are halved here.
const MAX_TOLD: u32 = 10_000;

/// Memory that is reused from event to event.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    tags: Vec<SeenTag>,
    objects: Vec<Tag>,
    matched: Vec<bool>,
    lines: Vec<Incident>,
    rules: Vec<(usize, EventTime)>,
}

impl Detector {
    pub(super) fn take_in(&mut self, activity: &Activity<'_>, out: &mut Vec<Output>) {
        if !self.origins.is_new(&activity.origin) {
            self.stats.duplicates += 1;
            return;
        }
        self.advance(activity.received, out);
        if self.ids.is_repeated(activity) {
            self.stats.repeated += 1;
            return;
        }
        self.stats.future += u64::from(activity.flags.has(Flags::FUTURE));
        let too_late = activity.time < self.watermark.minus(self.settings.lateness);
        self.stats.too_late += u64::from(too_late);
        let rows_usual = self.rows_usual(activity);
        let at = self.entity(activity);
        self.count(at, activity, rows_usual);
        self.judge(at, activity, out);
        self.schedule(at);
    }

    /// The actor's place; made where it is new.
    fn entity(&mut self, activity: &Activity<'_>) -> usize {
        if let Some(at) = self.find(activity.actor) {
            return at;
        }
        let unlisted = activity.role == UNKNOWN_ROLE;
        if unlisted && self.names.len() >= self.settings.max_unlisted {
            self.stats.crowded += 1;
            let shared = format!("ip:{}", activity.client_ip.unwrap_or(UNKNOWN_ROLE));
            return self.find(&shared).unwrap_or_else(|| self.insert(EntityState::new(activity, &shared)));
        }
        self.insert(EntityState::new(activity, activity.actor))
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.names.get(name).map(|at| *at as usize)
    }

    fn insert(&mut self, entity: EntityState) -> usize {
        let name = entity.name.clone();
        let at = if let Some(free) = self.free.pop() {
            self.entities[free as usize] = Some(entity);
            free
        } else {
            self.entities.push(Some(entity));
            u32::try_from(self.entities.len() - 1).unwrap_or(u32::MAX)
        };
        self.names.insert(name, at);
        at as usize
    }

    /// Whether the activity's source usually tells rows; counts this one after the answer.
    fn rows_usual(&mut self, activity: &Activity<'_>) -> bool {
        if activity.kind != EventKind::Query || activity.flags.has(Flags::CONTINUATION) {
            return false;
        }
        let (told, untold) = self.told_rows.entry(activity.origin.source).or_default();
        let all = u64::from(*told) + u64::from(*untold);
        let usual = all > 0 && u64::from(*told) * 100 >= all * USUALLY_PERCENT;
        if activity.rows.is_some() {
            *told += 1;
        } else {
            *untold += 1;
        }
        if *told + *untold > MAX_TOLD {
            (*told, *untold) = (*told / 2, *untold / 2);
        }
        usual
    }

    /// Adds the activity to every stream that it belongs to; leaves the rules to judge in the scratch.
    fn count(&mut self, at: usize, activity: &Activity<'_>, rows_usual: bool) {
        let Some(entity) = self.entities[at].as_mut() else { return };
        let scratch = &mut self.scratch;
        scratch.fill(activity, &mut self.figures);
        entity.meet(activity, self.watermark);
        if !activity.flags.has(Flags::CONTINUATION) {
            for object in &activity.objects {
                entity.objects.add(object, activity.time);
            }
            // What stays inside the company is no way out, and would crowd out what is.
            if let Some(destination) = activity.destination
                && activity.class != DestinationClass::Internal
            {
                entity.destinations.add(destination, activity.time);
            }
        }
        let seen = Seen {
            time: activity.time,
            id: activity.id,
            sums: sums(activity),
            tags: &scratch.tags,
            objects: &scratch.objects,
            destination: activity.destination.map(name_tag),
        };
        entity.streams.resize_with(self.plan.streams.len(), || None);
        scratch.matched.clear();
        for (number, spec) in self.plan.streams.iter().enumerate() {
            let matches = spec.filter.matches(activity, rows_usual);
            scratch.matched.push(matches);
            if matches {
                let state = entity.streams[number].get_or_insert_with(|| Box::new(StreamState::new(spec)));
                state.add(spec, &seen);
                scratch.rules.extend(spec.rules.iter().map(|rule| (*rule, activity.time)));
            }
        }
        super::overlap::count(&self.plan, entity, activity.kind, &seen, &scratch.matched, &mut scratch.rules);
    }

    fn judge(&mut self, at: usize, activity: &Activity<'_>, out: &mut Vec<Output>) {
        let Some(entity) = self.entities[at].as_mut() else { return };
        let limits = entity.limits(&self.plan.set);
        let mut rules = std::mem::take(&mut self.scratch.rules);
        rules.sort_unstable();
        rules.dedup();
        let event = Mark::new(activity.time, activity.id);
        let judge = Judge {
            plan: &self.plan,
            figures: &self.figures,
            limits: &limits,
            event: &event,
            destination: activity.destination,
        };
        for (rule, time) in rules.drain(..) {
            judge.judge(entity, rule, time, &mut self.scratch.lines);
        }
        self.scratch.rules = rules;
        emit(&mut self.scratch.lines, out);
    }
}

impl Scratch {
    fn fill(&mut self, activity: &Activity<'_>, figures: &mut Figures) {
        self.tags.clear();
        self.objects.clear();
        self.rules.clear();
        for list in &activity.tags {
            self.add_list(activity, list, figures);
        }
        self.objects.extend(activity.objects.iter().map(|object| name_tag(object)));
    }

    fn add_list(&mut self, activity: &Activity<'_>, list: &TagList<'_>, figures: &mut Figures) {
        let kind = figures.kind(list.kind);
        let of_customers = match activity.kind {
            EventKind::Query => activity.flags.has(Flags::CUSTOMER_OBJECT),
            EventKind::Egress => !list.tested(),
        };
        let tested = list.tested() && !of_customers;
        for (at, tag) in list.tags().enumerate() {
            let customer = of_customers || list.is_member(at);
            self.tags.push(SeenTag { kind, tag, customer, tested, canary: list.is_canary(at) });
        }
    }
}

fn sums(activity: &Activity<'_>) -> Sums {
    if activity.flags.has(Flags::CONTINUATION) {
        return Sums::default();
    }
    let query = activity.kind == EventKind::Query;
    let rows = activity.rows.map_or(0, |rows| rows.0);
    let of_customers = activity.flags.has(Flags::CUSTOMER_OBJECT)
        || (activity.named > 0 && activity.named_customers * 2 >= activity.named);
    let unnamed = if query && of_customers { rows.saturating_sub(u64::from(activity.named)) } else { 0 };
    Sums {
        events: 1,
        rows: if query { rows } else { 0 },
        bytes: activity.bytes.map_or(0, |bytes| bytes.0),
        unnamed,
        unknown_rows: u64::from(query && activity.rows.is_none()),
    }
}

/// Names are counted by a hash; nobody gains by a collision in names that he chooses himself.
fn name_tag(name: &str) -> Tag {
    let mut hasher = SipHasher13::new();
    hasher.write(name.as_bytes());
    Tag(hasher.finish())
}
