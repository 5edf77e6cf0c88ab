//! An entity's counts as rules ask for them.

use super::entity::EntityState;
use super::figures::{Figures, exact};
use super::kinds::Kinds;
use super::plan::{BASE_OVERLAP, EGRESS, Plan, QUERIES};
use super::shares::{Part, Shares};
use super::stream::StreamState;
use crate::core::event::EventKind;
use crate::core::incident::{Customers, EntityKind, Measure, Window};
use crate::core::rules::Shape;
use crate::core::time::EventTime;
use crate::core::window::{Mark, SumRing, Sums};

/// Shares of a smaller base say nothing: one clerk's ordinary month is most of it.
const SMALLEST_BASE: u64 = 1_000;

/// One entity under one rule set.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub plan: &'a Plan,
    pub figures: &'a Figures,
    pub entity: &'a EntityState,
}

impl<'a> View<'a> {
    /// An entity as the rules of `plan` see it.
    pub const fn new(plan: &'a Plan, figures: &'a Figures, entity: &'a EntityState) -> Self {
        Self { plan, figures, entity }
    }

    /// What `rule` counts in the window that ends at `time`.
    pub fn value(&self, rule: usize, time: EventTime) -> f64 {
        let Some(state) = self.stream(rule) else { return 0.0 };
        let window = self.plan.set.rules[rule].window;
        match &self.plan.set.rules[rule].shape {
            Shape::Overlap { .. } => exact(self.overlap(rule).map_or(0, |kinds| kinds.largest(window, time))),
            Shape::FirstSeen(_) => exact(state.fresh.largest(window, time)),
            // Rows without names are often groups and sums.
            Shape::Sequence { within } => self.read_within(*within, time),
            Shape::Count(measure) => self.counted(*measure, rule, state, time),
        }
    }

    /// Customers that the actor queried by name in the time of a sequence that ends at `time`.
    pub fn read_within(&self, within: Window, time: EventTime) -> f64 {
        exact(self.state(QUERIES).map_or(0, |state| self.named(state, within, time)))
    }

    fn counted(&self, measure: Measure, rule: usize, state: &StreamState, time: EventTime) -> f64 {
        let window = self.plan.set.rules[rule].window;
        let sums = || state.sums(window).map_or_else(Sums::default, |sums| sums.at(time));
        let count = match measure {
            Measure::Events => sums().events,
            Measure::Rows => sums().rows,
            Measure::Bytes => sums().bytes,
            Measure::UnknownRows => sums().unknown_rows,
            Measure::Customers => self.estimate(state, window, time),
            Measure::CustomersNamed => self.named(state, window, time),
            Measure::Overlap => self.overlap(rule).map_or(0, |kinds| kinds.largest(window, time)),
            Measure::BaseShare => return self.base_share(self.named(state, window, time)),
            Measure::Objects => state.objects.largest(window, time),
            Measure::Destinations => state.destinations.largest(window, time),
            Measure::Actors => self.actors(rule, time).max(1),
            Measure::Canaries => state.canaries.largest(window, time),
        };
        exact(count)
    }

    /// At least what [`Self::value`] gives at `time` or any later time up to the newest.
    pub fn bound_from(&self, rule: usize, time: EventTime) -> f64 {
        let Some(state) = self.stream(rule) else { return 0.0 };
        let window = self.plan.set.rules[rule].window;
        match &self.plan.set.rules[rule].shape {
            Shape::Overlap { .. } => exact(self.overlap(rule).map_or(0, |kinds| kinds.bound_from(window, time))),
            Shape::FirstSeen(_) => exact(state.fresh.bound_from(window, time)),
            // What was read before an event of its own time: later events do not change it.
            Shape::Sequence { .. } => self.value(rule, time),
            Shape::Count(measure) => self.bound_counted(*measure, rule, state, time),
        }
    }

