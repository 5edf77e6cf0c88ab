//! Taking in one activity: count it once, everywhere it counts, and judge what it may have met.

use super::entity::EntityState;
use super::figures::Figures;
use super::fresh;
use super::hours::Hours;
use super::judge::{Cause, Judge, learn_reads};
use super::networks::Networks;
use super::pooled::CROWD;
use super::stream::{Seen, SeenTag, StreamState};
use super::{Detector, Output, emit};
use crate::core::activity::{Activity, ActorKind, DestinationClass, Flags, TagList};
use crate::core::event::EventKind;
use crate::core::identity::ADDRESS_PREFIX;
use crate::core::incident::{EntityKind, Incident};
use crate::core::rules::{Context, customers_named};
use crate::core::time::EventTime;
use crate::core::units::Tag;
use crate::core::window::Sums;
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// Memory that is reused from event to event.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub tags: Vec<SeenTag>,
    pub objects: Vec<Tag>,
    pub matched: Vec<bool>,
    pub lines: Vec<Incident>,
    pub rules: Vec<(usize, EventTime)>,
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
        let (at, is_new) = self.entity(activity);
        self.sources.note(activity, is_new);
        self.look_for_look_alike(at, activity, out);
        let Some(context) = self.context(at, activity) else { return };
        self.count(at, activity, &context);
        self.judge(at, activity, out);
        self.tell_shared(at, activity, &context, out);
        self.schedule(at);
    }

    /// The actor's place, made where it is new; whether it was made for an account that no directory knows.
    fn entity(&mut self, activity: &Activity<'_>) -> (usize, bool) {
        let listed = activity.flags.has(Flags::LISTED);
        if let Some(at) = self.roster.find(EntityKind::Actor, activity.actor) {
            if listed {
                self.roster.list(at);
            }
            return (at, false);
        }
        let crowded = (!listed).then(|| self.crowd(activity)).flatten();
        let name = crowded.as_deref().unwrap_or(activity.actor);
        if let Some(at) = crowded.as_deref().and_then(|name| self.roster.find(EntityKind::Actor, name)) {
            return (at, true);
        }
        let since = self.since(activity);
        let entity = EntityState { listed, ..EntityState::new(EntityKind::Actor, name, since) };
        (self.roster.insert(entity), !listed)
    }

    /// Whom one more stranger is counted with, once there are too many: those at its address; once there are too many
    /// addresses, too, all of them.
    fn crowd(&mut self, activity: &Activity<'_>) -> Option<String> {
        let strangers = self.roster.strangers();
        if strangers < self.settings.max_unlisted {
            return None;
        }
        self.stats.crowded += 1;
        let address = activity.client_ip.filter(|_| strangers < self.settings.max_strangers());
        Some(format!("{ADDRESS_PREFIX}{}", address.unwrap_or(CROWD)))
    }

    /// From when on an actor met by this event counts as watched: a stamp from long ago teaches nothing.
    fn since(&self, activity: &Activity<'_>) -> EventTime {
        activity.time.max(self.watermark.minus(self.settings.lateness))
    }

    /// What the actor and the source were before this event.
    fn context(&mut self, at: usize, activity: &Activity<'_>) -> Option<Context> {
        let rows_usual = self.sources.rows.usual(activity);
        let (plan, began, since) = (&self.plan, self.began, self.since(activity));
        let entity = self.roster.get_mut(at)?;
        let known = entity.last_event > EventTime::MIN;
        let silent_for = known.then(|| activity.time.since(entity.last_event));
        let mut unusual_hours = false;
        if plan.asks_hours && activity.actor_kind == ActorKind::Human {
            let hours = entity.hours.get_or_insert_with(|| Box::new(Hours::since(since)));
            unusual_hours = hours.observe(activity.time, activity.utc_offset_minutes);
        }
        // People move about; a program's account that does is worth a look.
        let mut new_network = false;
        if plan.asks_networks
            && activity.actor_kind == ActorKind::Service
            && let Some(address) = activity.client_ip
        {
            let networks = entity.networks.get_or_insert_with(|| Box::new(Networks::since(since)));
            new_network = networks.observe(address, activity.time);
        }
        let new_destination = plan.asks_destinations && is_new_domain(entity, activity, began);
        Some(Context { rows_usual, unusual_hours, new_network, new_destination, silent_for })
    }

    /// Adds the activity to every stream of the actor's own that it belongs to; leaves the rules to judge in the
    /// scratch.
    fn count(&mut self, at: usize, activity: &Activity<'_>, context: &Context) {
        let began = self.began;
        let Some(entity) = self.roster.get_mut(at) else { return };
        let scratch = &mut self.scratch;
        scratch.fill(activity, &mut self.figures);
        entity.meet(activity, self.watermark);
        if !activity.flags.has(Flags::CONTINUATION) {
            name_places(entity, activity);
        }
        let seen = Seen {
            time: activity.time,
            id: activity.id,
            sums: sums(activity),
            tags: &scratch.tags,
            objects: &scratch.objects,
            destination: activity.destination.map(name_tag),
            customers: customers_named(activity),
            nameless: activity.flags.has(Flags::NAMELESS),
            settled: entity.first_seen.max(began).plus(fresh::LEARN),
        };
        entity.streams.resize_with(self.plan.streams.len(), || None);
        scratch.matched.clear();
        scratch.matched.resize(self.plan.streams.len(), false);
        for number in self.plan.own.of(activity.kind) {
            let spec = &self.plan.streams[*number];
            if spec.filter.matches(activity, context) {
                scratch.matched[*number] = true;
                StreamState::at(&mut entity.streams[*number], spec).add(spec, &seen);
                scratch.rules.extend(spec.rules.iter().map(|rule| (*rule, activity.time)));
            }
        }
        super::overlap::count(&self.plan, entity, activity.kind, &seen, &scratch.matched, &mut scratch.rules);
    }

    fn judge(&mut self, at: usize, activity: &Activity<'_>, out: &mut Vec<Output>) {
        let reads = activity.kind == EventKind::Query;
        if reads {
            self.note_sequences(at, activity.time);
        }
        let cause = Cause { time: activity.time, id: activity.id, destination: activity.destination };
        self.judge_rules(at, cause, out);
        if let Some(entity) = self.roster.get_mut(at).filter(|_| reads) {
            learn_reads(&self.plan, &self.figures, entity, activity.time);
        }
    }

    /// A query that arrives after something left, and came before it, is judged with it.
    fn note_sequences(&mut self, at: usize, time: EventTime) {
        let Some(entity) = self.roster.get_mut(at) else { return };
        for (rule, within) in &self.plan.sequences {
            let left = entity.streams[self.plan.places[*rule].stream].as_ref().map(|leaves| leaves.newest);
            if let Some(left) = left.filter(|left| *left >= time && left.since(time) < within.length()) {
                self.scratch.rules.push((*rule, left));
            }
        }
    }

    /// Judges the rules in the scratch.
    pub(super) fn judge_rules(&mut self, at: usize, cause: Cause<'_>, out: &mut Vec<Output>) {
        let Some(entity) = self.roster.get_mut(at) else { return };
        let limits = entity.limits(&self.plan.set, &mut self.limits);
        let mut rules = std::mem::take(&mut self.scratch.rules);
        rules.sort_unstable();
        rules.dedup();
        let judge = Judge { plan: &self.plan, figures: &self.figures, roles: &self.roles, limits: &limits, cause };
        for (rule, time) in rules.drain(..) {
            judge.judge(entity, rule, time, &mut self.scratch.lines);
        }
        self.scratch.rules = rules;
        emit(&mut self.scratch.lines, out);
    }
}

