//! Whether rules are met, at an event's own time and at the slice edges after it.

use super::baseline::Learned;
use super::bounds::Bounds;
use super::entity::EntityState;
use super::figures::Figures;
use super::plan::Plan;
use super::role_book::RoleBook;
use super::summary::{Sentence, sentence};
use super::view::View;
use crate::core::incident::{Baseline, Customers, EntityKind, Evidence, Incident, NamedCount, Severity, Window};
use crate::core::rules::{Limits, Shape, meet};
use crate::core::time::{EventTime, Millis};
use crate::core::window::{Mark, slice_end, slice_of};

/// A rule's condition, met.
#[derive(Clone, Debug)]
pub(super) struct Met {
    pub time: EventTime,
    pub severity: Severity,
    pub observed: f64,
    pub threshold: f64,
    pub baseline: Option<Baseline>,
    /// The limit that the baseline gives to one of the rule's counts, where it took part.
    pub tight: Option<(u8, f64)>,
    pub actors: Vec<String>,
    pub actors_total: u64,
    pub customers: Customers,
    pub destinations: Vec<NamedCount>,
    pub objects: Vec<NamedCount>,
    pub first_event: Option<Evidence>,
    pub last_event: Option<Evidence>,
    pub summary: String,
}

/// The event that made judging necessary.
#[derive(Clone, Copy)]
pub(super) struct Cause<'a> {
    pub time: EventTime,
    /// The producer's id.
    pub id: Option<&'a str>,
    /// Where it went, if it did.
    pub destination: Option<&'a str>,
}

/// What judging needs beside the entity.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub plan: &'a Plan,
    pub figures: &'a Figures,
    pub roles: &'a RoleBook,
    pub limits: &'a [Limits],
    pub cause: Cause<'a>,
}

/// A count that reaches a limit.
struct Reached {
    severity: Severity,
    threshold: f64,
    observed: f64,
    bounds: Bounds,
}

