//! The book of cases.

use super::verdict::Judgement;
use crate::core::incident::{Incident, IncidentId, Severity, Status};
use crate::core::time::EventTime;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// At most this many incidents are kept; the one that was silent longest goes first, and an open one last.
pub const MAX_INCIDENTS: usize = 20_000;
/// Revisions kept of one incident; its last line is kept whole.
const MAX_STEPS: usize = 64;
/// Actors of one incident by whom it is found.
const MAX_NAMED: usize = 1_000;
/// Once there are so many cases, those of which nothing is kept are forgotten: what stays is half as many at most.
const MAX_CASES: usize = 8 * MAX_INCIDENTS;
/// Verdicts kept; the oldest goes first.
const MAX_JUDGEMENTS: usize = 20_000;

/// One revision of an incident in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The line's number.
    pub revision: u32,
    /// What happened.
    pub status: Status,
    /// How much it mattered then.
    pub severity: Severity,
    /// When.
    #[serde(with = "super::super::time::rfc3339")]
    pub time: EventTime,
    /// The count then.
    pub observed: f64,
    /// The limit then.
    pub threshold: f64,
}

/// An incident as far as it was told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// Its last line.
    pub last: Incident,
    /// The last line that was not `resolved`: what a person is shown of it.
    pub shown: Incident,
    /// Its revisions, in order.
    pub steps: Vec<Step>,
}

impl Told {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.last.status != Status::Resolved
    }

    /// When it was first told of.
    pub fn began(&self) -> EventTime {
        self.steps.first().map_or(self.last.time, |step| step.time)
    }

    /// The largest count that any of its lines told.
    pub fn peak(&self) -> f64 {
        self.steps.iter().map(|step| step.observed).fold(0.0, f64::max)
    }
}

/// One leak: every incident that belongs to it, the gravest first, then the oldest.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The id of the oldest case that it was joined from.
    pub id: &'a IncidentId,
    /// Its incidents; at least one.
    pub incidents: Vec<&'a Told>,
    /// The last verdict on it.
    pub judgement: Option<&'a Judgement>,
}

impl Case<'_> {
    /// Whether an incident of it is open.
    pub fn is_open(&self) -> bool {
        self.incidents.iter().any(|told| told.is_open())
    }

    /// Every actor concerned, in order of name.
    pub fn actors(&self) -> BTreeSet<&str> {
        self.incidents.iter().flat_map(|told| &told.shown.actors).map(String::as_str).collect()
    }
}

/// All cases, from incident lines and verdicts in the order of their topics.
#[derive(Debug, Default)]
pub struct CaseBook {
    incidents: BTreeMap<IncidentId, Told>,
    /// When each case id was first told of.
    began: BTreeMap<IncidentId, EventTime>,
    /// Into which older case a case was joined.
    joined: BTreeMap<IncidentId, IncidentId>,
    /// The cases of each actor's open incidents.
    open: BTreeMap<String, BTreeMap<IncidentId, IncidentId>>,
    /// Under which actors each open incident stands there.
    named: BTreeMap<IncidentId, BTreeSet<String>>,
    judgements: BTreeMap<IncidentId, Judgement>,
}

impl CaseBook {
    /// Takes up a line; says whether it told something new. Shadow lines count for nothing here.
    pub fn take(&mut self, line: Incident) -> bool {
        let known = self.incidents.get(&line.incident).map_or(0, |told| told.last.revision);
        if line.shadow || line.revision <= known {
            return false;
        }
        let began = self.began.entry(line.case.clone()).or_insert(line.time);
        *began = line.time.min(*began);
        self.join(&line);
        self.keep(line);
        self.bound();
        true
    }

    /// Takes up a verdict.
    pub fn judge(&mut self, judgement: Judgement) {
        self.judgements.insert(judgement.case.clone(), judgement);
        while self.judgements.len() > MAX_JUDGEMENTS {
            let oldest = self.judgements.values().min_by_key(|judgement| judgement.at).map(|one| one.case.clone());
            let Some(oldest) = oldest else { return };
            self.judgements.remove(&oldest);
        }
    }

