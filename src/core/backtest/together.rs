//! Several rule sets judged in one pass over what they all count.
//!
//! Counting is most of the work, and sets that differ in limits count the same. Rules that are the same in all sets are
//! judged once; of the others each set has its own, which share no incidents. Nothing else may differ, or the sets are to be
//! judged one by one: see [`Together::of`] and [`Together::holds`].

#[cfg(test)]
mod tests;

use super::{differing, episodes::Episodes};
use crate::core::detector::{DetectorStats, count_alike};
use crate::core::incident::{Incident, IncidentId, Status, incident_id};
use crate::core::rules::{Exception, Rule, RuleSet, Shape, on_side, side_of};
use std::collections::{BTreeSet, HashMap};

/// Rule sets as one.
#[derive(Clone, Debug)]
pub struct Together {
    set: RuleSet,
    sides: usize,
}

/// The lines of rule sets that are judged together, told apart.
#[derive(Debug)]
pub struct Apart {
    sides: usize,
    /// Ids of open incidents as their own set gives them.
    ids: HashMap<IncidentId, IncidentId>,
}

impl Together {
    /// `None` where the sets do not count the same: other windows or filters would change what a count remembers.
    pub fn of(sets: &[RuleSet]) -> Option<Self> {
        let differ = differ(sets);
        let mut set = RuleSet { version: sets.first()?.version.clone(), ..RuleSet::default() };
        for (id, arm) in merged(sets)? {
            let of = |set: &RuleSet| set.rules.iter().find(|rule| rule.id == id && rule.arm == arm).cloned();
            let each = sets.iter().enumerate().filter_map(|(side, set)| Some((side, of(set)?)));
            if differ.contains(id) {
                set.rules.extend(each.map(|(side, rule)| Rule { id: on_side(id, side), ..rule }));
            } else {
                set.rules.extend(each.take(1).map(|(_, rule)| rule));
            }
        }
        for (side, of) in sets.iter().enumerate() {
            let marked = of.exceptions.iter().filter(|exception| differ.contains(&exception.rule));
            set.exceptions.extend(
                marked.map(|exception| Exception { rule: on_side(&exception.rule, side), ..exception.clone() }),
            );
        }
        let same = sets.first()?.exceptions.iter().filter(|exception| !differ.contains(&exception.rule));
        set.exceptions.extend(same.cloned());
        let alike = sets.iter().all(|one| count_alike(one, &set));
        alike.then_some(Self { set, sides: sets.len() })
    }

    /// What is to be judged.
    pub const fn rules(&self) -> &RuleSet {
        &self.set
    }

    /// Tells the sets' lines apart.
    pub fn apart(&self) -> Apart {
        Apart { sides: self.sides, ids: HashMap::new() }
    }

    /// Whether each set raised what it raises alone. How long an account is remembered that no directory knows depends on
    /// its incidents, which may be another set's; so does how many there are, which matters once they are too many.
    pub const fn holds(stats: &DetectorStats) -> bool {
        stats.kept_for_incidents == 0 && stats.crowded == 0
    }
}

impl Apart {
    /// Hands a line to those whose it is, by their numbers, under the id that it has among theirs. Its case and its sentence
    /// speak of the incidents of all sets, so they are left out.
    pub fn take(&mut self, line: Incident, mut take: impl FnMut(usize, &Incident)) {
        let (id, side) = side_of(&line.rule);
        let rule = id.to_owned();
        let incident = if side.is_some() { self.own_id(&rule, &line) } else { line.incident.clone() };
        let line = Incident { rule, case: incident.clone(), incident, summary: String::new(), ..line };
        match side {
            Some(side) => take(side, &line),
            None => (0..self.sides).for_each(|side| take(side, &line)),
        }
    }

    fn own_id(&mut self, rule: &str, line: &Incident) -> IncidentId {
        let known = self.ids.get(&line.incident).cloned();
        let own = known.unwrap_or_else(|| incident_id(rule, &line.entity, line.time));
        match line.status {
            Status::Resolved => drop(self.ids.remove(&line.incident)),
            Status::Opened | Status::Escalated | Status::Updated => {
                self.ids.insert(line.incident.clone(), own.clone());
            }
        }
        own
    }

    /// The same, gathered into incidents.
    pub fn gather(&mut self, line: Incident, episodes: &mut [Episodes]) {
        self.take(line, |side, line| {
            if let Some(episodes) = episodes.get_mut(side) {
                episodes.take(line);
            }
        });
    }
}

/// Rules that every set has for itself: those that differ between any two, and those that learn nothing while another
/// rule's incident is open.
fn differ(sets: &[RuleSet]) -> BTreeSet<String> {
    let pairs = sets.iter().zip(sets.iter().skip(1));
    let mut ids: BTreeSet<String> = pairs.flat_map(|(one, other)| differing(one, other)).collect();
    if !ids.is_empty() {
        let rules = sets.iter().flat_map(|set| &set.rules);
        let heeding = rules.filter(|rule| matches!(rule.shape, Shape::Sequence { .. }) && rule.baseline.is_some());
        ids.extend(heeding.map(|rule| rule.id.clone()));
    }
    ids
}

/// Every rule of any set, each set in its order; `None` where they contradict each other.
fn merged(sets: &[RuleSet]) -> Option<Vec<(&str, u8)>> {
    let mut order: Vec<(&str, u8)> = Vec::new();
    for set in sets {
        let mut next = 0;
        for key in set.rules.iter().map(|rule| (rule.id.as_str(), rule.arm)) {
            match order.iter().position(|known| *known == key) {
                Some(at) if at < next => return None,
                Some(at) => next = at + 1,
                None => {
                    order.insert(next, key);
                    next += 1;
                }
            }
        }
    }
    Some(order)
}
