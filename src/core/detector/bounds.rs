//! Which limits hold for an entity under a rule: the static ones, tightened by what is ordinary.

use super::baseline::{Own, day_of};
use super::entity::EntityState;
use super::role_book::{Peers, RoleBook};
use crate::core::incident::{Baseline, OwnBaseline, PeerBaseline};
use crate::core::rules::{BaselineSpec, Limits, Rule};
use crate::core::time::EventTime;

/// Limits in force, and the baseline that took part.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bounds {
    pub limits: Limits,
    pub ordinary: Option<Ordinary>,
}

/// What is ordinary, and the limit that follows from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ordinary {
    pub own: Option<Own>,
    pub peers: Option<Peers>,
    pub limit: f64,
}

impl Bounds {
    /// `fixed` are the static limits; `place` is where the entity keeps what it learned under `rule`.
    pub fn new(
        fixed: Limits,
        rule: &Rule,
        place: Option<usize>,
        entity: &EntityState,
        roles: &RoleBook,
        time: EventTime,
    ) -> Self {
        let spec = rule.baseline.as_ref().zip(place);
        let ordinary = spec.and_then(|(spec, place)| ordinary(spec, &rule.key(), place, entity, roles, time));
        let limits = match (&ordinary, &rule.baseline) {
            (Some(ordinary), Some(spec)) => fixed.tightened(spec.severity, ordinary.limit),
            (None | Some(_), _) => fixed,
        };
        Self { limits, ordinary }
    }
}

/// While the entity is learning there is none, and the static limit holds.
fn ordinary(
    spec: &BaselineSpec,
    rule: &str,
    place: usize,
    entity: &EntityState,
    roles: &RoleBook,
    time: EventTime,
) -> Option<Ordinary> {
    let learned = entity.learned.get(place).and_then(Option::as_deref);
    let mut limit = spec.floor;
    let mut own = None;
    if let Some((history, factor, after)) = spec.own {
        let known = learned?.own(day_of(time), history, after)?;
        limit = limit.max(factor * known.max);
        own = Some(known);
    }
    let peers = spec.peers.and_then(|(percentile, factor)| {
        let peers = roles.peers(rule, &entity.role, percentile)?;
        limit = limit.max(factor * peers.asked);
        Some(peers)
    });
    (own.is_some() || peers.is_some()).then_some(Ordinary { own, peers, limit })
}

impl Ordinary {
    /// As an incident tells it.
    pub fn told(&self) -> Baseline {
        Baseline {
            own: self.own.map(|own| OwnBaseline { median: own.median, max: own.max, days: own.days }),
            peers: self.peers.map(|peers| PeerBaseline {
                by: "role".into(),
                p50: peers.p50,
                p99: peers.p99,
                n: peers.n,
            }),
        }
    }
}