impl Judge<'_> {
    /// Judges `rule` at `time` and, where later events were counted before, at the slice edges after it.
    pub fn judge(&self, entity: &mut EntityState, rule: usize, time: EventTime, lines: &mut Vec<Incident>) {
        if self.limits[rule].lowest().is_none() && self.plan.places[rule].baseline.is_none() {
            return;
        }
        let view = View::new(self.plan, self.figures, entity);
        let newest = view.newest(rule);
        if time >= newest {
            self.judge_at(entity, rule, time, lines);
            return;
        }
        let bound = view.bound_from(rule, time);
        if self.is_below_all(rule, bound) {
            return;
        }
        let lowest = self.bounds(entity, rule, time).limits.lowest();
        if lowest.is_some_and(|lowest| bound >= lowest) {
            for edge in edges(self.plan.set.rules[rule].window, time, newest) {
                self.judge_at(entity, rule, edge, lines);
            }
        }
    }

    /// Whether `observed` reaches no limit, whatever is ordinary: a baseline gives none below its floor. Most counts are, and
    /// what is ordinary is dear to find out.
    fn is_below_all(&self, rule: usize, observed: f64) -> bool {
        let floor = self.plan.set.rules[rule].baseline.as_ref().map(|spec| spec.floor);
        self.limits[rule].lowest().into_iter().chain(floor).all(|least| observed < least)
    }

    /// The limits that hold for `entity` under `rule` at `time`.
    pub fn bounds(&self, entity: &EntityState, rule: usize, time: EventTime) -> Bounds {
        let place = self.plan.places[rule].baseline;
        Bounds::new(self.limits[rule], &self.plan.set.rules[rule], place, entity, self.roles, time)
    }

    fn judge_at(&self, entity: &mut EntityState, rule: usize, time: EventTime, lines: &mut Vec<Incident>) {
        let observed = View::new(self.plan, self.figures, entity).value(rule, time);
        let reached = self.reached(entity, rule, time, observed);
        // What was queried before something leaves was learned when it was queried.
        if !matches!(self.plan.set.rules[rule].shape, Shape::Sequence { .. }) {
            learn(self.plan, entity, rule, (time, observed), reached.is_some());
        }
        let Some(reached) = reached else { return };
        let spec = &self.plan.set.rules[rule];
        if self.plan.set.is_excepted(&spec.id, &entity.subject(), time)
            || !self.is_news(entity, rule, reached.severity, observed)
            || !self.has_actors(entity, rule, time)
        {
            return;
        }
        let met = self.met(entity, rule, time, reached);
        lines.extend(entity.note(spec, met));
    }

    /// The limit that `observed` reaches, if any.
    fn reached(&self, entity: &EntityState, rule: usize, time: EventTime, observed: f64) -> Option<Reached> {
        if self.is_below_all(rule, observed) {
            return None;
        }
        let bounds = self.bounds(entity, rule, time);
        let (severity, threshold) = bounds.limits.met(observed)?;
        Some(Reached { severity, threshold, observed, bounds })
    }

    /// Whether there is anything to tell: the cheap half of [`EntityState::note`].
    fn is_news(&self, entity: &EntityState, rule: usize, severity: Severity, observed: f64) -> bool {
        let open = entity.open_of(&self.plan.set.rules[rule].id).map(|at| &entity.open[at]);
        open.is_none_or(|open| severity > open.line.severity || observed >= 2.0 * open.told)
    }

    /// Whether as many actors take part as the rule asks for, each with as much.
    fn has_actors(&self, entity: &EntityState, rule: usize, time: EventTime) -> bool {
        let spec = &self.plan.set.rules[rule];
        if entity.entity == EntityKind::Actor || spec.actors_at_least <= 1 {
            return true;
        }
        let view = View::new(self.plan, self.figures, entity);
        view.actors_with(rule, time, spec.each_at_least) >= spec.actors_at_least
    }

    fn met(&self, entity: &EntityState, rule: usize, time: EventTime, reached: Reached) -> Met {
        let view = View::new(self.plan, self.figures, entity);
        let spec = &self.plan.set.rules[rule];
        let Reached { severity, threshold, observed, bounds } = reached;
        let customers = view.customers(rule, time);
        let (destinations, objects) = (entity.destinations.top(), entity.objects.top());
        let actors_total = view.actors(rule, time);
        let told = Sentence {
            rule: spec,
            entity,
            observed,
            threshold,
            customers,
            ordinary: bounds.ordinary.as_ref(),
            actors: actors_total,
            to: self.cause.destination,
            destinations: &destinations,
        };
        Met {
            time,
            severity,
            observed,
            threshold,
            summary: sentence(&told),
            baseline: bounds.ordinary.map(|ordinary| ordinary.told()),
            tight: bounds.ordinary.map(|ordinary| (spec.arm, ordinary.limit)),
            actors: view.actor_names(rule, time),
            actors_total,
            customers,
            destinations,
            objects,
            first_event: view.first_event(rule, time).map(evidence),
            last_event: Some(evidence(&Mark::new(self.cause.time, self.cause.id))),
        }
    }
}

/// What an actor queries is ordinary for a sequence also while nothing leaves.
pub(super) fn learn_reads(plan: &Plan, figures: &Figures, entity: &mut EntityState, time: EventTime) {
    for (rule, within) in &plan.sequences {
        if plan.places[*rule].baseline.is_some() {
            let read = View::new(plan, figures, entity).read_within(*within, time);
            let id = &plan.set.rules[*rule].id;
            let inside = entity.open.iter().any(|open| meet(id, &open.line.rule));
            learn(plan, entity, *rule, (time, read), inside);
        }
    }
}

/// What happens inside an open incident is not ordinary.
fn learn(plan: &Plan, entity: &mut EntityState, rule: usize, (time, observed): (EventTime, f64), met: bool) {
    let Some(place) = plan.places[rule].baseline else { return };
    let inside = met || entity.open_of(&plan.set.rules[rule].id).is_some();
    entity.learned.resize_with(plan.baselines.len(), || None);
    let first_seen = entity.first_seen;
    let learned = entity.learned[place].get_or_insert_with(|| Box::new(Learned::since(first_seen)));
    if !inside {
        learned.learn(time, observed);
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
