//! Incidents about what Leakwatch itself can see: no rule file has them, and none can switch them off.

use super::entity::EntityState;
use super::judge::Met;
use super::{Detector, Output};
use crate::core::activity::{Activity, Flags};
use crate::core::event::EventKind;
use crate::core::incident::{Customers, EntityKind, Evidence, Measure, Severity, Window};
use crate::core::rules::{Filter, LimitTable, Mode, Rule, Shape};
use crate::core::time::{EventTime, Millis};

/// Where their runbooks are.
const RUNBOOKS: &str = "docs/runbooks";

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    SilentSource,
    QuietSource,
    ActorFlood,
    ClockSkew,
    FilterStale,
    DirectoryRefused,
    LookAlike,
    Gap,
    StateIncomplete,
    SnapshotSkipped,
}

/// How it was noticed.
pub(super) struct Notice<'a> {
    pub builtin: Builtin,
    /// The source, or what else is concerned.
    pub id: &'a str,
    pub time: EventTime,
    pub observed: f64,
    pub threshold: f64,
    pub summary: String,
}

/// Whether `rule` is one that no rule file has: about the pipeline itself.
pub fn is_builtin(rule: &str) -> bool {
    Builtin::named(rule).is_some()
}

impl Builtin {
    const ALL: [Self; 10] = [
        Self::SilentSource,
        Self::QuietSource,
        Self::ActorFlood,
        Self::ClockSkew,
        Self::FilterStale,
        Self::DirectoryRefused,
        Self::LookAlike,
        Self::Gap,
        Self::StateIncomplete,
        Self::SnapshotSkipped,
    ];

    /// The rule id in its incidents.
    pub const fn id(self) -> &'static str {
        match self {
            Self::SilentSource => "silent-source",
            Self::QuietSource => "quiet-source",
            Self::ActorFlood => "actor-flood",
            Self::ClockSkew => "clock-skew",
            Self::FilterStale => "filter-stale",
            Self::DirectoryRefused => "directory-refused",
            Self::LookAlike => "look-alike",
            Self::Gap => "gap",
            Self::StateIncomplete => "state-incomplete",
            Self::SnapshotSkipped => "snapshot-skipped",
        }
    }

    /// The built-in with a rule id.
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|builtin| builtin.id() == id)
    }

    /// Whether it is over once it was not noticed again for its hold; else something has to end it.
    pub const fn ends_by_itself(self) -> bool {
        match self {
            Self::SilentSource | Self::QuietSource | Self::FilterStale => false,
            Self::ActorFlood
            | Self::ClockSkew
            | Self::DirectoryRefused
            | Self::LookAlike
            | Self::Gap
            | Self::StateIncomplete
            | Self::SnapshotSkipped => true,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::SilentSource => "A source of events has fallen silent",
            Self::QuietSource => "A source of events tells far less than before",
            Self::ActorFlood => "Many accounts appear that no directory knows",
            Self::ClockSkew => "A source's clock runs ahead",
            Self::FilterStale => "The customer filter is too old",
            Self::DirectoryRefused => "A directory file was refused",
            Self::LookAlike => "An account looks like another that the directory has",
            Self::Gap => "Events were lost before they were read",
            Self::StateIncomplete => "Counts begin anew: no usable snapshot",
            Self::SnapshotSkipped => "A snapshot could not be used",
        }
    }

    /// Events that were lost need a person now; the rest can wait for the morning.
    const fn severity(self) -> Severity {
        match self {
            Self::Gap | Self::StateIncomplete => Severity::Page,
            Self::SilentSource
            | Self::QuietSource
            | Self::ActorFlood
            | Self::ClockSkew
            | Self::FilterStale
            | Self::DirectoryRefused
            | Self::LookAlike
            | Self::SnapshotSkipped => Severity::Warning,
        }
    }

    const fn measure(self) -> Measure {
        match self {
            Self::ActorFlood => Measure::Actors,
            Self::SilentSource
            | Self::QuietSource
            | Self::ClockSkew
            | Self::FilterStale
            | Self::DirectoryRefused
            | Self::LookAlike
            | Self::Gap
            | Self::StateIncomplete
            | Self::SnapshotSkipped => Measure::Events,
        }
    }

    const fn hold(self) -> Millis {
        match self {
            Self::SilentSource | Self::QuietSource | Self::ActorFlood | Self::ClockSkew | Self::FilterStale => {
                Millis::from_hours(1)
            }
            Self::DirectoryRefused | Self::LookAlike | Self::Gap | Self::StateIncomplete | Self::SnapshotSkipped => {
                Millis::from_hours(24)
            }
        }
    }

    const fn by(self) -> EntityKind {
        match self {
            Self::LookAlike => EntityKind::Actor,
            Self::SilentSource
            | Self::QuietSource
            | Self::ActorFlood
            | Self::ClockSkew
            | Self::FilterStale
            | Self::DirectoryRefused
            | Self::Gap
            | Self::StateIncomplete
            | Self::SnapshotSkipped => EntityKind::Source,
        }
    }

    fn rule(self) -> Rule {
        Rule {
            id: self.id().into(),
            arm: 0,
            title: self.title().into(),
            mode: Mode::Live,
            shape: Shape::Count(self.measure()),
            filter: Filter::all_of(EventKind::Query),
            by: self.by(),
            window: Window::Hour,
            limits: LimitTable::default(),
            baseline: None,
            actors_at_least: 1,
            each_at_least: 0.0,
            hold: self.hold(),
            runbook: format!("{RUNBOOKS}/{}.md", self.id()),
        }
    }
}

