//! The stage on which an attack plays: it picks the hour and the customers, and keeps what happens.

use super::options::{AttackOptions, Begin, Speed};
use super::{AttackError, AttackPlan};
use crate::core::time::{EventTime, Millis};
use crate::simulate::calendar::LocalDay;
use crate::simulate::people::{Actor, ActorNumber, Work};
use crate::simulate::rng::{Stream, pick};
use crate::simulate::scene::Scene;
use crate::simulate::step::Step;
use rand::Rng;
use std::collections::BTreeSet;

/// An entity that an alert about the attack may name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entity {
    /// `actor`, `domain`, …
    pub kind: &'static str,
    /// Its id, as the contract spells it.
    pub id: String,
}

/// An attack while it is played.
#[derive(Debug)]
pub struct Stage<'a> {
    /// The retailer.
    pub scene: &'a Scene,
    /// The attack's own randomness.
    pub rng: Stream,
    pub(super) options: &'a AttackOptions,
    /// Who takes part in an earlier attack, and is left alone where somebody else will do.
    pub(super) taken: &'a BTreeSet<ActorNumber>,
    pub(super) name: String,
    entities: Vec<Entity>,
    pub(super) steps: Vec<Step>,
}

impl<'a> Stage<'a> {
    /// An empty stage for the attack called `name`, whose people are better not among the `taken`.
    pub fn new(
        scene: &'a Scene,
        options: &'a AttackOptions,
        taken: &'a BTreeSet<ActorNumber>,
        name: String,
        rng: Stream,
    ) -> Self {
        Self { scene, rng, options, taken, name, entities: Vec::new(), steps: Vec::new() }
    }

    /// How many customers: as asked, else `usual` or as many as there are.
    ///
    /// # Errors
    /// [`AttackError::Size`] where more were asked for than there are.
    pub fn size(&self, usual: u32) -> Result<u32, AttackError> {
        let most = self.scene.base.real();
        let size = self.options.size.unwrap_or(usual.min(most));
        self.check("size", size, most)?;
        Ok(size)
    }

    /// How fast: as asked, else `usual`.
    pub fn speed(&self, usual: Speed) -> Speed {
        self.options.speed.unwrap_or(usual)
    }

    /// The speed asked for.
    pub fn asked_speed(&self) -> Option<Speed> {
        self.options.speed
    }

    /// Where to: as asked, else `usual`; an alert may name the registrable domain of it.
    pub fn destination(&mut self, usual: impl Into<String>) -> String {
        let destination = self.options.destination.clone().unwrap_or_else(|| usual.into());
        self.accuse_domain(&destination);
        destination
    }

    /// Where to, where that was asked for.
    pub fn asked_destination(&self) -> Option<String> {
        self.options.destination.clone()
    }

    /// When it begins: as asked, or else at an hour of `actor`'s work on a day in the span, a workday where there is one.
    pub fn begin(&mut self, actor: &Actor) -> EventTime {
        if let Some(asked) = self.asked_begin() {
            return asked;
        }
        if let Some(day) = self.asked_day() {
            return self.at_work(actor, day);
        }
        let days = self.scene.calendar.days();
        let workdays: Vec<_> = days.iter().copied().skip(1).filter(|day| !day.is_weekend()).collect();
        let day = pick(&mut self.rng, if workdays.is_empty() { &days } else { &workdays });
        self.at_work(actor, day)
    }

    /// The days on which it happens: those of the span, or those since the beginning asked for.
    pub fn days(&self) -> Vec<LocalDay> {
        let calendar = &self.scene.calendar;
        let first = self.asked_begin().map(|at| calendar.local_hour(at).day).or_else(|| self.asked_day());
        calendar.days().into_iter().filter(|day| first.is_none_or(|first| *day >= first)).collect()
    }

    /// Those of [`Self::days`] on which offices are open, or all of them where there is none.
    pub fn workdays(&self) -> Vec<LocalDay> {
        let days = self.days();
        let workdays: Vec<_> = days.iter().copied().filter(|day| !day.is_weekend()).collect();
        if workdays.is_empty() { days } else { workdays }
    }

    /// The instant at which it begins, where one was asked for.
    pub fn asked_begin(&self) -> Option<EventTime> {
        match self.options.at? {
            Begin::At(at) => Some(at),
            Begin::After(span) => Some(self.scene.calendar.start().plus(span)),
            Begin::OnDay(_) => None,
        }
    }

    /// The day on which it begins, where one was asked for; beyond the span, the day after it.
    fn asked_day(&self) -> Option<LocalDay> {
        match self.options.at? {
            Begin::At(_) | Begin::After(_) => None,
            Begin::OnDay(number) => {
                let first = self.scene.calendar.days()[0];
                Some(LocalDay(first.0 + i64::from(number) - 1))
            }
        }
    }

    /// Whether a beginning of any kind was asked for.
    pub fn begins_as_asked(&self) -> bool {
        self.options.at.is_some()
    }

    /// A moment in the middle hours of `actor`'s shift on `day`; for a service, in the afternoon.
    pub fn at_work(&mut self, actor: &Actor, day: LocalDay) -> EventTime {
        let first_hour = match actor.work {
            Work::Desk(desk) => i64::from(desk.shift.begins()) + 1,
            Work::Job(_) => 14,
        };
        let minutes = self.rng.random_range(0..5 * 60);
        let at = self.scene.calendar.midnight(day).plus(Millis::from_mins(first_hour * 60 + minutes));
        at.max(self.scene.calendar.start().plus(Millis::from_mins(minutes % 60)))
    }

    /// Somewhere between half and one and a half times `span`.
    pub fn jittered(&mut self, span: Millis) -> Millis {
        let ms = span.as_millis().max(2);
        Millis::new(self.rng.random_range(ms / 2..=ms + ms / 2))
    }

    /// Adds an entity that an alert may name.
    pub fn accuse(&mut self, kind: &'static str, id: String) {
        let entity = Entity { kind, id };
        if !self.entities.contains(&entity) {
            self.entities.push(entity);
        }
    }

    /// Adds the registrable domain of a host, mailbox or URL.
    pub fn accuse_domain(&mut self, destination: &str) {
        let host = destination.rsplit("://").next().unwrap_or(destination);
        let host = host.split('/').next().unwrap_or(host);
        let host = host.rsplit('@').next().unwrap_or(host);
        let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
        let domain = psl::domain_str(&host).unwrap_or(&host).to_owned();
        self.accuse("domain", domain);
    }

    /// What was played, inside the span and by time.
    ///
    /// # Errors
    /// [`AttackError::OutsideSpan`] where nothing was.
    pub fn finish(mut self, kind: &'static str) -> Result<AttackPlan, AttackError> {
        let calendar = &self.scene.calendar;
        self.steps.retain(|step| calendar.holds(step.at));
        self.steps.sort_by_key(|step| step.at);
        if self.steps.is_empty() {
            let span = format!("{} to {}", calendar.start(), calendar.end());
            return Err(AttackError::OutsideSpan { attack: self.name, span });
        }
        Ok(AttackPlan { name: self.name, kind, entities: self.entities, steps: self.steps })
    }

    pub(super) fn check(&self, field: &'static str, found: u32, most: u32) -> Result<(), AttackError> {
        if (1..=most).contains(&found) {
            return Ok(());
        }
        Err(AttackError::Size { attack: self.name.clone(), field, found, most })
    }
}
