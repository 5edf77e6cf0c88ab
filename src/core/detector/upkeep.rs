//! What time brings without events: incidents that end, state that is forgotten; and a change of rules.

use super::judge::false_from;
use super::plan::Plan;
use super::summary::resolved;
use super::view::View;
use super::{Detector, Output};
use crate::core::incident::Incident;
use crate::core::time::{EventTime, Millis};
use std::collections::BTreeMap;

/// Every actor is visited once in so many sweeps.
const SWEEPS_A_ROUND: u32 = 60;
/// A sweep every minute that the log tells of.
const SWEEP_EVERY: Millis = Millis::from_mins(1);

impl Detector {
    /// Time has come to `now`, as the log says.
    pub(super) fn advance(&mut self, now: EventTime, out: &mut Vec<Output>) {
        if now <= self.watermark {
            return;
        }
        self.watermark = now;
        while let Some((due, at, rule)) = self.due.first().cloned()
            && due <= now
        {
            self.due.pop_first();
            self.look_at(at, &rule, now, out);
        }
        if now.since(self.swept.0) >= SWEEP_EVERY {
            self.sweep(now);
        }
    }

    /// Puts the actor's open incidents on the list of those to look at.
    pub(super) fn schedule(&mut self, at: usize) {
        let Some(entity) = self.entities[at].as_mut() else { return };
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        for open in entity.open.iter_mut().filter(|open| open.due <= open.line.time) {
            open.due = open.line.time.plus(open.hold).plus(Millis::new(1));
            self.due.insert((open.due, number, open.line.rule.clone()));
        }
    }

    /// Resolves the open incident of `rule` if its condition has been false for its hold; else looks again later.
    fn look_at(&mut self, at: u32, rule: &str, now: EventTime, out: &mut Vec<Output>) {
        let Some(entity) = self.entities[at as usize].as_mut() else { return };
        let Some(open) = entity.open_of(rule) else { return };
        let limits = entity.limits(&self.plan.set);
        let view = View { plan: &self.plan, figures: &self.figures, entity };
        let counts = self.plan.set.rules.iter().enumerate().filter(|(_, known)| known.id == rule);
        let ends =
            counts.map(|(number, _)| limits[number].lowest().map_or(now, |limit| false_from(view, number, limit)));
        let Some(ends) = ends.max() else { return };
        let hold = entity.open[open].hold;
        let over = ends.plus(hold);
        // A backlog brings old events: the condition is not over while the log still tells of the actor.
        let due = over.max(entity.touched.plus(hold));
        if due > now {
            entity.open[open].due = due;
            self.due.insert((due, at, rule.to_string()));
            return;
        }
        let why = format!("below its limit since {ends}");
        let line = entity.resolve(open, over, resolved(rule, &entity.name.clone(), &why));
        out.push(Output::Incident(Box::new(line)));
    }

    fn sweep(&mut self, now: EventTime) {
        let all = u32::try_from(self.entities.len()).unwrap_or(u32::MAX);
        let share = all.div_ceil(SWEEPS_A_ROUND).max(1).min(all);
        let mut cursor = self.swept.1;
        for _ in 0..share {
            cursor = if cursor + 1 >= all { 0 } else { cursor + 1 };
            let slot = &mut self.entities[cursor as usize];
            if let Some(entity) = slot
                && !entity.tidy(now)
            {
                self.names.remove(&entity.name);
                *slot = None;
                self.free.push(cursor);
            }
        }
        self.swept = (now, cursor);
    }

    /// Puts `plan` in force: counts that it asks for too are kept, incidents of rules that went are resolved.
    pub(super) fn relay(&mut self, plan: Plan, out: &mut Vec<Output>) {
        let old = std::mem::replace(&mut self.plan, plan);
        let mut moved_streams = BTreeMap::new();
        for (from, spec) in old.streams.iter().enumerate() {
            if let Some(to) = self.plan.streams.iter().position(|new| new.filter == spec.filter) {
                moved_streams.insert(from, to);
            }
        }
        for at in 0..self.entities.len() {
            self.relay_entity(at, &old, &moved_streams);
            self.resolve_gone(at, out);
        }
        self.due.retain(|(_, _, rule)| self.plan.set.rules.iter().any(|known| known.id == *rule));
    }

    fn relay_entity(&mut self, at: usize, old: &Plan, moved: &BTreeMap<usize, usize>) {
        let Some(entity) = self.entities[at].as_mut() else { return };
        entity.limits = None;
        let mut streams: Vec<_> = self.plan.streams.iter().map(|_| None).collect();
        for (from, state) in std::mem::take(&mut entity.streams).into_iter().enumerate() {
            if let (Some(to), Some(state)) = (moved.get(&from), state) {
                streams[*to] = Some(Box::new(state.relaid(&self.plan.streams[*to])));
            }
        }
        entity.streams = streams;
        let mut overlaps: Vec<_> = self.plan.overlaps.iter().map(|_| None).collect();
        for (from, state) in std::mem::take(&mut entity.overlaps).into_iter().enumerate() {
            let spec = &old.overlaps[from];
            let same = self.plan.overlaps.iter().position(|new| {
                moved.get(&spec.stream) == Some(&new.stream)
                    && (new.window, new.read_before) == (spec.window, spec.read_before)
            });
            if let Some(to) = same {
                overlaps[to] = state;
            }
        }
        entity.overlaps = overlaps;
    }

    fn resolve_gone(&mut self, at: usize, out: &mut Vec<Output>) {
        let Some(entity) = self.entities[at].as_mut() else { return };
        let rules = &self.plan.set.rules;
        while let Some(gone) = entity.open.iter().position(|open| !rules.iter().any(|rule| rule.id == open.line.rule)) {
            let name = entity.name.clone();
            let rule = entity.open[gone].line.rule.clone();
            let time = self.watermark.max(entity.open[gone].line.time);
            let line: Incident = entity.resolve(gone, time, resolved(&rule, &name, "the rule went"));
            out.push(Output::Incident(Box::new(line)));
        }
    }
}
