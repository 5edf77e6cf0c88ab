//! The customers that activities of some incidents touched.

use super::scope::{Relation, Scope};
use crate::core::activity::{Activity, Flags};
use crate::core::detector::Origins;
use crate::core::event::EventKind;
use crate::core::identifiers::kind_of_set;
use crate::core::time::EventTime;
use crate::core::units::Tag;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Different tags that are kept, at most: several hundred megabytes.
const MAX_TAGS: usize = 20_000_000;
/// Different names of objects and places that are told, at most.
const MAX_NAMES: usize = 50;

/// How often somebody was read and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Queries that name the customer.
    pub read: u32,
    /// What left and shows the customer.
    pub egressed: u32,
    /// The first of these events.
    pub first: EventTime,
    /// The last.
    pub last: EventTime,
    /// Whether one of them is part of an incident, not just before it.
    pub concerned: bool,
    /// Whether the filter, or the object queried, says that it is a customer's.
    pub customer: bool,
}

impl Touch {
    /// The two as one customer: both tags are hers, of two identifiers or under two keys, and mostly stand in the same
    /// events.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        Self {
            read: self.read.max(other.read),
            egressed: self.egressed.max(other.egressed),
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            concerned: self.concerned || other.concerned,
            customer: self.customer || other.customer,
        }
    }
}

/// What the incidents' own activities add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Queries.
    pub queries: u64,
    /// Rows that they returned, as far as they tell it.
    pub rows: u64,
    /// Rows of customers that no identifier names; the same ones may be in it more than once.
    pub unnamed_rows: u64,
    /// Queries of customers that do not tell how many rows they returned.
    pub untold: u64,
    /// Events by which something left.
    pub egress: u64,
    /// Bytes that left.
    pub bytes: u64,
    /// Of these events, the ones that show no identifier at all.
    pub unseen: u64,
    /// Who acted.
    pub actors: BTreeSet<String>,
    /// Tables and the like, masked.
    pub objects: BTreeSet<String>,
    /// Where it went, masked.
    pub destinations: BTreeSet<String>,
    /// The first and the last event.
    pub period: Option<(EventTime, EventTime)>,
    /// Whether more different identifiers were named than are kept.
    pub cut: bool,
    /// Events that belong to the incidents and did not count: the service had set their records aside.
    pub set_aside: u64,
}

/// Collects what belongs to some incidents, each record once, in the order of the log.
pub struct Touched {
    scopes: Vec<Scope>,
    origins: Origins,
    kinds: BTreeMap<String, FxHashMap<Tag, Touch>>,
    kept: usize,
    /// What it adds up to.
    pub figures: Figures,
}

impl Touched {
    /// Nothing yet.
    pub fn new(scopes: Vec<Scope>) -> Self {
        Self { scopes, origins: Origins::default(), kinds: BTreeMap::new(), kept: 0, figures: Figures::default() }
    }

    /// Takes up an activity.
    pub fn take(&mut self, activity: &Activity<'_>) {
        let relation = self.scopes.iter().map(|scope| scope.relation(activity)).max().unwrap_or(Relation::None);
        if relation == Relation::None || !self.origins.is_new(&activity.origin) {
            return;
        }
        if relation == Relation::Part && !activity.flags.has(Flags::CONTINUATION) {
            self.figures.add(activity);
        }
        for list in &activity.tags {
            let all = activity.counts_all(list);
            if !self.kinds.contains_key(list.kind) {
                self.kinds.insert(list.kind.to_owned(), FxHashMap::default());
            }
            let Some(tags) = self.kinds.get_mut(list.kind) else { continue };
            for (at, tag) in list.tags().enumerate() {
                let touch = touch(activity, relation, all || list.is_member(at));
                if let Some(before) = tags.get_mut(&tag) {
                    before.add(touch);
                } else if self.kept < MAX_TAGS {
                    self.kept += 1;
                    tags.insert(tag, touch);
                } else {
                    self.figures.cut = true;
                }
            }
        }
    }

    /// Leaves an activity out, as the service did, and counts what is missing.
    pub fn pass_over(&mut self, activity: &Activity<'_>) {
        let concerns = self.scopes.iter().any(|scope| scope.relation(activity) != Relation::None);
        if concerns && self.origins.is_new(&activity.origin) {
            self.figures.set_aside += 1;
        }
    }

    /// What happened to the customer with this tag of the set called so, if an incident concerns it.
    pub fn find(&self, set: &str, tag: Tag) -> Option<Touch> {
        self.kinds.get(set)?.get(&tag).filter(|touch| touch.concerned).copied()
    }

    /// Different customers that the incidents' events name: the largest kind's, hence a lower bound.
    pub fn named(&self) -> u64 {
        self.names().map(|(_, named)| named).max().unwrap_or(0)
    }

    /// Which kinds of identifier were named.
    pub fn kinds(&self) -> BTreeSet<&str> {
        self.names().filter(|(_, named)| *named > 0).map(|(set, _)| kind_of_set(set)).collect()
    }

    fn names(&self) -> impl Iterator<Item = (&str, u64)> {
        let counts = |touch: &&Touch| touch.concerned && touch.customer;
        self.kinds.iter().map(move |(kind, tags)| (kind.as_str(), tags.values().filter(counts).count() as u64))
    }
}

impl Touch {
    /// One more event that names the customer.
    fn add(&mut self, other: Self) {
        let (read, egressed) = (self.read.saturating_add(other.read), self.egressed.saturating_add(other.egressed));
        *self = Self { read, egressed, ..self.merged(other) };
    }
}

impl Figures {
    fn add(&mut self, activity: &Activity<'_>) {
        match activity.kind {
            EventKind::Query => {
                self.queries += 1;
                self.rows += activity.rows.map_or(0, |rows| rows.0);
                self.unnamed_rows += activity.unnamed_rows();
                self.untold += u64::from(activity.rows.is_none() && activity.is_of_customers());
            }
            EventKind::Egress => {
                self.egress += 1;
                self.bytes += activity.bytes.map_or(0, |bytes| bytes.0);
                self.unseen += u64::from(activity.tags.is_empty());
            }
        }
        let (first, last) = self.period.unwrap_or((activity.time, activity.time));
        self.period = Some((first.min(activity.time), last.max(activity.time)));
        note(&mut self.actors, activity.actor);
        activity.objects.iter().for_each(|object| note(&mut self.objects, object));
        activity.destination.into_iter().for_each(|place| note(&mut self.destinations, place));
    }
}

fn note(names: &mut BTreeSet<String>, name: &str) {
    if names.len() < MAX_NAMES && !names.contains(name) {
        names.insert(name.to_owned());
    }
}

fn touch(activity: &Activity<'_>, relation: Relation, customer: bool) -> Touch {
    Touch {
        read: u32::from(activity.kind == EventKind::Query),
        egressed: u32::from(activity.kind == EventKind::Egress),
        first: activity.time,
        last: activity.time,
        concerned: relation == Relation::Part,
        customer,
    }
}

#[cfg(test)]
mod tests;