    fn bound_counted(&self, measure: Measure, rule: usize, state: &StreamState, time: EventTime) -> f64 {
        let window = self.plan.set.rules[rule].window;
        let sums = state.sums(window).map_or_else(Sums::default, |sums| sums.bound_from(time));
        let customers = || state.customers.bound_from(window, time);
        let count = match measure {
            Measure::Events => sums.events,
            Measure::Rows => sums.rows,
            Measure::Bytes => sums.bytes,
            Measure::UnknownRows => sums.unknown_rows,
            Measure::Customers => customers().saturating_add(sums.unnamed),
            Measure::CustomersNamed => customers(),
            Measure::Overlap => self.overlap(rule).map_or(0, |kinds| kinds.bound_from(window, time)),
            Measure::BaseShare => return self.base_share(customers()),
            Measure::Objects => state.objects.bound_from(window, time),
            Measure::Destinations => state.destinations.bound_from(window, time),
            Measure::Actors => self.actors(rule, self.newest(rule)).max(1),
            Measure::Canaries => state.canaries.bound_from(window, time),
        };
        exact(count)
    }

    /// The newest event time that `rule`'s counts hold.
    pub fn newest(&self, rule: usize) -> EventTime {
        let newest = match self.plan.places[rule].overlap {
            Some(_) => self.overlap(rule).and_then(Kinds::newest),
            None => self.sums(rule).map(SumRing::newest),
        };
        newest.unwrap_or_default()
    }

