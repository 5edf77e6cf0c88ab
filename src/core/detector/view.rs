//! An actor's counts as rules ask for them.

use super::entity::EntityState;
use super::figures::Figures;
use super::kinds::Kinds;
use super::plan::{BASE_OVERLAP, EGRESS, Plan, QUERIES};
use super::stream::WindowState;
use crate::core::incident::{Customers, Measure, Window};
use crate::core::time::EventTime;
use crate::core::window::{Mark, Sums};

/// One actor under one rule set.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub plan: &'a Plan,
    pub figures: &'a Figures,
    pub entity: &'a EntityState,
}

impl<'a> View<'a> {
    /// What `rule` counts in the window that ends at `time`.
    pub fn value(&self, rule: usize, time: EventTime) -> f64 {
        let Some(window) = self.window(rule) else { return 0.0 };
        let span = window.window;
        let count = match self.plan.set.rules[rule].measure() {
            Measure::Events => window.sums.at(time).events,
            Measure::Rows => window.sums.at(time).rows,
            Measure::Bytes => window.sums.at(time).bytes,
            Measure::UnknownRows => window.sums.at(time).unknown_rows,
            Measure::Customers => self.estimate(window, span, time),
            Measure::CustomersNamed => self.named(window, span, time),
            Measure::Overlap => self.overlap(rule).map_or(0, |kinds| kinds.largest(span, time)),
            Measure::BaseShare => return self.base_share(self.estimate(window, span, time)),
            Measure::Objects => window.objects.largest(span, time),
            Measure::Destinations => window.destinations.largest(span, time),
            Measure::Actors => 1,
            Measure::Canaries => window.canaries.largest(span, time),
        };
        exact(count)
    }

    /// At least what [`Self::value`] gives at `time` or any later time up to the newest.
    pub fn bound_from(&self, rule: usize, time: EventTime) -> f64 {
        let Some(window) = self.window(rule) else { return 0.0 };
        let sums: Sums = window.sums.bound_from(time);
        let count = match self.plan.set.rules[rule].measure() {
            Measure::Events => sums.events,
            Measure::Rows => sums.rows,
            Measure::Bytes => sums.bytes,
            Measure::UnknownRows => sums.unknown_rows,
            Measure::Customers => window.customers.bound_from(time).saturating_add(sums.unnamed),
            Measure::CustomersNamed => window.customers.bound_from(time),
            Measure::Overlap => self.overlap(rule).map_or(0, |kinds| kinds.bound_from(time)),
            Measure::BaseShare => {
                return self.base_share(window.customers.bound_from(time).saturating_add(sums.unnamed));
            }
            Measure::Objects => window.objects.bound_from(time),
            Measure::Destinations => window.destinations.bound_from(time),
            Measure::Actors => 1,
            Measure::Canaries => window.canaries.bound_from(time),
        };
        exact(count)
    }

    /// The newest event time that `rule`'s counts hold.
    pub fn newest(&self, rule: usize) -> EventTime {
        let newest = match self.plan.places[rule].overlap {
            Some(_) => self.overlap(rule).and_then(Kinds::newest),
            None => self.window(rule).map(|window| window.sums.newest()),
        };
        newest.unwrap_or_default()
    }

    /// The first event of `rule`'s evidence in the window that ends at `time`.
    pub fn first_event(&self, rule: usize, time: EventTime) -> Option<&'a Mark> {
        self.window(rule)?.sums.first_event(time)
    }

    /// What an incident says of customers, for a window that ends at `time`.
    pub fn customers(&self, window: Window, time: EventTime) -> Customers {
        let read = self.reaching(QUERIES, window);
        let sent = self.reaching(EGRESS, window);
        let overlap = self.entity.overlaps.get(BASE_OVERLAP).and_then(Option::as_deref);
        let errors = [
            read.map(|state| state.customers.relative_error(state.window, time)),
            sent.map(|state| state.customers.relative_error(state.window, time)),
        ];
        Customers {
            read: read.map_or(0, |state| self.named(state, window, time)),
            egressed: sent.map_or(0, |state| self.named(state, window, time)),
            overlap: overlap.map_or(0, |kinds| kinds.largest(window.min(Window::Day), time)),
            read_estimate: read.map_or(0, |state| self.estimate(state, window, time)),
            error: round(errors.into_iter().flatten().fold(0.0, f64::max)),
        }
    }

    fn window(&self, rule: usize) -> Option<&'a WindowState> {
        let stream = self.entity.streams.get(self.plan.places[rule].stream)?.as_deref()?;
        stream.window(self.plan.set.rules[rule].window)
    }

    fn reaching(&self, stream: usize, window: Window) -> Option<&'a WindowState> {
        self.entity.streams.get(stream)?.as_deref()?.reaching(window)
    }

    fn overlap(&self, rule: usize) -> Option<&'a Kinds> {
        self.entity.overlaps.get(self.plan.places[rule].overlap?)?.as_deref()
    }

    fn named(&self, state: &WindowState, window: Window, time: EventTime) -> u64 {
        let corrected = state.customers.iter().map(|(kind, tags)| {
            let tested = state.tested.get(kind).map_or(0, |tested| tested.count(window, time));
            tags.count(window, time).saturating_sub(self.figures.false_positives(kind, tested))
        });
        corrected.max().unwrap_or(0)
    }

    fn estimate(&self, state: &WindowState, window: Window, time: EventTime) -> u64 {
        let named = self.named(state, window, time);
        let estimate = named.saturating_add(state.sums.at_window(window, time).unnamed);
        estimate.min(self.figures.base_size().unwrap_or(u64::MAX).max(named))
    }

    fn base_share(&self, customers: u64) -> f64 {
        self.figures.base_size().map_or(0.0, |base| 100.0 * exact(customers) / exact(base))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of events and customers stay far below 2^52")]
fn exact(count: u64) -> f64 {
    count as f64
}

fn round(error: f64) -> f64 {
    (error * 10_000.0).round() / 10_000.0
}