/// Whether the actor sends to a domain outside the company that is new for it; remembers it.
fn is_new_domain(entity: &mut EntityState, activity: &Activity<'_>, began: EventTime) -> bool {
    let outside = activity.class == DestinationClass::External;
    let Some(domain) = activity.domain.filter(|_| outside) else { return false };
    let settled = entity.first_seen.max(began).plus(fresh::LEARN);
    entity.domains.get_or_insert_default().is_new(name_tag(domain), activity.time, settled)
}

/// Remembers by name what the actor touches most.
fn name_places(entity: &mut EntityState, activity: &Activity<'_>) {
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
        let of_customers = activity.counts_all(list);
        let tested = list.tested() && !of_customers;
        for (at, tag) in list.tags().enumerate() {
            let customer = of_customers || list.is_member(at);
            self.tags.push(SeenTag { kind, tag, customer, tested, canary: list.is_canary(at), overlap: false });
        }
    }
}

/// What an activity adds up to.
pub(super) fn sums(activity: &Activity<'_>) -> Sums {
    if activity.flags.has(Flags::CONTINUATION) {
        return Sums::default();
    }
    let query = activity.kind == EventKind::Query;
    let rows = activity.rows.map_or(0, |rows| rows.0);
    Sums {
        events: 1,
        rows: if query { rows } else { 0 },
        bytes: activity.bytes.map_or(0, |bytes| bytes.0),
        unnamed: activity.unnamed_rows(),
        unknown_rows: u64::from(query && activity.rows.is_none()),
    }
}

/// Names are counted by a hash; nobody gains by a collision in names that he chooses himself.
pub(super) fn name_tag(name: &str) -> Tag {
    let mut hasher = SipHasher13::new();
    hasher.write(name.as_bytes());
    Tag(hasher.finish())
}
