//! The whole simulation: a retailer, what life brings, the attacks, and the events in the order in which they arrive.

use super::attacks::{AttackError, AttackPlan, plan};
use super::calendar::LocalHour;
use super::people::Actor;
use super::render::{Stamp, render};
use super::rng::{Purpose, hash_name, mix, stream};
use super::scene::Scene;
use super::settings::{SettingsError, SimulateSettings};
use super::step::{Action, Step};
use super::truth::AttackTruth;
use super::work;
use crate::core::time::{EventTime, Millis};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use thiserror::Error;

/// One in so many events has no id of its own.
const WITHOUT_ID: u64 = 32;

/// A simulation, ready to run as often as wanted.
#[derive(Debug)]
pub struct World {
    scene: Scene,
    attacks: Vec<AttackPlan>,
    extras: Vec<Step>,
    tells_received: bool,
}

/// Why a world cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WorldError {
    /// A setting is out of range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// An attack's options do not fit.
    #[error(transparent)]
    Attack(#[from] AttackError),
}

/// The source that an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// `db-queries`
    Queries,
    /// `egress`
    Egress,
}

/// One event as its source tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedEvent {
    /// When it happened.
    pub time: EventTime,
    /// When it reaches the source's log; events come in this order.
    pub arrival: EventTime,
    /// The source.
    pub topic: Topic,
    /// The attack it belongs to, as a place in [`World::attacks`].
    pub attack: Option<u16>,
    /// A line of the native format, without a newline.
    pub line: String,
}

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

impl Topic {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Queries, Self::Egress];

    /// The topic's name, and its file's without the ending.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queries => "db-queries",
            Self::Egress => "egress",
        }
    }
}

impl World {
    /// The simulation that `settings` asks for.
    ///
    /// # Errors
    /// [`WorldError`] where a setting is out of range or an attack's options do not fit the retailer.
    pub fn new(settings: SimulateSettings) -> Result<Self, WorldError> {
        let scene = Scene::new(settings)?;
        let attacks = plan(&scene, &scene.settings.attacks)?;
        let mut extras = Vec::new();
        for life in &scene.settings.life {
            let mut rng = stream(scene.settings.seed, Purpose::Life, hash_name(life.name()), 0);
            extras.extend(life.steps(&scene, &mut rng).into_iter().filter(|step| scene.calendar.holds(step.at)));
        }
        let tells_received = scene.settings.received || scene.settings.life.iter().any(|life| life.tells_received());
        Ok(Self { scene, attacks, extras, tells_received })
    }

    /// The retailer.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// The attacks as they happen.
    pub fn attacks(&self) -> &[AttackPlan] {
        &self.attacks
    }

    /// What the attacks really did, in their order.
    pub fn truth(&self) -> Vec<AttackTruth> {
        self.attacks.iter().map(|plan| AttackTruth::of(self, plan)).collect()
    }

    /// The events of both topics in the order in which they arrive. Every call gives the same.
    pub fn events(&self) -> Events<'_> {
        let mut planned: Vec<Waiting> = Vec::new();
        let extras = self.extras.iter().enumerate();
        planned.extend(extras.map(|(at, step)| self.waiting(step.clone(), mix(0xe0, at as u64), None)));
        for (number, attack) in self.attacks.iter().enumerate() {
            let key = mix(0xa0, hash_name(&attack.name));
            let steps = attack.steps.iter().enumerate();
            planned
                .extend(steps.map(|(at, step)| self.waiting(step.clone(), mix(key, at as u64), Some(number as u16))));
        }
        planned.sort_by_key(|waiting| waiting.step.at);
        Events {
            world: self,
            hours: self.scene.calendar.hours().collect(),
            next_hour: 0,
            settled: EventTime::MIN,
            waiting: BinaryHeap::new(),
            planned: planned.into_iter().peekable(),
        }
    }

    fn tempo(&self, actor: &Actor, at: LocalHour) -> f64 {
        self.scene.settings.life.iter().map(|life| life.tempo(&self.scene, actor, at)).product()
    }

    fn waiting(&self, step: Step, key: u64, attack: Option<u16>) -> Waiting {
        let id = mix(mix(self.scene.settings.seed, 0x1d), key);
        let held = self.scene.settings.life.iter().filter_map(|life| life.held_until(&self.scene, step.at)).max();
        let arrival = held.unwrap_or(step.at).plus(delay(id));
        Waiting { arrival, id, attack, step }
    }

    fn show(&self, waiting: &Waiting) -> SimulatedEvent {
        let stamp = Stamp {
            id: (!waiting.id.is_multiple_of(WITHOUT_ID)).then_some(waiting.id),
            received: self.tells_received.then_some(waiting.arrival),
        };
        SimulatedEvent {
            time: waiting.step.at,
            arrival: waiting.arrival,
            topic: match waiting.step.action {
                Action::Query(_) => Topic::Queries,
                Action::Egress(_) => Topic::Egress,
            },
            attack: waiting.attack,
            line: render(&waiting.step, stamp, &self.scene.base, &self.scene.population),
        }
    }
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

impl Events<'_> {
    /// Makes the next hour's steps of everybody.
    fn work_an_hour(&mut self, at: LocalHour) {
        let scene = &self.world.scene;
        for actor in &scene.population.actors {
            let steps = work::hour(scene, actor, at, self.world.tempo(actor, at));
            let key = mix(u64::from(actor.number), at.start.as_millis() as u64);
            for (number, step) in steps.into_iter().enumerate() {
                if scene.calendar.holds(step.at) {
                    self.waiting.push(Reverse(self.world.waiting(step, mix(key, number as u64), None)));
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
                return self.waiting.pop().map(|Reverse(waiting)| self.world.show(&waiting));
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
