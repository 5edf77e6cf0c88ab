//! Rules that run in shadow, against the live rules that they are meant to replace.

use super::compare::{Change, compare};
use super::episodes::Episode;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a shadow rule would have changed in one week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Week {
    /// Its incidents.
    pub raised: u64,
    /// Of them, those about something that some live rule raised an incident about at the same time.
    pub known: u64,
    /// Against the live rule that it is meant to replace, where there is one.
    pub changes: BTreeMap<Change, u64>,
}

/// Weeks by shadow rule, and the live rule that each is held against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ShadowRule {
    /// The live rule, where one has an id that the shadow rule's begins with: `bulk-read` for `bulk-read-next`.
    pub against: Option<String>,
    /// By ISO 8601 week of the opening.
    pub weeks: BTreeMap<String, Week>,
}

/// Holds every shadow rule of `episodes` against the live ones.
pub fn shadow_rules(episodes: &[Episode]) -> BTreeMap<String, ShadowRule> {
    let (shadow, live): (Vec<Episode>, Vec<Episode>) = episodes.iter().cloned().partition(|episode| episode.shadow);
    let ids: BTreeSet<&str> = live.iter().map(|episode| episode.rule.as_str()).collect();
    let mut rules: BTreeMap<String, ShadowRule> = BTreeMap::new();
    for episode in &shadow {
        let rule = rules.entry(episode.rule.clone()).or_default();
        rule.against =
            ids.iter().filter(|id| replaces(&episode.rule, id)).max_by_key(|id| id.len()).map(ToString::to_string);
        let week = rule.weeks.entry(episode.opened.iso_week()).or_default();
        week.raised += 1;
        let same = |other: &&Episode| other.entity == episode.entity && other.meets(episode);
        week.known += u64::from(live.iter().any(|other| same(&other)));
    }
    for (id, rule) in &mut rules {
        let Some(against) = rule.against.clone() else { continue };
        let old: Vec<Episode> = live.iter().filter(|episode| episode.rule == against).cloned().collect();
        let renamed = |episode: &Episode| Episode { rule: against.clone(), ..episode.clone() };
        let new: Vec<Episode> = shadow.iter().filter(|episode| episode.rule == *id).map(renamed).collect();
        for difference in compare(&old, &new) {
            let Some(episode) = difference.either() else { continue };
            let week = rule.weeks.entry(episode.opened.iso_week()).or_default();
            *week.changes.entry(difference.change).or_default() += 1;
        }
    }
    rules
}

/// Whether a rule's id says that it is another form of `live`.
fn replaces(id: &str, live: &str) -> bool {
    id.strip_prefix(live).is_some_and(|rest| rest.starts_with('-'))
}
