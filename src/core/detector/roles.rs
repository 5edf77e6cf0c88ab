//! What one partition learned of its actors' ordinary days, by rule and role.

use super::plan::Plan;
use super::role_book::bucket_of;
use super::roster::Roster;
use crate::core::activity::RoleHistogram;
use crate::core::incident::EntityKind;
use crate::core::time::Millis;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How far back peers are looked at where a rule has no history of its own.
const HISTORY: Millis = Millis::from_days(14);

/// Histograms of the actors' largest values, by rule and role.
pub(super) struct Told<'a>(BTreeMap<(Cow<'a, str>, &'a str), BTreeMap<u16, u32>>);

impl<'a> Told<'a> {
    /// What the actors of a partition had learned before `day`.
    pub fn of(roster: &'a Roster, plan: &'a Plan, day: u32) -> Self {
        let mut told = BTreeMap::<_, BTreeMap<u16, u32>>::new();
        for (place, rule) in plan.baselines.iter().enumerate() {
            let rule = &plan.set.rules[*rule];
            let Some(spec) = rule.baseline.as_ref().filter(|spec| spec.peers.is_some()) else { continue };
            let history = spec.own.map_or(HISTORY, |(history, _, _)| history);
            for entity in roster.iter().filter(|entity| entity.entity == EntityKind::Actor) {
                let learned = entity.learned.get(place).and_then(Option::as_deref);
                if let Some(max) = learned.and_then(|learned| learned.max(day, history)) {
                    let histogram = told.entry((rule.key(), &*entity.role)).or_default();
                    *histogram.entry(bucket_of(max)).or_default() += 1;
                }
            }
        }
        Self(told)
    }

    /// As the log carries them.
    pub fn roles(&self) -> Vec<RoleHistogram<'_>> {
        self.0
            .iter()
            .map(|((rule, role), buckets)| RoleHistogram {
                rule,
                role,
                buckets: buckets.iter().map(|(bucket, count)| (*bucket, *count)).collect(),
            })
            .collect()
    }
}
