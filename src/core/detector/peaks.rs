//! The largest value of each rule's window, by entity and day: what tuning looks at.

use super::Detector;
use crate::core::incident::EntityKind;

/// One day of one actor under one rule with a baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak<'a> {
    /// The rule's place in its set.
    pub rule: usize,
    /// The actor.
    pub actor: &'a str,
    /// Its role.
    pub role: &'a str,
    /// The UTC day, counted from the epoch.
    pub day: u32,
    /// The largest value of the rule's window on that day.
    pub value: f64,
}

impl Detector {
    /// Every actor's largest values of the last month, by rule and day; for rules with a baseline, and outside open
    /// incidents.
    pub fn peaks(&self) -> impl Iterator<Item = Peak<'_>> {
        let baselines = &self.plan.baselines;
        let actors = self.roster.iter().filter(|entity| entity.entity == EntityKind::Actor);
        actors.flat_map(move |entity| {
            let learned = entity.learned.iter().enumerate().filter_map(|(place, one)| Some((place, one.as_deref()?)));
            learned.flat_map(move |(place, learned)| {
                learned.by_day().map(move |(day, value)| Peak {
                    rule: baselines[place],
                    actor: &entity.name,
                    role: &entity.role,
                    day,
                    value,
                })
            })
        })
    }
}
