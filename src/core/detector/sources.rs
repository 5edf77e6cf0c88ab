//! Sources as a whole: whether they fall silent, whether their clocks run ahead, whether they invent accounts.
//!
//! Each partition sees a part of each source. Once a minute it tells the partition that owns the source, which adds up.

use super::builtin::{Builtin, Notice};
use super::figures::exact;
use super::quiet::{Hour, Rates};
use super::shared::Shared;
use super::told_rows::{Told, ToldRows};
use super::{Detector, Output, To, tell};
use crate::core::activity::{Activity, Flags, Record, SourceFigures, SourceNote, codec};
use crate::core::incident::EntityKind;
use crate::core::time::{EventTime, Millis};
use crate::core::units::Partition;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

const MINUTE_MS: i64 = 60_000;
/// Minutes that are added up.
const HOUR_MINUTES: i64 = 60;
/// Parts of sources told apart, at most.
const MAX_PARTS: usize = 10_000;
/// So many unknown accounts an hour are a flood, and at least this share of all accounts.
const FLOOD_ACTORS: u64 = 200;
const FLOOD_PERCENT: u64 = 10;
/// A company without a directory meets everybody for the first time on the first day.
const FIRST_DAY: Millis = Millis::from_days(1);
/// So many listed accounts show that there is a directory.
const LISTED_ENOUGH: usize = 10;
/// So many events an hour ahead of their arrival are more than one bad clock, and at least this share.
const SKEWED_EVENTS: u64 = 20;
const SKEWED_PERCENT: u64 = 1;

/// A source, or a part of it that is watched by itself (else empty).
type Key = (u64, Box<str>);

/// What a partition saw of a source in the minute that runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Tally {
    last: EventTime,
    events: u64,
    future: u64,
    new_unlisted: u64,
}

/// What is known of a source by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Named {
    name: Box<str>,
    silent_after: Option<Millis>,
    since: EventTime,
}

/// What the owner has added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Owned {
    last: EventTime,
    /// Minute, events, events ahead of their arrival, new accounts.
    minutes: VecDeque<(i64, u64, u64, u64)>,
    /// Where it is watched for silence.
    rates: Rates,
}

/// Sources as one partition knows them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sources {
    names: BTreeMap<u64, Named>,
    minute: i64,
    tallies: BTreeMap<u64, BTreeMap<Box<str>, Tally>>,
    owned: BTreeMap<Key, Shared<Owned>>,
    pub rows: ToldRows,
}

impl Sources {
    /// Counts an activity; `new_unlisted`: its account was never met and no directory knows it.
    pub fn note(&mut self, activity: &Activity<'_>, new_unlisted: bool) {
        if activity.flags.has(Flags::CONTINUATION) {
            return;
        }
        let future = u64::from(activity.flags.has(Flags::FUTURE));
        for part in [Some(""), activity.part].into_iter().flatten() {
            let parts = self.tallies.entry(activity.origin.source).or_default();
            if !parts.contains_key(part) && parts.len() < MAX_PARTS {
                parts.insert(part.into(), Tally::default());
            }
            let Some(tally) = parts.get_mut(part) else { continue };
            tally.last = tally.last.max(activity.received);
            tally.events += 1;
            tally.future += future;
            tally.new_unlisted += u64::from(new_unlisted);
        }
    }

    /// Takes note of what a source is called.
    pub fn name(&mut self, note: &SourceNote<'_>, now: EventTime) {
        let since = self.names.get(&note.id).map_or(now, |known| known.since);
        self.names.insert(note.id, Named { name: note.name.into(), silent_after: note.silent_after, since });
    }

    fn name_of(&self, (source, part): &Key) -> String {
        let name = self.names.get(source).map_or_else(|| format!("{source:016x}"), |named| named.name.to_string());
        if part.is_empty() { name } else { format!("{name}/{part}") }
    }

    /// What the last hour was, of every watched source and part that is owned here and can be judged.
    pub fn judge_hours(&mut self, now: EventTime) -> Vec<(String, Hour)> {
        let due = self.owned.iter_mut().filter(|(_, owned)| owned.rates.is_due(now));
        let judged = due.filter_map(|(key, owned)| Some((key.clone(), owned.to_mut().rates.judge(now)?)));
        let judged: Vec<(Key, Hour)> = judged.collect();
        judged.into_iter().map(|(key, hour)| (self.name_of(&key), hour)).collect()
    }

    /// The parts of sources that have been silent for too long, and for how long. Time began at `began`.
    fn silent(&self, now: EventTime, began: EventTime, is_owned: impl Fn(u64) -> bool) -> Vec<(Key, Millis, Millis)> {
        let watched = self.names.iter().filter(|(source, _)| is_owned(**source));
        let mut silent = Vec::new();
        for (source, named) in watched {
            let Some(after) = named.silent_after else { continue };
            let whole = (*source, Box::<str>::default());
            let known = self.owned.range(whole.clone()..).take_while(|((id, _), _)| id == source);
            let mut lasts: Vec<(Key, EventTime)> = known.map(|(key, owned)| (key.clone(), owned.last)).collect();
            if !lasts.iter().any(|(key, _)| *key == whole) {
                // Sources are named before the log tells any time.
                lasts.push((whole, named.since.max(began)));
            }
            let quiet = lasts.into_iter().map(|(key, last)| (key, now.since(last), after));
            silent.extend(quiet.filter(|(_, quiet, after)| quiet >= after));
        }
        silent
    }
}

