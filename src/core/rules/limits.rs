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

/// The limits of one rule for everybody.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitTable {
    default: Limits,
    actor: BTreeMap<String, Limits>,
    team: BTreeMap<String, Limits>,
    role: BTreeMap<String, Limits>,
    kind: BTreeMap<ActorKind, Limits>,
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
        }
    }

    /// The limits for one subject.
    pub fn resolve(&self, subject: &Subject<'_>) -> Limits {
        let special = self.actor.get(subject.actor);
        let special = special.or_else(|| self.team.get(subject.team));
        let special = special.or_else(|| self.role.get(subject.role));
        special.or_else(|| self.kind.get(&subject.kind)).copied().unwrap_or(self.default)
    }

    /// Every limit in the table.
    pub fn all(&self) -> impl Iterator<Item = Limits> + '_ {
        let tables = [&self.actor, &self.team, &self.role].into_iter().flat_map(|table| table.values());
        std::iter::once(self.default).chain(tables.copied()).chain(self.kind.values().copied())
    }
}
