//! The ground truth: what the attacks really did, counted from their plans.

use super::attacks::AttackPlan;
use super::customers::CustomerIndex;
use super::step::{Action, Rows, Who};
use super::world::World;
use crate::core::time::EventTime;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One attack's truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttackTruth {
    /// Its name, unique in the simulation.
    pub name: String,
    /// The kind of attack.
    pub kind: &'static str,
    /// Who took part, in the directory's spelling.
    pub actors: Vec<String>,
    /// Entities that an alert about it may name.
    pub entities: Vec<EntityTruth>,
    /// The first event's time, RFC 3339.
    pub first_event: String,
    /// The last event's time.
    pub last_event: String,
    /// How many events.
    pub events: u64,
    /// Rows that the events tell; unknown rows add nothing.
    pub rows: u64,
    /// Events with unknown rows.
    pub events_with_unknown_rows: u64,
    /// Different customers read, named or not.
    pub customers_read: u64,
    /// Those that a query names.
    pub customers_read_named: u64,
    /// Different customers sent, seen or not.
    pub customers_sent: u64,
    /// Those that an egress event shows, if only inside an encoding.
    pub customers_sent_named: u64,
    /// Different customers read and sent.
    pub overlap: u64,
    /// Decoys touched.
    pub canaries: u64,
    /// The customers, by index.
    #[serde(skip)]
    pub touches: BTreeMap<CustomerIndex, Touch>,
}

/// An entity of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntityTruth {
    /// `actor`, `domain`, …
    pub kind: &'static str,
    /// Its id.
    pub id: String,
}

/// When a customer was first read and first sent in an attack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// First read.
    pub read_at: Option<EventTime>,
    /// First sent.
    pub sent_at: Option<EventTime>,
    /// Whether a query names the customer.
    pub read_named: bool,
    /// Whether an egress event shows the customer.
    pub sent_named: bool,
}

impl AttackTruth {
    /// What `plan` does to `world`.
    pub fn of(world: &World, plan: &AttackPlan) -> Self {
        let touches = touches(plan);
        let count = |is: fn(&Touch) -> bool| touches.values().filter(|touch| is(touch)).count() as u64;
        let canaries = world.scene().base.canaries();
        let time = |at: Option<&super::step::Step>| at.map(|step| step.at.to_string()).unwrap_or_default();
        Self {
            name: plan.name.clone(),
            kind: plan.kind,
            actors: actors(world, plan),
            entities: plan.entities.iter().map(|e| EntityTruth { kind: e.kind, id: e.id.clone() }).collect(),
            first_event: time(plan.steps.first()),
            last_event: time(plan.steps.last()),
            events: plan.steps.len() as u64,
            rows: told_rows(plan),
            events_with_unknown_rows: unknown_rows(plan),
            customers_read: count(|touch| touch.read_at.is_some()),
            customers_read_named: count(|touch| touch.read_named),
            customers_sent: count(|touch| touch.sent_at.is_some()),
            customers_sent_named: count(|touch| touch.sent_named),
            overlap: count(|touch| touch.read_at.is_some() && touch.sent_at.is_some()),
            canaries: touches.keys().filter(|index| canaries.contains(index)).count() as u64,
            touches,
        }
    }
}

fn touches(plan: &AttackPlan) -> BTreeMap<CustomerIndex, Touch> {
    let mut touches = BTreeMap::<_, Touch>::new();
    for step in &plan.steps {
        let here = step.action.touched();
        for (place, index) in here.customers.iter().enumerate() {
            let touch = touches.entry(*index).or_default();
            let named = place < here.named as usize;
            match step.action {
                Action::Query(_) => {
                    touch.read_at.get_or_insert(step.at);
                    touch.read_named |= named;
                }
                Action::Egress(_) => {
                    touch.sent_at.get_or_insert(step.at);
                    touch.sent_named |= named;
                }
            }
        }
    }
    touches
}

fn actors(world: &World, plan: &AttackPlan) -> Vec<String> {
    let population = &world.scene().population;
    let names: BTreeSet<_> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.who {
            Who::Listed { number, .. } => Some(population.actor(*number).name().to_owned()),
            Who::Unlisted(login) => Some(login.clone()),
            Who::Untold => step.client_ip.map(|ip| match population.holder(ip) {
                Some(actor) => actor.name().to_owned(),
                None => format!("ip:{ip}"),
            }),
        })
        .collect();
    names.into_iter().collect()
}

fn told_rows(plan: &AttackPlan) -> u64 {
    plan.steps
        .iter()
        .map(|step| match &step.action {
            Action::Query(query) => match query.rows {
                Rows::Told(rows) => rows,
                Rows::Unknown => 0,
            },
            Action::Egress(_) => 0,
        })
        .sum()
}

fn unknown_rows(plan: &AttackPlan) -> u64 {
    let unknown = |step: &&super::step::Step| match &step.action {
        Action::Query(query) => query.rows == Rows::Unknown,
        Action::Egress(_) => false,
    };
    plan.steps.iter().filter(unknown).count() as u64
}