    /// Every case: open ones first, the gravest first, then the newest.
    pub fn cases(&self) -> Vec<Case<'_>> {
        let mut by_case: BTreeMap<&IncidentId, Vec<&Told>> = BTreeMap::new();
        for told in self.incidents.values() {
            by_case.entry(self.root(&told.last.case)).or_default().push(told);
        }
        let mut cases: Vec<Case<'_>> =
            by_case.into_iter().map(|(id, incidents)| self.assemble(id, incidents)).collect();
        cases.sort_by_key(|case| {
            let gravest = case.incidents.first().map(|told| told.shown.severity);
            let newest = case.incidents.iter().map(|told| told.last.time).max();
            Reverse((case.is_open(), gravest, newest))
        });
        cases
    }

    /// The case that an id now belongs to: a case's own, one that was joined into it, or an incident's.
    pub fn case(&self, id: &IncidentId) -> Option<Case<'_>> {
        let id = self.incidents.get(id).map_or(id, |told| &told.last.case);
        let (root, _) = self.began.get_key_value(self.root(id))?;
        let incidents: Vec<&Told> = self.incidents.values().filter(|told| self.root(&told.last.case) == root).collect();
        (!incidents.is_empty()).then(|| self.assemble(root, incidents))
    }

    /// Every incident that is kept.
    pub fn incidents(&self) -> impl Iterator<Item = &Told> {
        self.incidents.values()
    }

    fn assemble<'a>(&'a self, id: &'a IncidentId, mut incidents: Vec<&'a Told>) -> Case<'a> {
        incidents.sort_by_key(|told| (Reverse(told.shown.severity), told.began(), &told.last.incident));
        // A verdict was given under the id that the case had then.
        let given = self.judgements.values().filter(|judgement| self.root(&judgement.case) == id);
        Case { id, incidents, judgement: given.max_by_key(|judgement| judgement.at) }
    }

    /// Cases that share an actor while both are open are one; the oldest id stays.
    fn join(&mut self, line: &Incident) {
        let shared: Vec<IncidentId> = if line.status == Status::Resolved {
            Vec::new()
        } else {
            let open = line.actors.iter().filter_map(|actor| self.open.get(actor));
            open.flat_map(BTreeMap::values).cloned().collect()
        };
        for other in shared {
            let (one, two) = (self.root(&line.case).clone(), self.root(&other).clone());
            if one != two {
                let age = |id: &IncidentId| (self.began.get(id).copied(), id.clone());
                let (older, younger) = if age(&one) <= age(&two) { (one, two) } else { (two, one) };
                self.joined.insert(younger, older);
            }
        }
    }

    fn root<'a>(&'a self, id: &'a IncidentId) -> &'a IncidentId {
        let mut at = id;
        // Only ever from younger to older, so this ends.
        while let Some(older) = self.joined.get(at) {
            at = older;
        }
        at
    }

    fn keep(&mut self, line: Incident) {
        let resolved = line.status == Status::Resolved;
        if resolved {
            self.close(&line.incident);
        } else {
            let named = self.named.entry(line.incident.clone()).or_default();
            for actor in &line.actors {
                if named.len() < MAX_NAMED || named.contains(actor) {
                    named.insert(actor.clone());
                    let open = self.open.entry(actor.clone()).or_default();
                    open.insert(line.incident.clone(), line.case.clone());
                }
            }
        }
        let step = step(&line);
        if let Some(told) = self.incidents.get_mut(&line.incident) {
            if told.steps.len() == MAX_STEPS {
                told.steps.remove(1);
            }
            told.steps.push(step);
            if !resolved {
                told.shown = line.clone();
            }
            told.last = line;
        } else {
            let told = Told { shown: line.clone(), last: line, steps: vec![step] };
            self.incidents.insert(told.last.incident.clone(), told);
        }
    }

    fn close(&mut self, incident: &IncidentId) {
        for actor in self.named.remove(incident).into_iter().flatten() {
            if let Some(open) = self.open.get_mut(&actor) {
                open.remove(incident);
                if open.is_empty() {
                    self.open.remove(&actor);
                }
            }
        }
    }

    fn bound(&mut self) {
        while self.incidents.len() > MAX_INCIDENTS {
            let gone = self.incidents.values().min_by_key(|told| (told.is_open(), told.last.time));
            let Some(gone) = gone.map(|told| told.last.incident.clone()) else { return };
            self.close(&gone);
            self.incidents.remove(&gone);
        }
        if self.began.len() > MAX_CASES {
            self.forget_cases();
        }
    }

    /// Forgets the cases of which neither an incident nor a verdict is kept.
    fn forget_cases(&mut self) {
        let cases = self.incidents.values().map(|told| &told.last.case).chain(self.judgements.keys());
        let kept: BTreeMap<IncidentId, IncidentId> =
            cases.map(|case| (case.clone(), self.root(case).clone())).collect();
        let known: BTreeSet<&IncidentId> = kept.iter().flat_map(|(case, root)| [case, root]).collect();
        self.began.retain(|case, _| known.contains(case));
        self.joined = kept.iter().filter(|(case, root)| case != root).map(|(a, b)| (a.clone(), b.clone())).collect();
    }
}

fn step(line: &Incident) -> Step {
    Step {
        revision: line.revision,
        status: line.status,
        severity: line.severity,
        time: line.time,
        observed: line.observed,
        threshold: line.threshold,
    }
}

#[cfg(test)]
mod tests;
