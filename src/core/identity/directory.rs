//! Looking up actors, addresses and destinations.

use super::host::{host_of, registrable};
use crate::core::activity::{ActorKind, DestinationClass};
use crate::core::time::EventTime;
use hashbrown::HashMap;
use jiff::tz::TimeZone;
use rustc_hash::FxBuildHasher;
use std::borrow::Cow;

/// The role of whom the directory does not know.
pub(super) const UNKNOWN_ROLE: &str = "unknown";

/// What the directory says of an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ActorRecord {
    pub name: String,
    pub aliases: Vec<String>,
    pub role: String,
    pub team: String,
    pub kind: ActorKind,
    pub tz: Option<TimeZone>,
    pub notice_at: Option<EventTime>,
    pub left_at: Option<EventTime>,
    pub missing_since: Option<EventTime>,
    /// The line it came from, from 1.
    pub line: usize,
}

/// An address held by an actor for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub actor: String,
    pub from: Option<EventTime>,
    pub to: Option<EventTime>,
}

/// Who is who.
#[derive(Clone, Debug)]
pub struct Directory {
    pub(super) actors: Vec<ActorRecord>,
    /// Folded spelling to actor.
    pub(super) spellings: HashMap<String, usize, FxBuildHasher>,
    pub(super) destinations: HashMap<String, DestinationClass, FxBuildHasher>,
    pub(super) leases: HashMap<String, Vec<Lease>, FxBuildHasher>,
    pub(super) tz: TimeZone,
    pub(super) lines: usize,
}

impl Default for Directory {
    /// Nobody is known, everything is external, and time zones are UTC.
    fn default() -> Self {
        Self {
            actors: Vec::new(),
            spellings: HashMap::default(),
            destinations: HashMap::default(),
            leases: HashMap::default(),
            tz: TimeZone::UTC,
            lines: 0,
        }
    }
}

/// An actor, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved<'a> {
    name: Cow<'a, str>,
    /// Person or program.
    pub kind: ActorKind,
    /// The role, or `unknown`.
    pub role: &'a str,
    /// The team; empty where there is none.
    pub team: &'a str,
    /// Since when notice is known.
    pub notice_at: Option<EventTime>,
    /// Since when the actor has left.
    pub left_at: Option<EventTime>,
    /// Since when the directory lacks the actor.
    pub missing_since: Option<EventTime>,
    /// Offset from UTC at the time asked about.
    pub utc_offset_minutes: i16,
}

impl Resolved<'_> {
    /// The directory's spelling; of whom it does not know, the folded spelling of the source.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A destination, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedDestination<'a> {
    host: Cow<'a, str>,
    mailbox: Option<String>,
    /// How close it is.
    pub class: DestinationClass,
}

impl ResolvedDestination<'_> {
    /// What may be shown: the host, or `‹mailbox›@domain`.
    pub fn shown(&self) -> &str {
        self.mailbox.as_deref().unwrap_or(&self.host)
    }

    /// The registrable domain.
    pub fn domain(&self) -> &str {
        registrable(&self.host)
    }
}

impl Directory {
    /// How many actors it knows.
    pub fn actors(&self) -> usize {
        self.actors.len()
    }

    /// The actor called `login`; without one, who held `client_ip` at `time`, or the address itself.
    pub fn resolve_actor<'a>(
        &'a self,
        login: Option<&'a str>,
        client_ip: Option<&'a str>,
        time: EventTime,
    ) -> Resolved<'a> {
        let login = login.map(str::trim).filter(|login| !login.is_empty());
        if let Some(login) = login {
            return match self.find(login) {
                Some(actor) => self.known(actor, time),
                None => self.unknown(fold(login), time),
            };
        }
        let address = client_ip.map(str::trim).unwrap_or_default();
        match self.holder(address, time) {
            Some(holder) => match self.find(holder) {
                Some(actor) => self.known(actor, time),
                None => self.unknown(fold(holder), time),
            },
            None => self.unknown(Cow::Owned(format!("ip:{address}")), time),
        }
    }

    /// Where `raw` is.
    pub fn destination<'a>(&self, raw: &'a str) -> ResolvedDestination<'a> {
        let (host, is_mailbox) = host_of(raw);
        let class = self.class_of(&host);
        let mailbox = is_mailbox.then(|| format!("‹mailbox›@{host}"));
        ResolvedDestination { host, mailbox, class }
    }

    fn class_of(&self, host: &str) -> DestinationClass {
        let mut rest = host;
        loop {
            if let Some(class) = self.destinations.get(rest) {
                return *class;
            }
            match rest.split_once('.') {
                Some((_, parent)) => rest = parent,
                None => return DestinationClass::External,
            }
        }
    }

    pub(super) fn find(&self, login: &str) -> Option<&ActorRecord> {
        if self.spellings.is_empty() {
            return None;
        }
        self.spellings.get(&*fold(login)).map(|at| &self.actors[*at])
    }

    fn holder(&self, address: &str, time: EventTime) -> Option<&str> {
        let leases = self.leases.get(address)?;
        let held = leases
            .iter()
            .filter(|lease| lease.from.is_none_or(|from| from <= time) && lease.to.is_none_or(|to| time < to));
        held.max_by_key(|lease| lease.from).map(|lease| lease.actor.as_str())
    }

    fn known<'a>(&'a self, actor: &'a ActorRecord, time: EventTime) -> Resolved<'a> {
        Resolved {
            name: Cow::Borrowed(&actor.name),
            kind: actor.kind,
            role: &actor.role,
            team: &actor.team,
            notice_at: actor.notice_at,
            left_at: actor.left_at,
            missing_since: actor.missing_since,
            utc_offset_minutes: offset_minutes(actor.tz.as_ref().unwrap_or(&self.tz), time),
        }
    }

    fn unknown<'a>(&self, name: Cow<'a, str>, time: EventTime) -> Resolved<'a> {
        Resolved {
            name,
            kind: ActorKind::Human,
            role: UNKNOWN_ROLE,
            team: "",
            notice_at: None,
            left_at: None,
            missing_since: None,
            utc_offset_minutes: offset_minutes(&self.tz, time),
        }
    }
}

/// Logins compare in lower case, without space around them.
pub(super) fn fold(login: &str) -> Cow<'_, str> {
    let login = login.trim();
    if login.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(login)
    } else {
        Cow::Owned(login.to_lowercase())
    }
}

fn offset_minutes(tz: &TimeZone, time: EventTime) -> i16 {
    let Ok(timestamp) = jiff::Timestamp::from_millisecond(time.as_millis()) else { return 0 };
    i16::try_from(tz.to_offset(timestamp).seconds() / 60).unwrap_or(0)
}
