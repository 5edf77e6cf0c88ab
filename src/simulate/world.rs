//! The whole simulation: a retailer, what life brings, and the attacks.

use super::attacks::{AttackError, AttackPlan, plan};
use super::calendar::LocalHour;
use super::customers::CustomerIndex;
use super::people::Actor;
use super::rng::{Purpose, hash_name, mix, stream};
use super::scene::Scene;
use super::settings::{SettingsError, SimulateSettings};
use super::step::Step;
use super::stream::{Events, attack_events};
use super::truth::AttackTruth;
use crate::core::time::EventTime;
use thiserror::Error;

/// A simulation, ready to run as often as wanted.
#[derive(Debug)]
pub struct World {
    scene: Scene,
    attacks: Vec<AttackPlan>,
    extras: Vec<(u64, Step)>,
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

/// An event of an attack, with what its line may not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttackEvent {
    /// The event.
    pub event: SimulatedEvent,
    /// Every customer that it reads or sends, by the event's topic.
    pub customers: Vec<CustomerIndex>,
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
            let steps = life.steps(&scene, &mut rng).into_iter().filter(|step| scene.calendar.holds(step.at));
            extras.extend((0..).map(|number| mix(hash_name(life.name()), number)).zip(steps));
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
        Events::new(self)
    }

    /// The attacks' events alone, in the order in which they arrive. Merged by (arrival, time) with the events of the
    /// same world without attacks they are [`Self::events`]: no attack changes anybody else's.
    pub fn attack_events(&self) -> Vec<AttackEvent> {
        attack_events(self)
    }

    /// What life brings besides ordinary work, each with a key that is its own.
    pub(super) fn extras(&self) -> &[(u64, Step)] {
        &self.extras
    }

    /// Whether lines say when they arrived.
    pub(super) fn tells_received(&self) -> bool {
        self.tells_received
    }

    /// By how much the ordinary work of `actor` in the hour `at` is multiplied.
    pub(super) fn tempo(&self, actor: &Actor, at: LocalHour) -> f64 {
        self.scene.settings.life.iter().map(|life| life.tempo(&self.scene, actor, at)).product()
    }
}
