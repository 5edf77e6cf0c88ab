//! The directory's actors, found by any of their logins.

use super::look::look;
use super::zones::ZoneId;
use crate::core::activity::ActorKind;
use crate::core::time::EventTime;
use hashbrown::{HashMap, HashSet};

/// What the directory says about an actor.
#[derive(Clone, Debug)]
pub(super) struct ActorRecord {
    /// In the directory's spelling.
    pub name: Box<str>,
    /// Every login, folded: the name and the aliases.
    pub logins: Vec<Box<str>>,
    pub role: Box<str>,
    pub team: Box<str>,
    pub kind: ActorKind,
    pub zone: ZoneId,
    pub notice_at: Option<EventTime>,
    pub left_at: Option<EventTime>,
    pub missing_since: Option<EventTime>,
    /// Its line in the file.
    pub line: usize,
}

/// Actors by number and by login.
#[derive(Clone, Debug, Default)]
pub(super) struct Actors {
    records: Vec<ActorRecord>,
    by_login: HashMap<Box<str>, u32>,
    /// What logins look like.
    looks: HashSet<Box<str>>,
}

impl Actors {
    /// Adds `record` with all its logins that nobody else has; gives the line of the first actor that has one of them.
    pub(super) fn push(&mut self, record: ActorRecord) -> Option<usize> {
        let number = u32::try_from(self.records.len()).ok()?;
        let mut claimed = None;
        for login in &record.logins {
            self.looks.insert(look(login));
            let holder = *self.by_login.entry_ref(&**login).or_insert(number);
            if holder != number {
                claimed = claimed.or(self.records.get(holder as usize).map(|other| other.line));
            }
        }
        self.records.push(record);
        claimed
    }

    pub(super) fn number(&self, folded: &str) -> Option<u32> {
        self.by_login.get(folded).copied()
    }

    /// Whether a login that nobody has looks like one that somebody has.
    pub(super) fn looks_like_one(&self, folded: &str) -> bool {
        !self.looks.is_empty() && self.looks.contains(&look(folded))
    }

    pub(super) fn find(&self, folded: &str) -> Option<&ActorRecord> {
        self.get(self.number(folded)?)
    }

    pub(super) fn get(&self, number: u32) -> Option<&ActorRecord> {
        self.records.get(number as usize)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &ActorRecord> {
        self.records.iter()
    }
}
