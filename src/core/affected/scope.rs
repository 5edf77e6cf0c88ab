//! Which activities belong to an incident.

use crate::core::activity::{Activity, DestinationClass};
use crate::core::cases::Told;
use crate::core::event::EventKind;
use crate::core::incident::{Entity, EntityKind, Status};
use crate::core::rules::{RuleSet, Shape};
use crate::core::time::{EventTime, Millis};
use std::collections::BTreeSet;

/// What an activity is to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Nothing.
    None,
    /// A query before it: it matters for customers that the incident concerns anyway.
    Before,
    /// It is part of it.
    Part,
}

/// Whose activities belong to an incident, and of what time.
#[derive(Clone, Debug)]
pub struct Scope {
    entity: Entity,
    /// Who sent something to the entity, where it is a place.
    senders: BTreeSet<String>,
    /// Queries count from here on.
    reads_from: EventTime,
    from: EventTime,
    to: EventTime,
}

impl Scope {
    /// The scope of `told`, raised under `rules`; an incident that is still open goes on to `end`. `None` for one about a
    /// source: it concerns no customer.
    pub fn new(told: &Told, rules: &RuleSet, end: EventTime) -> Option<Self> {
        let entity = told.shown.entity.clone();
        if entity.kind == EntityKind::Source {
            return None;
        }
        let from = told.began().minus(told.shown.window.length());
        let of_rule = || rules.rules.iter().filter(|rule| rule.id == told.last.rule);
        // It was resolved once the condition had been false for the rule's hold.
        let hold = of_rule().map(|rule| rule.hold).max().unwrap_or(Millis::ZERO);
        let resolved = told.last.status == Status::Resolved;
        let to = if resolved { told.last.time.minus(hold).max(told.began()) } else { end };
        let read_before = of_rule().map(|rule| read_before(&rule.shape)).max().unwrap_or(Millis::ZERO);
        let senders = told.shown.actors.iter().cloned().collect();
        Some(Self { entity, senders, reads_from: from.minus(read_before), from, to })
    }

    /// From when on activities matter.
    pub const fn reads_from(&self) -> EventTime {
        self.reads_from
    }

    /// When it begins and ends.
    pub const fn span(&self) -> (EventTime, EventTime) {
        (self.from, self.to)
    }

    /// The one actor that it is about, if it is about one.
    pub fn actor(&self) -> Option<&str> {
        (self.entity.kind == EntityKind::Actor).then_some(self.entity.id.as_str())
    }

    /// Whether who took part has to be learned from all activities before any is judged: an incident names a hundred.
    pub const fn learns(&self) -> bool {
        matches!(self.entity.kind, EntityKind::Destination | EntityKind::Domain)
    }

    /// Learns who sends to the place that it is about.
    pub fn learn(&mut self, activity: &Activity<'_>) {
        if self.learns() && self.goes_there(activity) && !self.senders.contains(activity.actor) {
            self.senders.insert(activity.actor.to_owned());
        }
    }

    /// What `activity` is to it.
    pub fn relation(&self, activity: &Activity<'_>) -> Relation {
        if activity.time > self.to || activity.time <= self.reads_from {
            return Relation::None;
        }
        let during = activity.time > self.from;
        match (self.is_concerned(activity), activity.kind) {
            (Relation::None, _) => Relation::None,
            (relation, EventKind::Query) => {
                if during {
                    relation
                } else {
                    Relation::Before
                }
            }
            (relation, EventKind::Egress) => {
                let left = activity.class != DestinationClass::Internal;
                if during && left { relation } else { Relation::None }
            }
        }
    }

    fn is_concerned(&self, activity: &Activity<'_>) -> Relation {
        let id = self.entity.id.as_str();
        let part = |is| if is { Relation::Part } else { Relation::None };
        match self.entity.kind {
            EntityKind::Actor => part(activity.actor == id),
            EntityKind::Team => part(activity.team == id),
            EntityKind::ClientIp => part(activity.client_ip == Some(id)),
            EntityKind::Destination | EntityKind::Domain => match activity.kind {
                EventKind::Egress => part(self.goes_there(activity)),
                EventKind::Query if self.senders.contains(activity.actor) => Relation::Before,
                EventKind::Query => Relation::None,
            },
            EntityKind::Source => Relation::None,
        }
    }

    fn goes_there(&self, activity: &Activity<'_>) -> bool {
        let place = match self.entity.kind {
            EntityKind::Destination => activity.destination,
            EntityKind::Domain => activity.domain,
            EntityKind::Actor | EntityKind::Team | EntityKind::ClientIp | EntityKind::Source => None,
        };
        activity.kind == EventKind::Egress && place == Some(self.entity.id.as_str())
    }
}

/// How long before something left what was read of it counts.
const fn read_before(shape: &Shape) -> Millis {
    match shape {
        Shape::Overlap { read_before } => read_before.length(),
        Shape::Sequence { within } => within.length(),
        Shape::Count(_) | Shape::FirstSeen(_) => Millis::ZERO,
    }
}
