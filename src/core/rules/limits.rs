//! Static limits: the most specific wins, in the order actor, team, role, kind, default.

use super::model::Subject;
use super::raw::{RawLimitFor, RawLimits};
use crate::core::activity::ActorKind;
use crate::core::incident::Severity;
use std::collections::BTreeMap;

/// From which count on which severity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// `info` from here on.
    pub info: Option<f64>,
    /// `warning` from here on.
    pub warn: Option<f64>,
    /// `page` from here on.
    pub page: Option<f64>,
}

impl Limits {
    /// The highest severity that `observed` meets, and its limit.
    pub fn met(&self, observed: f64) -> Option<(Severity, f64)> {
        [(Severity::Page, self.page), (Severity::Warning, self.warn), (Severity::Info, self.info)]
            .into_iter()
            .find_map(|(severity, limit)| limit.filter(|limit| observed >= *limit).map(|limit| (severity, limit)))
    }

    /// The lowest limit there is; without any, nothing is ever met.
    pub fn lowest(&self) -> Option<f64> {
        [self.info, self.warn, self.page].into_iter().flatten().min_by(f64::total_cmp)
    }

    /// The lower of both, severity by severity.
    #[must_use]
    pub fn lowered_to(&self, other: &Self) -> Self {
        let lower = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self {
            info: lower(self.info, other.info),
            warn: lower(self.warn, other.warn),
            page: lower(self.page, other.page),
        }
    }

    /// With `limit` for `severity`, where that is lower.
    #[must_use]
    pub fn tightened(&self, severity: Severity, limit: f64) -> Self {
        let one = match severity {
            Severity::Info => Self { info: Some(limit), ..Self::default() },
            Severity::Warning => Self { warn: Some(limit), ..Self::default() },
            Severity::Page => Self { page: Some(limit), ..Self::default() },
        };
        self.lowered_to(&one)
    }

    /// Each of them times `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let times = |limit: Option<f64>| limit.map(|limit| limit * factor);
        Self { info: times(self.info), warn: times(self.warn), page: times(self.page) }
    }

    /// Whether a person may be woken.
    pub const fn pages(&self) -> bool {
        self.page.is_some()
    }
}

impl From<RawLimits> for Limits {
    fn from(raw: RawLimits) -> Self {
        Self { info: raw.info, warn: raw.warn, page: raw.page }
    }
}

/// Where static limits come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitSource {
    /// The actor's own.
    Actor,
    /// The team's.
    Team,
    /// The role's.
    Role,
    /// Those of people, or of programs.
    Kind,
    /// Those of whoever leaves.
    Leaving,
    /// Everybody's.
    Default,
}

impl LimitSource {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Team => "team",
            Self::Role => "role",
            Self::Kind => "kind",
            Self::Leaving => "leaving",
            Self::Default => "default",
        }
    }
}

/// The limits of one rule for everybody.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitTable {
    default: Limits,
    actor: BTreeMap<String, Limits>,
    team: BTreeMap<String, Limits>,
    role: BTreeMap<String, Limits>,
    kind: BTreeMap<ActorKind, Limits>,
    leaving: Option<Limits>,
}

impl LimitTable {
    /// From the file's shape.
    pub fn new(default: RawLimits, raw: &RawLimitFor) -> Self {
        let table = |map: &BTreeMap<String, RawLimits>| map.iter().map(|(k, v)| (k.clone(), (*v).into())).collect();
        Self {
            default: default.into(),
            actor: table(&raw.actor),
            team: table(&raw.team),
            role: table(&raw.role),
            kind: raw.kind.iter().map(|(kind, limits)| (*kind, (*limits).into())).collect(),
            leaving: raw.leaving.map(Into::into),
        }
    }

    /// The limits for one subject.
    pub fn resolve(&self, subject: &Subject<'_>) -> Limits {
        self.resolve_from(subject).0
    }

    /// The limits for one subject, and where they come from.
    pub fn resolve_from(&self, subject: &Subject<'_>) -> (Limits, LimitSource) {
        let tables = [
            (self.actor.get(subject.actor), LimitSource::Actor),
            (self.team.get(subject.team), LimitSource::Team),
            (self.role.get(subject.role), LimitSource::Role),
            (self.kind.get(&subject.kind), LimitSource::Kind),
        ];
        let special = tables.into_iter().find_map(|(limits, source)| limits.map(|limits| (*limits, source)));
        let (limits, source) = special.unwrap_or((self.default, LimitSource::Default));
        match self.leaving.filter(|_| subject.leaving).map(|leaving| limits.lowered_to(&leaving)) {
            Some(lowered) if lowered != limits => (lowered, LimitSource::Leaving),
            Some(_) | None => (limits, source),
        }
    }

    /// Every limit times `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        fn each<K: Clone + Ord>(table: &BTreeMap<K, Limits>, factor: f64) -> BTreeMap<K, Limits> {
            table.iter().map(|(key, limits)| (key.clone(), limits.scaled(factor))).collect()
        }
        Self {
            default: self.default.scaled(factor),
            actor: each(&self.actor, factor),
            team: each(&self.team, factor),
            role: each(&self.role, factor),
            kind: each(&self.kind, factor),
            leaving: self.leaving.map(|limits| limits.scaled(factor)),
        }
    }

    /// Every limit in the table.
    pub fn all(&self) -> impl Iterator<Item = Limits> + '_ {
        let tables = [&self.actor, &self.team, &self.role].into_iter().flat_map(|table| table.values());
        std::iter::once(self.default).chain(tables.copied()).chain(self.kind.values().copied()).chain(self.leaving)
    }
}
