//! The state of one entity: an actor, or what several actors share.

use super::baseline::Learned;
use super::common_limits::CommonLimits;
use super::fresh::Known;
use super::hours::Hours;
use super::kinds::Kinds;
use super::lifecycle::{Closed, Open};
use super::names::TopNames;
use super::networks::Networks;
use super::shared::Shared;
use super::stream::StreamState;
use super::unread::Unread;
use crate::core::activity::{Activity, ActorKind};
use crate::core::incident::{EntityKind, IncidentId};
use crate::core::rules::{Limits, RuleSet, Subject};
use crate::core::time::{EventTime, Millis};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::sync::Arc;

/// Whoever the directory does not know is forgotten after so long without an event: the longest window, and its slice.
const FORGOTTEN_AFTER: Millis = Millis::from_days(31);

/// An entity's state; its lists are index-aligned with the plan's streams, overlaps and baselines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct EntityState {
    pub entity: EntityKind,
    pub name: Box<str>,
    pub role: Box<str>,
    pub team: Box<str>,
    pub kind: ActorKind,
    /// The directory has, or once had, the actor: it is never forgotten.
    pub listed: bool,
    /// Under notice, or gone.
    pub leaving: bool,
    pub streams: Vec<Option<Shared<StreamState>>>,
    pub overlaps: Vec<Option<Box<Kinds>>>,
    pub learned: Vec<Option<Box<Learned>>>,
    pub hours: Option<Box<Hours>>,
    /// The networks that a program comes from.
    pub networks: Option<Box<Networks>>,
    /// The domains outside the company that an actor sends to.
    pub domains: Option<Box<Known>>,
    /// What was sent and never read, as far as is known.
    pub unread: Option<Box<Unread>>,
    pub objects: TopNames,
    pub destinations: TopNames,
    pub open: SmallVec<[Box<Open>; 0]>,
    pub closed: SmallVec<[Box<Closed>; 0]>,
    /// The oldest case that others' records carried, and when it was opened.
    pub case: Option<Box<(EventTime, IncidentId)>>,
    pub first_seen: EventTime,
    /// The newest event.
    pub last_event: EventTime,
    /// How far the log's time had come when it last told of this entity.
    pub touched: EventTime,
    /// Derived from the rules and the fields above.
    #[serde(skip)]
    pub limits: Option<Arc<[Limits]>>,
}

/// What an entity is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It may still be judged by what it did, or the directory has it.
    Counts,
    /// Its incidents alone.
    Incidents,
    /// It is forgotten.
    Nothing,
}

impl EntityState {
    /// An entity met for the first time, at `time`.
    pub fn new(entity: EntityKind, name: &str, time: EventTime) -> Self {
        Self {
            entity,
            name: name.into(),
            role: Box::default(),
            team: Box::default(),
            kind: ActorKind::Human,
            listed: false,
            leaving: false,
            streams: Vec::new(),
            overlaps: Vec::new(),
            learned: Vec::new(),
            hours: None,
            networks: None,
            domains: None,
            unread: None,
            objects: TopNames::default(),
            destinations: TopNames::default(),
            open: SmallVec::new(),
            closed: SmallVec::new(),
            case: None,
            first_seen: time,
            last_event: EventTime::MIN,
            touched: time,
            limits: None,
        }
    }

    /// Takes over what the directory says now; the log's time is `now`.
    pub fn meet(&mut self, activity: &Activity<'_>, now: EventTime) {
        self.touched = now;
        self.last_event = self.last_event.max(activity.time).max(self.first_seen);
        let since = [activity.notice_at, activity.left_at, activity.missing_since].into_iter().flatten().min();
        let leaving = since.is_some_and(|since| activity.time >= since);
        let same = &*self.role == activity.role && &*self.team == activity.team;
        if !same || self.kind != activity.actor_kind || self.leaving != leaving {
            self.role = activity.role.into();
            self.team = activity.team.into();
            self.kind = activity.actor_kind;
            self.leaving = leaving;
            self.limits = None;
        }
    }

    /// Whom rules judge.
    pub fn subject(&self) -> Subject<'_> {
        let name = &*self.name;
        match self.entity {
            EntityKind::Actor => Subject {
                actor: name,
                team: &self.team,
                role: &self.role,
                kind: self.kind,
                entity: name,
                leaving: self.leaving,
            },
            EntityKind::Team => Subject { team: name, entity: name, ..Subject::default() },
            EntityKind::Destination | EntityKind::Domain | EntityKind::ClientIp | EntityKind::Source => {
                Subject { entity: name, ..Subject::default() }
            }
        }
    }

    /// The limits of every rule for this entity.
    pub fn limits(&mut self, rules: &RuleSet, common: &mut CommonLimits) -> Arc<[Limits]> {
        if let Some(limits) = &self.limits {
            return Arc::clone(limits);
        }
        let limits = common.share(rules.limits_for(&self.subject()));
        self.limits = Some(Arc::clone(&limits));
        limits
    }

    /// Whether rules hold against it what it did before its windows: what is shared is only counted, unless it has learned.
    pub fn is_known_by_its_past(&self) -> bool {
        self.entity == EntityKind::Actor || self.learned.iter().any(Option::is_some)
    }

    /// Tags kept.
    pub fn kept(&self) -> usize {
        self.streams.iter().flatten().map(|stream| stream.kept()).sum()
    }

    /// Whether [`Self::tidy`] would change anything, or has to say that little is left.
    pub fn needs_tidying(&self, now: EventTime) -> bool {
        let idle = now.since(self.touched);
        let is_empty = self.streams.iter().all(Option::is_none);
        self.closed.iter().any(|closed| closed.is_forgotten(now))
            || self.streams.iter().flatten().any(|state| state.needs_tidying(self.idle_streams(idle)))
            || is_empty && !self.overlaps.is_empty()
            || self.left(is_empty, idle) != Left::Counts
    }

    fn left(&self, is_empty: bool, idle: Millis) -> Left {
        let over = is_empty || idle > FORGOTTEN_AFTER;
        match (self.listed || !over, self.open.is_empty() && self.closed.is_empty()) {
            (true, _) => Left::Counts,
            (false, false) => Left::Incidents,
            (false, true) => Left::Nothing,
        }
    }

    /// For how long the streams count as idle: never while an incident is open. When it ended is read off them, and must not
    /// depend on whether they were tidied just before.
    fn idle_streams(&self, idle: Millis) -> Millis {
        if self.open.is_empty() { idle } else { Millis::ZERO }
    }

    /// Drops what no window needs any more; says what is left. `now` is how far the log's
    /// time has come: what counts is how long it told nothing of this entity, not how old the events are, so that a
    /// backlog is judged as if it had come in time.
    pub fn tidy(&mut self, now: EventTime) -> Left {
        let idle = now.since(self.touched);
        let idle_streams = self.idle_streams(idle);
        self.closed.retain(|closed| !closed.is_forgotten(now));
        for stream in &mut self.streams {
            if let Some(state) = stream
                && state.needs_tidying(idle_streams)
                && !state.to_mut().tidy(idle_streams)
            {
                *stream = None;
            }
        }
        let empty = self.streams.iter().all(Option::is_none);
        if empty {
            self.overlaps.clear();
        }
        self.left(empty, idle)
    }
}
