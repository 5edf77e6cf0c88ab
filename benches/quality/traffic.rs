//! Ordinary traffic, made once a company, and attacks laid into it: an attack changes no line of anybody else.

use leakwatch::config::EngineSettings;
use leakwatch::core::time::EventTime;
use leakwatch::simulate::attacks::AttackRequest;
use leakwatch::simulate::{
    Actor, AttackEvent, AttackTruth, Population, SimulateSettings, SimulatedEvent, Topic, World,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A company's ordinary traffic.
pub struct Traffic {
    /// Who works there, and where they send things.
    pub world: World,
    /// What they do, as it arrives.
    pub events: Vec<SimulatedEvent>,
}

/// Attacks on a company.
pub struct Attacks {
    /// What they really do.
    pub truth: Vec<AttackTruth>,
    /// Their events, as they arrive.
    pub events: Vec<AttackEvent>,
}

/// An event of a merged stream.
#[derive(Clone, Copy)]
pub enum Fed<'a> {
    /// Anybody's.
    Ordinary(&'a SimulatedEvent),
    /// An attack's.
    Attack(&'a AttackEvent),
}

impl Traffic {
    /// What happens without attacks.
    pub fn new(settings: SimulateSettings) -> Self {
        let world = World::new(SimulateSettings { attacks: Vec::new(), ..settings }).expect("a company");
        let events = world.events().collect();
        Self { world, events }
    }

    /// `requests` against this company.
    pub fn attacked_by(&self, requests: Vec<AttackRequest>) -> Attacks {
        let settings = SimulateSettings { attacks: requests, ..self.world.scene().settings.clone() };
        let world = World::new(settings).expect("attacks that fit");
        Attacks { truth: world.truth(), events: world.attack_events() }
    }

    /// Both together, as they arrive.
    pub fn with<'a>(&'a self, attacks: &'a Attacks) -> impl Iterator<Item = Fed<'a>> {
        let (mut ordinary, mut planted) = (self.events.iter().peekable(), attacks.events.iter().peekable());
        std::iter::from_fn(move || {
            let order = |event: &SimulatedEvent| (event.arrival, event.time);
            let is_attack_next = match (ordinary.peek(), planted.peek()) {
                (Some(ordinary), Some(attack)) => order(&attack.event) < order(ordinary),
                (ordinary, _) => ordinary.is_none(),
            };
            if is_attack_next { planted.next().map(Fed::Attack) } else { ordinary.next().map(Fed::Ordinary) }
        })
    }
}

impl<'a> Fed<'a> {
    /// The event as its source tells it.
    pub fn event(self) -> &'a SimulatedEvent {
        match self {
            Self::Ordinary(event) => event,
            Self::Attack(attack) => &attack.event,
        }
    }
}

/// The part of a query's line that says how much was read.
#[derive(Deserialize)]
struct Read<'a> {
    #[serde(borrow)]
    actor: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    objects: Vec<std::borrow::Cow<'a, str>>,
    rows: Option<u64>,
}

/// The most rows of customers that each actor read in a clock hour before `until`, by the actor's number.
pub fn ordinary_hours(traffic: &Traffic, until: EventTime) -> Vec<u64> {
    const HOUR_MS: i64 = 3_600_000;
    let population = &traffic.world.scene().population;
    let numbers = numbers_of(population);
    let holds_customers = EngineSettings::default().customer_objects;
    let mut hours = BTreeMap::<(usize, i64), u64>::new();
    for event in traffic.events.iter().filter(|event| event.topic == Topic::Queries && event.time < until) {
        let Ok(read) = serde_json::from_str::<Read<'_>>(&event.line) else { continue };
        let of_customers = read.objects.iter().any(|object| holds_customers.matches(object));
        let number = read.actor.and_then(|login| numbers.get(&login.to_lowercase()));
        if let (true, Some(number), Some(rows)) = (of_customers, number, read.rows) {
            *hours.entry((*number, event.time.as_millis() / HOUR_MS)).or_default() += rows;
        }
    }
    let mut most = vec![0; population.actors.len()];
    for ((number, _), rows) in hours {
        most[number] = rows.max(most[number]);
    }
    most
}

fn numbers_of(population: &Population) -> BTreeMap<String, usize> {
    let spellings = |(number, actor): (usize, &Actor)| {
        let folded = actor.spellings.iter().map(|one| one.to_lowercase());
        folded.map(move |login| (login, number)).collect::<Vec<_>>()
    };
    population.actors.iter().enumerate().flat_map(spellings).collect()
}
