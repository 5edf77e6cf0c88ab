//! The state of one actor.

use super::kinds::Kinds;
use super::lifecycle::{Closed, Open};
use super::names::TopNames;
use super::stream::StreamState;
use crate::core::activity::{Activity, ActorKind};
use crate::core::rules::{Limits, RuleSet, Subject};
use crate::core::time::EventTime;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::sync::Arc;

/// An actor's state; index-aligned with the plan's streams and overlaps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct EntityState {
    pub name: Box<str>,
    pub role: Box<str>,
    pub team: Box<str>,
    pub kind: ActorKind,
    pub streams: Vec<Option<Box<StreamState>>>,
    pub overlaps: Vec<Option<Box<Kinds>>>,
    pub objects: TopNames,
    pub destinations: TopNames,
    pub open: SmallVec<[Box<Open>; 0]>,
    pub closed: SmallVec<[Box<Closed>; 0]>,
    pub first_seen: EventTime,
    /// How far the log's time had come when it last told of this actor.
    pub touched: EventTime,
    /// Derived from the rules and the fields above.
    #[serde(skip)]
    pub limits: Option<Arc<[Limits]>>,
}

impl EntityState {
    /// An actor seen for the first time.
    pub fn new(activity: &Activity<'_>, name: &str) -> Self {
        Self {
            name: name.into(),
            role: activity.role.into(),
            team: activity.team.into(),
            kind: activity.actor_kind,
            streams: Vec::new(),
            overlaps: Vec::new(),
            objects: TopNames::default(),
            destinations: TopNames::default(),
            open: SmallVec::new(),
            closed: SmallVec::new(),
            first_seen: activity.time,
            touched: activity.received,
            limits: None,
        }
    }

    /// Takes over what the directory says now; the log's time is `now`.
    pub fn meet(&mut self, activity: &Activity<'_>, now: EventTime) {
        self.touched = now;
        if &*self.role != activity.role || &*self.team != activity.team || self.kind != activity.actor_kind {
            self.role = activity.role.into();
            self.team = activity.team.into();
            self.kind = activity.actor_kind;
            self.limits = None;
        }
    }

    /// Whom rules judge.
    pub fn subject(&self) -> Subject<'_> {
        Subject { actor: &self.name, team: &self.team, role: &self.role, kind: self.kind, entity: &self.name }
    }

    /// The limits of every rule for this actor.
    pub fn limits(&mut self, rules: &RuleSet) -> Arc<[Limits]> {
        if let Some(limits) = &self.limits {
            return Arc::clone(limits);
        }
        let limits: Arc<[Limits]> = rules.limits_for(&self.subject()).into();
        self.limits = Some(Arc::clone(&limits));
        limits
    }

    /// Tags kept.
    pub fn kept(&self) -> usize {
        let windows = self.streams.iter().flatten().flat_map(|stream| &stream.windows);
        windows.map(super::stream::WindowState::kept).sum()
    }

    /// Drops what no window needs any more; says whether anything worth keeping is left. `now` is how far the log's
    /// time has come: what counts is how long it told nothing of this actor, not how old the events are, so that a
    /// backlog is judged as if it had come in time.
    pub fn tidy(&mut self, now: EventTime) -> bool {
        let idle = now.since(self.touched);
        self.closed.retain(|closed| !closed.is_forgotten(now));
        for stream in &mut self.streams {
            if stream.as_mut().is_some_and(|state| !state.tidy(idle)) {
                *stream = None;
            }
        }
        let empty = self.streams.iter().all(Option::is_none);
        if empty {
            self.overlaps.clear();
        }
        !(empty && self.open.is_empty() && self.closed.is_empty())
    }
}