impl Owned {
    fn add(&mut self, figures: &SourceFigures<'_>) {
        self.last = self.last.max(figures.last);
        let minute = minute_of(figures.last);
        let newest = self.minutes.back().map_or(minute, |(newest, ..)| minute.max(*newest));
        self.minutes.push_back((minute, figures.events, figures.future, figures.new_unlisted));
        self.minutes.retain(|(at, ..)| newest - at < HOUR_MINUTES);
    }

    /// Events, events ahead of their arrival and new accounts of the last hour.
    fn hour(&self) -> (u64, u64, u64) {
        self.minutes.iter().fold((0_u64, 0_u64, 0_u64), |(events, future, new), minute| {
            (events.saturating_add(minute.1), future.saturating_add(minute.2), new.saturating_add(minute.3))
        })
    }
}

impl Detector {
    /// A minute is over: tells the owners of the sources, and looks for silence among those owned here.
    pub(super) fn close_minute(&mut self, now: EventTime, out: &mut Vec<Output>) {
        let minute = minute_of(now);
        if minute == self.sources.minute {
            return;
        }
        self.sources.minute = minute;
        let tallies = std::mem::take(&mut self.sources.tallies);
        let each = tallies.into_iter().flat_map(|(source, parts)| parts.into_iter().map(move |part| (source, part)));
        for (source, (part, tally)) in each {
            let Tally { last, events, future, new_unlisted } = tally;
            let made_by = self.made_by();
            let Told { told, untold } = if part.is_empty() { self.sources.rows.take(source) } else { Told::default() };
            let figures =
                SourceFigures { made_by, source, part: &part, last, events, future, new_unlisted, told, untold };
            if let Ok(record) = codec::encode(&Record::Source(figures)) {
                out.push(Output::Record { to: To::One(self.source_owner(source)), record });
            }
            self.made += 1;
        }
        self.tell_rows(out);
        self.look_for_silence(now, out);
        self.look_for_quiet(now, out);
        self.look_at_filter(now, out);
    }

    /// A partition has told what it saw of a source that is owned here.
    pub(super) fn take_source(&mut self, figures: &SourceFigures<'_>, out: &mut Vec<Output>) {
        if !self.heard.is_new(figures.made_by) {
            return;
        }
        let key: Key = (figures.source, figures.part.into());
        if self.sources.owned.len() >= MAX_PARTS && !self.sources.owned.contains_key(&key) {
            return;
        }
        self.sources.rows.add_owned(figures.source, Told { told: figures.told, untold: figures.untold });
        let watched = self.sources.names.get(&figures.source).is_some_and(|named| named.silent_after.is_some());
        let owned = self.sources.owned.entry(key.clone()).or_default().to_mut();
        owned.add(figures);
        if watched {
            owned.rates.add(figures.last, figures.events);
        }
        let (events, future, new) = owned.hour();
        let id = self.sources.name_of(&key);
        self.put_right(Builtin::SilentSource, &id, figures.last, out);
        if !key.1.is_empty() {
            return;
        }
        if future >= SKEWED_EVENTS && future.saturating_mul(100) >= events.saturating_mul(SKEWED_PERCENT) {
            self.skewed(&id, figures.last, (future, events), out);
        }
        self.look_for_flood(&id, figures.last, new, out);
    }

    fn skewed(&mut self, id: &str, time: EventTime, (future, events): (u64, u64), out: &mut Vec<Output>) {
        let summary = format!(
            "{future} of {events} events of {id} within 1 h claim a time ahead of their arrival; they count at their \
             arrival."
        );
        let (observed, threshold) = (exact(future), exact(SKEWED_EVENTS));
        self.raise(Notice { builtin: Builtin::ClockSkew, id, time, observed, threshold, summary }, out);
    }

    fn look_for_flood(&mut self, id: &str, time: EventTime, new: u64, out: &mut Vec<Output>) {
        let actors = self.roster.count(EntityKind::Actor) as u64 * u64::from(self.settings.partitions);
        let limit = FLOOD_ACTORS.max(actors * FLOOD_PERCENT / 100);
        if new < limit {
            return;
        }
        let has_directory = self.roster.iter().filter(|entity| entity.listed).nth(LISTED_ENOUGH).is_some();
        if !has_directory && time.since(self.began) < FIRST_DAY {
            return;
        }
        let summary = format!(
            "{new} accounts that no directory knows appeared in {id} within 1 h; the limit is {limit}. Somebody may be \
             hiding in a crowd."
        );
        let (observed, threshold) = (exact(new), exact(limit));
        self.raise(Notice { builtin: Builtin::ActorFlood, id, time, observed, threshold, summary }, out);
    }

    fn look_for_silence(&mut self, now: EventTime, out: &mut Vec<Output>) {
        let (partition, partitions) = (self.settings.partition, self.settings.partitions);
        for (key, quiet, after) in
            self.sources.silent(now, self.began, |source| owner_of(source, partitions) == partition)
        {
            let id = self.sources.name_of(&key);
            let (quiet, after) = (quiet.as_millis() / MINUTE_MS, after.as_millis() / MINUTE_MS);
            let summary = format!(
                "{id} has sent no event for {quiet} min; the limit is {after} min. What happens there is not seen."
            );
            let (observed, threshold) = (exact(quiet.unsigned_abs()), exact(after.unsigned_abs()));
            self.raise(
                Notice { builtin: Builtin::SilentSource, id: &id, time: now, observed, threshold, summary },
                out,
            );
        }
    }

    fn source_owner(&self, source: u64) -> Partition {
        owner_of(source, self.settings.partitions)
    }
}

fn owner_of(source: u64, partitions: u32) -> Partition {
    tell::owner(EntityKind::Source, &format!("{source:016x}"), partitions)
}

const fn minute_of(time: EventTime) -> i64 {
    time.as_millis().div_euclid(MINUTE_MS)
}