    /// The first event of `rule`'s evidence in the window that ends at `time`.
    pub fn first_event(&self, rule: usize, time: EventTime) -> Option<&'a Mark> {
        self.sums(rule)?.first_event(time)
    }

    /// How many actors take part in what `rule` counts; an actor by itself is one.
    pub fn actors(&self, rule: usize, time: EventTime) -> u64 {
        let (part, window) = (self.part(rule), self.plan.set.rules[rule].window);
        match self.entity.entity {
            EntityKind::Actor => 1,
            EntityKind::Team
            | EntityKind::Destination
            | EntityKind::Domain
            | EntityKind::ClientIp
            | EntityKind::Source => self.shares(rule).map_or(0, |shares| shares.actors(part, window, time, 0.0)),
        }
    }

    /// How many actors each account for at least `least` of what `rule` counts.
    pub fn actors_with(&self, rule: usize, time: EventTime, least: f64) -> u64 {
        let (part, window) = (self.part(rule), self.plan.set.rules[rule].window);
        self.shares(rule).map_or(0, |shares| shares.actors(part, window, time, least))
    }

    /// Their names, the largest share first.
    pub fn actor_names(&self, rule: usize, time: EventTime) -> Vec<String> {
        let (part, window) = (self.part(rule), self.plan.set.rules[rule].window);
        match self.entity.entity {
            EntityKind::Actor => vec![self.entity.name.to_string()],
            EntityKind::Team
            | EntityKind::Destination
            | EntityKind::Domain
            | EntityKind::ClientIp
            | EntityKind::Source => self.shares(rule).map_or_else(Vec::new, |shares| shares.names(part, window, time)),
        }
    }

    /// Customers that an actor read in the last 24 h.
    pub fn exposure(&self, time: EventTime) -> u64 {
        self.state(QUERIES).map_or(0, |state| self.estimate(state, Window::Day, time))
    }

    /// What an incident of `rule` says of customers, for the rule's window that ends at `time`.
    pub fn customers(&self, rule: usize, time: EventTime) -> Customers {
        match self.entity.entity {
            EntityKind::Actor => self.customers_of_actor(rule, time),
            EntityKind::Team
            | EntityKind::Destination
            | EntityKind::Domain
            | EntityKind::ClientIp
            | EntityKind::Source => self.customers_of_shared(rule, time),
        }
    }

    /// All that the actor read and sent, as far back as a day; further back what the rule itself counts.
    fn customers_of_actor(&self, rule: usize, time: EventTime) -> Customers {
        let window = self.plan.set.rules[rule].window;
        let [read, sent] = [QUERIES, EGRESS].map(|stream| self.state(stream));
        let base = self.entity.overlaps.get(BASE_OVERLAP).and_then(Option::as_deref);
        let base = base.map_or(0, |kinds| kinds.largest(window.min(Window::Day), time));
        let overlap = self.overlap(rule).map_or(0, |kinds| kinds.largest(window, time)).max(base);
        let own = |kind| self.stream(rule).filter(|_| self.plan.set.rules[rule].filter.kind() == Some(kind));
        let named = |state: Option<&StreamState>| state.map_or(0, |state| self.named(state, window, time));
        let estimated = |state: Option<&StreamState>| state.map_or(0, |state| self.estimate(state, window, time));
        let errors = [read, sent].map(|state| state.map(|state| state.customers.relative_error(window, time)));
        Customers {
            read: named(read).max(named(own(EventKind::Query))).max(overlap),
            egressed: named(sent).max(named(own(EventKind::Egress))).max(overlap),
            overlap,
            read_estimate: estimated(read).max(estimated(own(EventKind::Query))).max(overlap),
            error: round(errors.into_iter().flatten().fold(0.0, f64::max)),
        }
    }

    /// Others' records tell what the rule counts, and what of it was read before.
    fn customers_of_shared(&self, rule: usize, time: EventTime) -> Customers {
        let Some(state) = self.stream(rule) else { return Customers::default() };
        let window = self.plan.set.rules[rule].window;
        let named = self.named(state, window, time);
        let overlap = self.overlap(rule).map_or(0, |kinds| kinds.largest(window, time));
        let error = round(state.customers.relative_error(window, time));
        if self.plan.set.rules[rule].filter.kind() == Some(EventKind::Query) {
            let read_estimate = self.estimate(state, window, time);
            return Customers { read: named, egressed: 0, overlap, read_estimate, error };
        }
        Customers { read: overlap, egressed: named, overlap, read_estimate: overlap, error }
    }

    /// Whose part counts as the rule's. Where an address is all that reads and egress have in common, those who read there.
    fn part(&self, rule: usize) -> Part {
        let told = self.reads_of(rule).is_none();
        match self.plan.set.rules[rule].measure() {
            Measure::Overlap if told => Part::Overlap,
            Measure::Overlap | Measure::Customers | Measure::CustomersNamed | Measure::BaseShare => Part::Customers,
            Measure::Events
            | Measure::Rows
            | Measure::Bytes
            | Measure::Objects
            | Measure::Destinations
            | Measure::Actors
            | Measure::UnknownRows
            | Measure::Canaries => Part::Events,
        }
    }

    fn shares(&self, rule: usize) -> Option<&'a Shares> {
        let stream = self.reads_of(rule).unwrap_or(self.plan.places[rule].stream);
        self.state(stream).map(|state| &state.shares)
    }

    /// The stream in which the entity itself looks up what was read before.
    fn reads_of(&self, rule: usize) -> Option<usize> {
        self.plan.overlaps[self.plan.places[rule].overlap?].reads
    }

    fn stream(&self, rule: usize) -> Option<&'a StreamState> {
        self.state(self.plan.places[rule].stream)
    }

    fn state(&self, stream: usize) -> Option<&'a StreamState> {
        self.entity.streams.get(stream)?.as_deref()
    }

    fn sums(&self, rule: usize) -> Option<&'a SumRing> {
        self.stream(rule)?.sums(self.plan.set.rules[rule].window)
    }

    fn overlap(&self, rule: usize) -> Option<&'a Kinds> {
        self.entity.overlaps.get(self.plan.places[rule].overlap?)?.as_deref()
    }

    fn named(&self, state: &StreamState, window: Window, time: EventTime) -> u64 {
        let corrected = state.customers.iter().map(|(kind, tags)| {
            let tested = state.tested.get(kind).map_or(0, |tested| tested.count(window, time));
            tags.count(window, time).saturating_sub(self.figures.false_positives(kind, tested))
        });
        corrected.max().unwrap_or(0)
    }

    fn estimate(&self, state: &StreamState, window: Window, time: EventTime) -> u64 {
        let named = self.named(state, window, time);
        let unnamed = state.sums_reaching(window).map_or(0, |sums| sums.at_window(window, time).unnamed);
        let estimate = named.saturating_add(unnamed);
        estimate.min(self.figures.base_size().unwrap_or(u64::MAX).max(named))
    }

    fn base_share(&self, customers: u64) -> f64 {
        let base = self.figures.base_size().filter(|base| *base >= SMALLEST_BASE);
        base.map_or(0.0, |base| 100.0 * exact(customers) / exact(base))
    }
}

fn round(error: f64) -> f64 {
    (error * 10_000.0).round() / 10_000.0
}
