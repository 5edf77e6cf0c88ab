//! The events of a world in the order of their arrival: made an hour at a time, so that memory holds little more.

use super::calendar::LocalHour;
use super::render::{Stamp, render};
use super::rng::{hash_name, mix};
use super::step::{Action, Step};
use super::work;
use super::world::{AttackEvent, SimulatedEvent, Topic, World};
use crate::core::time::{EventTime, Millis};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// One in so many events has no id of its own.
const WITHOUT_ID: u64 = 32;

/// The events of a world, in the order of their arrival.
#[derive(Debug)]
pub struct Events<'a> {
    world: &'a World,
    hours: Vec<LocalHour>,
    next_hour: usize,
    /// Nothing still to be made arrives before this.
    settled: EventTime,
    waiting: BinaryHeap<Reverse<Waiting>>,
    planned: std::iter::Peekable<std::vec::IntoIter<Waiting>>,
}

/// A step that waits for its turn.
#[derive(Clone, Debug)]
struct Waiting {
    arrival: EventTime,
    id: u64,
    attack: Option<u16>,
    step: Step,
}

/// How long an event takes to its source's log: mostly under a second, sometimes half a minute, seldom minutes.
fn delay(id: u64) -> Millis {
    let (kind, size) = (id % 1_000, (id >> 32) as i64);
    Millis::new(match kind {
        0..970 => size % 800,
        970..998 => size % 30_000,
        _ => size % 300_000,
    })
}

/// The attacks' steps.
fn of_attacks(world: &World) -> impl Iterator<Item = Waiting> {
    world.attacks().iter().zip(0_u16..).flat_map(move |(attack, number)| {
        let key = mix(0xa0, hash_name(&attack.name));
        (0..).zip(&attack.steps).map(move |(at, step)| Waiting::new(world, step.clone(), mix(key, at), Some(number)))
    })
}

/// The attacks' events alone, in the order of their arrival.
pub(super) fn attack_events(world: &World) -> Vec<AttackEvent> {
    let mut planned: Vec<Waiting> = of_attacks(world).collect();
    planned.sort();
    let show = |waiting: Waiting| {
        let event = waiting.show(world);
        AttackEvent { event, customers: waiting.step.action.into_touched().customers }
    };
    planned.into_iter().map(show).collect()
}

impl<'a> Events<'a> {
    /// The events of `world`, from the first on.
    pub(super) fn new(world: &'a World) -> Self {
        let extras = world.extras().iter();
        let mut planned: Vec<Waiting> =
            extras.map(|(key, step)| Waiting::new(world, step.clone(), mix(0xe0, *key), None)).collect();
        planned.extend(of_attacks(world));
        planned.sort_by_key(|waiting| waiting.step.at);
        Self {
            world,
            hours: world.scene().calendar.hours().collect(),
            next_hour: 0,
            settled: EventTime::MIN,
            waiting: BinaryHeap::new(),
            planned: planned.into_iter().peekable(),
        }
    }

    /// Makes the next hour's steps of everybody.
    fn work_an_hour(&mut self, at: LocalHour) {
        let scene = self.world.scene();
        for actor in &scene.population.actors {
            let steps = work::hour(scene, actor, at, self.world.tempo(actor, at));
            let key = mix(u64::from(actor.number), at.start.as_millis() as u64);
            for (number, step) in steps.into_iter().enumerate() {
                if scene.calendar.holds(step.at) {
                    self.waiting.push(Reverse(Waiting::new(self.world, step, mix(key, number as u64), None)));
                }
            }
        }
        let end = at.start.plus(Millis::from_hours(1));
        while let Some(planned) = self.planned.next_if(|planned| planned.step.at < end) {
            self.waiting.push(Reverse(planned));
        }
        self.settled = end;
    }
}

impl Iterator for Events<'_> {
    type Item = SimulatedEvent;

    fn next(&mut self) -> Option<SimulatedEvent> {
        loop {
            let settled = self.settled;
            let all_made = self.next_hour == self.hours.len();
            if let Some(Reverse(first)) = self.waiting.peek()
                && (all_made || first.arrival < settled)
            {
                return self.waiting.pop().map(|Reverse(waiting)| waiting.show(self.world));
            }
            if all_made {
                return None;
            }
            let hour = self.hours[self.next_hour];
            self.next_hour += 1;
            self.work_an_hour(hour);
        }
    }
}

impl Waiting {
    fn new(world: &World, step: Step, key: u64, attack: Option<u16>) -> Self {
        let scene = world.scene();
        let id = mix(mix(scene.settings.seed, 0x1d), key);
        let held = scene.settings.life.iter().filter_map(|life| life.held_until(scene, step.at)).max();
        let arrival = held.unwrap_or(step.at).plus(delay(id));
        Self { arrival, id, attack, step }
    }

    fn show(&self, world: &World) -> SimulatedEvent {
        let scene = world.scene();
        let stamp = Stamp {
            id: (!self.id.is_multiple_of(WITHOUT_ID)).then_some(self.id),
            received: world.tells_received().then_some(self.arrival),
        };
        SimulatedEvent {
            time: self.step.at,
            arrival: self.arrival,
            topic: match self.step.action {
                Action::Query(_) => Topic::Queries,
                Action::Egress(_) => Topic::Egress,
            },
            attack: self.attack,
            line: render(&self.step, stamp, &scene.base, &scene.population),
        }
    }

    fn order(&self) -> (EventTime, EventTime, u64) {
        (self.arrival, self.step.at, self.id)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}
