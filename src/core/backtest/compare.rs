//! Two lists of incidents of one history, side by side.

use super::episodes::Episode;
use crate::core::incident::Entity;
use crate::core::time::Millis;
use serde::Serialize;
use std::collections::BTreeMap;

/// How an incident under the new rules differs from the one under the old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// There was none.
    New,
    /// There is none any more.
    Lost,
    /// It matters more.
    Raised,
    /// It matters less.
    Lowered,
    /// It reaches its severity sooner.
    Earlier,
    /// It reaches its severity later.
    Later,
    /// At the same time, with the same severity.
    Same,
}

impl Change {
    /// Those in which something differs.
    pub const DIFFERENT: [Self; 6] = [Self::New, Self::Lost, Self::Raised, Self::Lowered, Self::Earlier, Self::Later];

    /// The word for it in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Lost => "lost",
            Self::Raised => "raised",
            Self::Lowered => "lowered",
            Self::Earlier => "earlier",
            Self::Later => "later",
            Self::Same => "the same",
        }
    }
}

/// One incident under both.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference<'a> {
    /// What differs.
    pub change: Change,
    /// Under the old rules.
    pub old: Option<&'a Episode>,
    /// Under the new.
    pub new: Option<&'a Episode>,
}

impl<'a> Difference<'a> {
    fn of(old: &'a Episode, new: &'a Episode) -> Self {
        let change = match (new.severity.cmp(&old.severity), new.at.cmp(&old.at)) {
            (std::cmp::Ordering::Greater, _) => Change::Raised,
            (std::cmp::Ordering::Less, _) => Change::Lowered,
            (std::cmp::Ordering::Equal, std::cmp::Ordering::Less) => Change::Earlier,
            (std::cmp::Ordering::Equal, std::cmp::Ordering::Greater) => Change::Later,
            (std::cmp::Ordering::Equal, std::cmp::Ordering::Equal) => Change::Same,
        };
        Self { change, old: Some(old), new: Some(new) }
    }

    /// The one that there is, the new one first.
    pub fn either(&self) -> Option<&'a Episode> {
        self.new.or(self.old)
    }

    /// How much later the new one reaches its severity; negative where it is earlier.
    pub fn delay(&self) -> Option<Millis> {
        self.old.zip(self.new).map(|(old, new)| new.at.since(old.at))
    }
}

/// Pairs the incidents of a rule and entity that were open at one time, each with at most one, the earliest first. In the
/// order of the old ones, and then the new ones without a partner.
pub fn compare<'a>(old: &'a [Episode], new: &'a [Episode]) -> Vec<Difference<'a>> {
    let mut waiting: BTreeMap<(&str, &Entity), Vec<&Episode>> = BTreeMap::new();
    for episode in new {
        waiting.entry((&episode.rule, &episode.entity)).or_default().push(episode);
    }
    let mut told: Vec<Difference<'_>> = Vec::new();
    for episode in old {
        let candidates = waiting.get_mut(&(episode.rule.as_str(), &episode.entity));
        let partner = candidates.and_then(|new| new.iter().position(|new| new.meets(episode)).map(|at| new.remove(at)));
        told.push(match partner {
            Some(new) => Difference::of(episode, new),
            None => Difference { change: Change::Lost, old: Some(episode), new: None },
        });
    }
    let mut rest: Vec<&Episode> = waiting.into_values().flatten().collect();
    rest.sort_by(|a, b| a.opened.cmp(&b.opened).then_with(|| (&a.rule, &a.entity).cmp(&(&b.rule, &b.entity))));
    told.extend(rest.into_iter().map(|new| Difference { change: Change::New, old: None, new: Some(new) }));
    told
}
