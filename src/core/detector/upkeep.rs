//! What time brings without events: incidents that end, state that is forgotten; and a change of rules.

use super::baseline::day_of;
use super::builtin::Builtin;
use super::common_limits::CommonLimits;
use super::entity::Left;
use super::judge::false_from;
use super::plan::Plan;
use super::shared::Shared;
use super::summary::resolved;
use super::view::View;
use super::{Detector, Output, To};
use crate::core::activity::{Record, RoleFigures, codec};
use crate::core::incident::Incident;
use crate::core::rules::Mode;
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
        while self.due.first().is_some_and(|(due, ..)| *due <= now) {
            let Some((_, at, rule)) = self.due.pop_first() else { break };
            self.look_at(at, &rule, now, out);
        }
        if self.began == EventTime::MIN {
            self.began = now;
        }
        self.close_batches(now, out);
        self.close_day(now, out);
        self.close_minute(now, out);
        if now.since(self.swept.0) >= SWEEP_EVERY {
            self.sweep(now);
        }
    }

    /// Puts the actor's open incidents on the list of those to look at.
    pub(super) fn schedule(&mut self, at: usize) {
        let Some(entity) = self.roster.get_mut(at) else { return };
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        for open in entity.open.iter_mut().filter(|open| open.due <= open.line.time) {
            open.due = open.line.time.plus(open.hold).plus(Millis::new(1));
            self.due.insert((open.due, number, open.line.rule.clone()));
        }
    }

    /// Resolves the open incident of `rule` if its condition has been false for its hold; else looks again later.
    fn look_at(&mut self, at: u32, rule: &str, now: EventTime, out: &mut Vec<Output>) {
        let Some(ends) = self.ends(at as usize, rule, now) else { return };
        let Some(entity) = self.roster.get_mut(at as usize) else { return };
        let Some(open) = entity.open_of(rule) else { return };
        let hold = entity.open[open].hold;
        let over = ends.plus(hold);
        // A backlog brings old events: the condition is not over while the log still tells of the entity.
        let due = if Builtin::named(rule).is_some() { over } else { over.max(entity.touched.plus(hold)) };
        if due > now {
            entity.open[open].due = due;
            self.due.insert((due, at, rule.to_string()));
            return;
        }
        let why = format!("below its limit since {ends}");
        let line = entity.resolve(open, over, resolved(rule, &entity.name.clone(), &why));
        out.push(Output::Incident(Box::new(line)));
    }

    /// When the condition of an open incident becomes, or became, false; `None` where only an event can end it.
    fn ends(&mut self, at: usize, rule: &str, now: EventTime) -> Option<EventTime> {
        let entity = self.roster.get_mut(at)?;
        let open = entity.open_of(rule)?;
        if let Some(builtin) = Builtin::named(rule) {
            return builtin.ends_by_itself().then_some(entity.open[open].met_at);
        }
        let (limits, tight) = (entity.limits(&self.plan.set, &mut self.limits), entity.open[open].tight);
        let met_at = entity.open[open].met_at;
        let kind = entity.entity;
        let view = View::new(&self.plan, &self.figures, entity);
        let counts = self.plan.set.rules.iter().enumerate().filter(|(_, known)| known.id == rule && known.by == kind);
        let ends = counts.map(|(number, known)| {
            let tight = tight.filter(|(arm, _)| *arm == known.arm).map(|(_, limit)| limit);
            let lowest = limits[number].lowest().into_iter().chain(tight).min_by(f64::total_cmp);
            // Counts that are forgotten have been 0 since their window left the last event behind.
            let forgotten = met_at.plus(known.window.length()).plus(known.window.slice());
            let is_forgotten = view.newest(number) == EventTime::MIN;
            lowest.map_or(now, |limit| if is_forgotten { forgotten } else { false_from(view, number, limit) })
        });
        ends.max()
    }

    fn sweep(&mut self, now: EventTime) {
        let all = u32::try_from(self.roster.end()).unwrap_or(u32::MAX);
        let share = all.div_ceil(SWEEPS_A_ROUND).max(1).min(all);
        let mut cursor = self.swept.1;
        for _ in 0..share {
            cursor = if cursor + 1 >= all { 0 } else { cursor + 1 };
            let at = cursor as usize;
            // Most need nothing; to change one in vain would copy it while a snapshot is being written.
            if !self.roster.get(at).is_some_and(|entity| entity.needs_tidying(now)) {
                continue;
            }
            let Some(entity) = self.roster.get_mut(at) else { continue };
            match entity.tidy(now) {
                Left::Counts => {}
                Left::Incidents => self.stats.kept_for_incidents += u64::from(entity.is_known_by_its_past()),
                Left::Nothing => self.roster.remove(at),
            }
        }
        self.swept = (now, cursor);
    }

    /// A day is over: every partition is told what was ordinary for each role.
    fn close_day(&mut self, now: EventTime, out: &mut Vec<Output>) {
        let today = day_of(now);
        if today <= self.day {
            return;
        }
        let first = self.day == 0;
        self.day = today;
        if first || !self.plan.asks_peers() {
            return;
        }
        let told = super::roles::Told::of(&self.roster, &self.plan, today);
        let record = Record::Roles(RoleFigures { made_by: self.made_by(), day: today - 1, roles: told.roles() });
        if let Ok(record) = codec::encode(&record) {
            out.push(Output::Record { to: To::All, record });
        }
        self.made += 1;
    }

    /// Puts `plan` in force: counts that it asks for too are kept, incidents of rules that went are resolved.
    pub(super) fn relay(&mut self, plan: Plan, out: &mut Vec<Output>) {
        self.close_all_batches(out);
        let old = std::mem::replace(&mut self.plan, plan);
        self.limits = CommonLimits::default();
        let mut moved_streams = BTreeMap::new();
        for (from, spec) in old.streams.iter().enumerate() {
            if let Some(to) = self.plan.streams.iter().position(|new| new.by == spec.by && new.filter == spec.filter) {
                moved_streams.insert(from, to);
            }
        }
        for at in 0..self.roster.end() {
            self.relay_entity(at, &old, &moved_streams);
            self.resolve_gone(at, out);
        }
        let known = |rule: &str| is_known(&self.plan, rule);
        self.due.retain(|(_, _, rule)| known(rule));
    }

    fn relay_entity(&mut self, at: usize, old: &Plan, moved: &BTreeMap<usize, usize>) {
        let Some(entity) = self.roster.get_mut(at) else { return };
        entity.limits = None;
        let mut streams: Vec<_> = self.plan.streams.iter().map(|_| None).collect();
        for (from, state) in std::mem::take(&mut entity.streams).into_iter().enumerate() {
            if let (Some(to), Some(state)) = (moved.get(&from), state) {
                streams[*to] = Some(Shared::new(state.into_owned().relaid(&self.plan.streams[*to])));
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
        entity.unread = None;
        let mut learned: Vec<_> = self.plan.baselines.iter().map(|_| None).collect();
        for (from, state) in std::mem::take(&mut entity.learned).into_iter().enumerate() {
            let key = old.set.rules[old.baselines[from]].key();
            let same = self.plan.baselines.iter().position(|rule| self.plan.set.rules[*rule].key() == key);
            if let Some(to) = same {
                learned[to] = state;
            }
        }
        entity.learned = learned;
    }

    fn resolve_gone(&mut self, at: usize, out: &mut Vec<Output>) {
        let Some(entity) = self.roster.get_mut(at) else { return };
        let plan = &self.plan;
        while let Some(gone) = entity.open.iter().position(|open| !is_known(plan, &open.line.rule)) {
            let name = entity.name.clone();
            let rule = entity.open[gone].line.rule.clone();
            let time = self.watermark.max(entity.open[gone].line.time);
            let line: Incident = entity.resolve(gone, time, resolved(&rule, &name, "the rule went"));
            out.push(Output::Incident(Box::new(line)));
        }
    }
}

/// Whether a rule may still raise: one of the set that is not off, or a built-in.
fn is_known(plan: &Plan, rule: &str) -> bool {
    plan.set.rules.iter().any(|known| known.id == rule && known.mode != Mode::Off) || Builtin::named(rule).is_some()
}
