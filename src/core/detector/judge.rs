//! Whether rules are met, at an event's own time and at the slice edges after it.

use super::entity::EntityState;
use super::figures::Figures;
use super::plan::Plan;
use super::summary::{Sentence, sentence};
use super::view::View;
use crate::core::incident::{Customers, Evidence, Incident, NamedCount, Severity, Window};
use crate::core::rules::Limits;
use crate::core::time::{EventTime, Millis};
use crate::core::window::{Mark, slice_end, slice_of};

/// A rule's condition, met.
#[derive(Clone, Debug)]
pub(super) struct Met {
    pub time: EventTime,
    pub severity: Severity,
    pub observed: f64,
    pub threshold: f64,
    pub customers: Customers,
    pub destinations: Vec<NamedCount>,
    pub objects: Vec<NamedCount>,
    pub first_event: Option<Evidence>,
    pub last_event: Option<Evidence>,
    pub summary: String,
}

/// What judging needs beside the actor.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub plan: &'a Plan,
    pub figures: &'a Figures,
    pub limits: &'a [Limits],
    /// The event that made it necessary.
    pub event: &'a Mark,
    /// Where that event went, if it did.
    pub destination: Option<&'a str>,
}

impl Judge<'_> {
    /// Judges `rule` at `time` and, where later events were counted before, at the slice edges after it.
    pub fn judge(&self, entity: &mut EntityState, rule: usize, time: EventTime, lines: &mut Vec<Incident>) {
        let Some(lowest) = self.limits[rule].lowest() else { return };
        let view = View { plan: self.plan, figures: self.figures, entity };
        let newest = view.newest(rule);
        if time >= newest {
            self.judge_at(entity, rule, time, lines);
        } else if view.bound_from(rule, time) >= lowest {
            for edge in edges(self.plan.set.rules[rule].window, time, newest) {
                self.judge_at(entity, rule, edge, lines);
            }
        }
    }

    fn judge_at(&self, entity: &mut EntityState, rule: usize, time: EventTime, lines: &mut Vec<Incident>) {
        let view = View { plan: self.plan, figures: self.figures, entity };
        let observed = view.value(rule, time);
        let Some((severity, threshold)) = self.limits[rule].met(observed) else { return };
        let spec = &self.plan.set.rules[rule];
        if self.plan.set.is_excepted(&spec.id, &entity.subject(), time)
            || !self.is_news(entity, rule, severity, observed)
        {
            return;
        }
        let met = self.met(entity, rule, time, (severity, threshold, observed));
        lines.extend(entity.note(spec, met));
    }

    /// Whether there is anything to tell: the cheap half of [`EntityState::note`].
    fn is_news(&self, entity: &EntityState, rule: usize, severity: Severity, observed: f64) -> bool {
        let open = entity.open_of(&self.plan.set.rules[rule].id).map(|at| &entity.open[at]);
        open.is_none_or(|open| severity > open.line.severity || observed >= 2.0 * open.told)
    }

    fn met(
        &self,
        entity: &EntityState,
        rule: usize,
        time: EventTime,
        (severity, threshold, observed): (Severity, f64, f64),
    ) -> Met {
        let view = View { plan: self.plan, figures: self.figures, entity };
        let spec = &self.plan.set.rules[rule];
        let customers = view.customers(spec.window, time);
        let destinations = entity.destinations.top();
        let objects = entity.objects.top();
        let to = self.destination;
        let told = Sentence { rule: spec, entity, observed, threshold, customers, to, destinations: &destinations };
        Met {
            time,
            severity,
            observed,
            threshold,
            summary: sentence(&told),
            customers,
            destinations,
            objects,
            first_event: view.first_event(rule, time).map(evidence),
            last_event: Some(evidence(self.event)),
        }
    }
}

/// `time`, the ends of the slices after it whose windows still hold it, and the newest time, if its window does.
fn edges(window: Window, time: EventTime, newest: EventTime) -> impl Iterator<Item = EventTime> {
    let end = time.plus(window.length()).min(newest);
    let first = slice_of(window, time);
    let slices =
        (0..=Window::SLICES).map(move |ahead| slice_end(window, crate::core::window::SliceIndex(first.0 + ahead)));
    std::iter::once(time).chain(slices.take_while(move |edge| *edge < end)).chain(std::iter::once(end))
}

/// When the condition becomes false if no event follows: the first slice edge after `newest` at which `value` falls
/// below `limit`.
pub(super) fn false_from(view: View<'_>, rule: usize, limit: f64) -> EventTime {
    let window = view.plan.set.rules[rule].window;
    let newest = view.newest(rule);
    let first = slice_of(window, newest);
    let edges = (0..=Window::SLICES)
        .map(|ahead| slice_end(window, crate::core::window::SliceIndex(first.0 + ahead)).plus(Millis::new(1)));
    let last = newest.plus(window.length()).plus(window.slice());
    edges.into_iter().find(|edge| view.value(rule, *edge) < limit).unwrap_or(last)
}

fn evidence(mark: &Mark) -> Evidence {
    Evidence { id: mark.id.as_deref().map(Into::into), time: mark.time }
}
