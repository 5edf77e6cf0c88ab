//! Checked rules: what the engine runs.

use super::filter::Filter;
use super::limits::{LimitTable, Limits};
use super::raw::{FirstSeen, Mode};
use crate::core::incident::{EntityKind, Measure, Severity, Window};
use crate::core::time::{EventTime, Millis};
use std::borrow::Cow;

/// What a rule looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A count over a window.
    Count(Measure),
    /// Customers sent that were read at most `read_before` earlier.
    Overlap {
        /// How long before.
        read_before: Window,
    },
    /// Something new for the entity.
    FirstSeen(FirstSeen),
    /// Customers queried, then something sent to an external destination.
    Sequence {
        /// How soon.
        within: Window,
    },
}

/// A baseline that may tighten a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineSpec {
    /// The entity's own past: how far back, factor, after how long.
    pub own: Option<(Millis, f64, Millis)>,
    /// The role's percentile, and the factor.
    pub peers: Option<(f64, f64)>,
    /// Never below.
    pub floor: f64,
    /// What it raises.
    pub severity: Severity,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Which of the rule's counts this is: 0, or the place among the further ones, from 1.
    pub arm: u8,
    /// What its incidents are called.
    pub title: String,
    /// Whether it counts.
    pub mode: Mode,
    /// What it looks for.
    pub shape: Shape,
    /// Which events take part.
    pub filter: Filter,
    /// By which entity.
    pub by: EntityKind,
    /// Over which window.
    pub window: Window,
    /// Its limits.
    pub limits: LimitTable,
    /// What may tighten them.
    pub baseline: Option<BaselineSpec>,
    /// How many actors must take part.
    pub actors_at_least: u64,
    /// How much of the count each of them must account for.
    pub each_at_least: f64,
    /// How long its condition must be false before an incident resolves.
    pub hold: Millis,
    /// What to do: a path or URL.
    pub runbook: String,
}

impl Rule {
    /// What its counts are known by across partitions: the id, and the number of a further count.
    pub fn key(&self) -> Cow<'_, str> {
        if self.arm == 0 { Cow::Borrowed(&self.id) } else { Cow::Owned(format!("{}#{}", self.id, self.arm)) }
    }

    /// The measure in its incidents.
    pub const fn measure(&self) -> Measure {
        match &self.shape {
            Shape::Count(measure) => *measure,
            Shape::Overlap { .. } => Measure::Overlap,
            Shape::FirstSeen(FirstSeen::Destination) => Measure::Destinations,
            Shape::FirstSeen(FirstSeen::Object) => Measure::Objects,
            Shape::Sequence { .. } => Measure::CustomersNamed,
        }
    }
}

/// Somebody or something let off a rule for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The rule.
    pub rule: String,
    /// Who or what.
    pub who: Excepted,
    /// From when.
    pub from: EventTime,
    /// Until when, excluded.
    pub until: EventTime,
}

/// Whom an exception lets off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Excepted {
    /// One actor.
    Actor(String),
    /// A team.
    Team(String),
    /// A role.
    Role(String),
    /// A destination, domain or address.
    Entity(String),
}

/// Rules in force together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSet {
    /// SHA-256 of the files' text, in hexadecimal: what a control record calls it.
    pub version: String,
    /// The rules, in file order; no two of one id.
    pub rules: Vec<Rule>,
    /// Who is let off.
    pub exceptions: Vec<Exception>,
}

impl RuleSet {
    /// Whether `rule` is not counted at `time` for this actor.
    pub fn is_excepted(&self, rule: &str, subject: &Subject<'_>, time: EventTime) -> bool {
        self.exceptions.iter().any(|exception| {
            exception.rule == rule
                && (exception.from..exception.until).contains(&time)
                && match &exception.who {
                    Excepted::Actor(name) => name == subject.actor,
                    Excepted::Team(name) => name == subject.team,
                    Excepted::Role(name) => name == subject.role,
                    Excepted::Entity(name) => name == subject.entity,
                }
        })
    }

    /// The limits of every rule for one subject.
    pub fn limits_for(&self, subject: &Subject<'_>) -> Vec<Limits> {
        self.rules.iter().map(|rule| rule.limits.resolve(subject)).collect()
    }
}

/// Who is judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// The actor.
    pub actor: &'a str,
    /// Its team.
    pub team: &'a str,
    /// Its role.
    pub role: &'a str,
    /// Person or program.
    pub kind: crate::core::activity::ActorKind,
    /// The entity's id; the actor's for actor entities.
    pub entity: &'a str,
    /// Under notice, or gone.
    pub leaving: bool,
}
