//! Why rules fired on an actor, or did not: each count, its limit, and where the limit came from.

use super::Detector;
use super::bounds::Bounds;
use super::entity::EntityState;
use super::view::View;
use crate::core::incident::{Baseline, Entity, EntityKind, Measure, Severity, Window};
use crate::core::rules::{LimitSource, Limits, Mode};
use crate::core::time::EventTime;
use schemars::JsonSchema;
use serde::Serialize;

/// One rule, as it stands for one entity at one time.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Explanation {
    /// The rule.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// The actor, or what it shares with others.
    pub entity: Entity,
    /// What is counted.
    pub measure: Measure,
    /// Over which window.
    pub window: Window,
    /// The count.
    pub observed: f64,
    /// The limits in force, by severity.
    pub limits: InForce,
    /// Where the static limits come from: `actor`, `team`, `role`, `kind`, `leaving` or `default`.
    pub limit_from: &'static str,
    /// The limit that the baseline gives, where there is one.
    pub baseline_limit: Option<f64>,
    /// What is ordinary, where that is known.
    pub baseline: Option<Baseline>,
    /// How many actors take part.
    pub actors: u64,
    /// Why it fires, or does not.
    pub verdict: Verdict,
    /// The rule's place among those in force.
    #[serde(skip)]
    pub place: usize,
}

impl Explanation {
    /// Sorts what several detectors explain: by rule, as the rules stand, and by entity.
    pub fn in_order(told: &mut [Self]) {
        told.sort_by(|a, b| a.place.cmp(&b.place).then_with(|| a.entity.cmp(&b.entity)));
    }
}

/// Limits by severity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct InForce {
    /// `info` from here on.
    pub info: Option<f64>,
    /// `warning` from here on.
    pub warning: Option<f64>,
    /// `page` from here on.
    pub page: Option<f64>,
}

/// Why a rule fires, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// Its limit is reached.
    Fires {
        /// How much it matters.
        severity: Severity,
    },
    /// The same, but it does not count yet.
    Shadow {
        /// How much it would matter.
        severity: Severity,
    },
    /// The count is below every limit.
    BelowLimit,
    /// Its limit is reached, but by too few actors, or by too little each.
    TooFewActors {
        /// How many it asks for.
        wanted: u64,
    },
    /// It has no limit for this entity.
    NoLimit,
    /// An exception lets the entity off.
    Excepted,
    /// It is switched off.
    Off,
}

impl Detector {
    /// Every rule as it stands at `time` for `actor`, and for what the actor shares with others; empty where the actor
    /// was never met. Counts of a time before the newest event are those of the windows that end then.
    pub fn explain(&self, actor: &str, time: EventTime) -> Vec<Explanation> {
        let concerned = self.roster.iter().filter(|entity| match entity.entity {
            EntityKind::Actor => &*entity.name == actor,
            EntityKind::Source => false,
            EntityKind::Team | EntityKind::Destination | EntityKind::Domain | EntityKind::ClientIp => {
                entity.streams.iter().flatten().any(|stream| stream.shares.has(actor))
            }
        });
        let mut told = Vec::new();
        for entity in concerned {
            for (number, rule) in self.plan.set.rules.iter().enumerate() {
                if rule.by == entity.entity {
                    told.push(self.explain_rule(entity, number, time));
                }
            }
        }
        Explanation::in_order(&mut told);
        told
    }

    fn explain_rule(&self, entity: &EntityState, number: usize, time: EventTime) -> Explanation {
        let rule = &self.plan.set.rules[number];
        let (fixed, source) = rule.limits.resolve_from(&entity.subject());
        let bounds = Bounds::new(fixed, rule, self.plan.places[number].baseline, entity, &self.roles, time);
        let view = View::new(&self.plan, &self.figures, entity);
        let observed = view.value(number, time);
        let limits = bounds.limits;
        Explanation {
            rule: rule.id.clone(),
            title: rule.title.clone(),
            entity: Entity { kind: entity.entity, id: entity.name.to_string() },
            measure: rule.measure(),
            window: rule.window,
            observed,
            limits: InForce { info: limits.info, warning: limits.warn, page: limits.page },
            limit_from: LimitSource::name(source),
            baseline_limit: bounds.ordinary.map(|ordinary| ordinary.limit),
            baseline: bounds.ordinary.map(|ordinary| ordinary.told()),
            actors: view.actors(number, time),
            verdict: self.verdict(entity, number, time, (observed, limits)),
            place: number,
        }
    }

    fn verdict(
        &self,
        entity: &EntityState,
        number: usize,
        time: EventTime,
        (observed, limits): (f64, Limits),
    ) -> Verdict {
        let rule = &self.plan.set.rules[number];
        if limits.lowest().is_none() {
            return Verdict::NoLimit;
        }
        let Some((severity, _)) = limits.met(observed) else {
            return if rule.mode == Mode::Off { Verdict::Off } else { Verdict::BelowLimit };
        };
        if self.plan.set.is_excepted(&rule.id, &entity.subject(), time) {
            return Verdict::Excepted;
        }
        let view = View::new(&self.plan, &self.figures, entity);
        let wanted = rule.actors_at_least;
        let shared = entity.entity != EntityKind::Actor;
        if shared && wanted > 1 && view.actors_with(number, time, rule.each_at_least) < wanted {
            return Verdict::TooFewActors { wanted };
        }
        match rule.mode {
            Mode::Live => Verdict::Fires { severity },
            Mode::Shadow => Verdict::Shadow { severity },
            Mode::Off => Verdict::Off,
        }
    }
}