impl Detector {
    /// Opens or updates the incident of a built-in.
    pub(super) fn raise(&mut self, notice: Notice<'_>, out: &mut Vec<Output>) {
        let kind = EntityKind::Source;
        let known = self.roster.find(kind, notice.id);
        let at = known.unwrap_or_else(|| self.roster.insert(EntityState::new(kind, notice.id, notice.time)));
        self.raise_at(at, notice, out);
    }

    /// The same on an entity that is there.
    pub(super) fn raise_at(&mut self, at: usize, notice: Notice<'_>, out: &mut Vec<Output>) {
        let Some(entity) = self.roster.get_mut(at) else { return };
        entity.touched = self.watermark.max(notice.time);
        let line = entity.note(&notice.builtin.rule(), met(notice));
        out.extend(line.map(|line| Output::Incident(Box::new(line))));
        self.schedule(at);
    }

    /// An account that only looks like one of the directory's is a stranger who wants to be taken for somebody.
    pub(super) fn look_for_look_alike(&mut self, at: usize, activity: &Activity<'_>, out: &mut Vec<Output>) {
        if !activity.flags.has(Flags::LOOK_ALIKE) || activity.flags.has(Flags::CONTINUATION) {
            return;
        }
        let spelt = activity.actor.escape_default();
        let summary = format!(
            "The account {spelt} is not in the directory, but looks like one that is. It is counted as a stranger; somebody \
             may want to be taken for a colleague."
        );
        let (builtin, id, time) = (Builtin::LookAlike, activity.actor, activity.received);
        self.raise_at(at, Notice { builtin, id, time, observed: 1.0, threshold: 1.0, summary }, out);
    }

    /// Ends the incident of a built-in that something has put right.
    pub(super) fn put_right(&mut self, builtin: Builtin, id: &str, time: EventTime, out: &mut Vec<Output>) {
        let Some(at) = self.roster.find(EntityKind::Source, id) else { return };
        let Some(entity) = self.roster.get_mut(at) else { return };
        let Some(open) = entity.open_of(builtin.id()) else { return };
        let line = entity.resolve(open, time, super::summary::resolved(builtin.id(), id, "it was put right"));
        out.push(Output::Incident(Box::new(line)));
    }
}

fn met(notice: Notice<'_>) -> Met {
    let of_actor = notice.builtin.by() == EntityKind::Actor;
    let actors: Vec<String> = of_actor.then(|| notice.id.to_owned()).into_iter().collect();
    Met {
        time: notice.time,
        severity: notice.builtin.severity(),
        observed: notice.observed,
        threshold: notice.threshold,
        baseline: None,
        tight: None,
        actors_total: actors.len() as u64,
        actors,
        customers: Customers::default(),
        destinations: Vec::new(),
        objects: Vec::new(),
        first_event: Some(Evidence { id: None, time: notice.time }),
        last_event: Some(Evidence { id: None, time: notice.time }),
        summary: notice.summary,
    }
}
