//! The stage on which an attack plays: it picks the people, the hour and the customers, and keeps what happens.

use super::options::{AttackOptions, Begin, Speed};
use super::{AttackError, AttackPlan};
use crate::core::time::{EventTime, Millis};
use crate::simulate::calendar::LocalDay;
use crate::simulate::people::{Actor, ActorNumber, Role, Work};
use crate::simulate::rng::{Stream, pick};
use crate::simulate::scene::Scene;
use crate::simulate::step::Step;
use rand::Rng;
use rand::seq::SliceRandom;
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
    options: &'a AttackOptions,
    /// Who takes part in an earlier attack, and is left alone where somebody else will do.
    taken: &'a BTreeSet<ActorNumber>,
    name: String,
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

    /// Who does it: the one asked for, else one of `choices`; an alert may name this actor.
    ///
    /// # Errors
    /// [`AttackError::UnknownActor`] where nobody is called as asked.
    pub fn actor(&mut self, choices: &[&'a Actor]) -> Result<&'a Actor, AttackError> {
        let actor = match &self.options.actor {
            None => {
                let free: Vec<_> = choices.iter().copied().filter(|one| self.is_free(one)).collect();
                pick(&mut self.rng, if free.is_empty() { choices } else { &free })
            }
            Some(login) => self
                .scene
                .population
                .find(login)
                .ok_or_else(|| AttackError::UnknownActor { attack: self.name.clone(), login: login.clone() })?,
        };
        self.accuse("actor", actor.name().to_owned());
        Ok(actor)
    }

    /// Who does it: the one asked for, else somebody at work in one of `roles`.
    ///
    /// # Errors
    /// As [`Self::actor`].
    pub fn member(&mut self, roles: &[Role]) -> Result<&'a Actor, AttackError> {
        let people = self.scene.population.people();
        let start = self.rng.random_range(0..people.len() as u32) as usize;
        let from_start = || people.iter().cycle().skip(start).take(people.len());
        let fits = |actor: &&Actor| stays_in(actor, roles);
        let found = from_start().filter(|one| self.is_free(one)).find(fits).or_else(|| from_start().find(fits));
        self.actor(&[found.unwrap_or(&people[start])])
    }

    /// Several people, the first of them the one asked for.
    ///
    /// # Errors
    /// [`AttackError::Size`] where there are not so many; else as [`Self::actor`].
    pub fn members(&mut self, usual: u32, roles: &[Role]) -> Result<Vec<&'a Actor>, AttackError> {
        let fits = |actor: &&Actor| stays_in(actor, roles);
        let mut staff: Vec<&Actor> = self.scene.population.people().iter().filter(fits).collect();
        let wanted = self.actors(usual.min(staff.len() as u32), staff.len() as u32)?;
        staff.shuffle(&mut self.rng);
        staff.sort_by_key(|one| !self.is_free(one));
        let first = self.member(roles)?;
        let mut chosen = vec![first];
        chosen.extend(staff.into_iter().filter(|one| one.number != first.number).take(wanted as usize - 1));
        for actor in &chosen[1..] {
            self.accuse("actor", actor.name().to_owned());
        }
        Ok(chosen)
    }

    /// Somebody of a team of one of `roles`, and their colleagues in it, as many as asked for or all.
    ///
    /// # Errors
    /// [`AttackError::Size`] where the team is not so large; else as [`Self::actor`].
    pub fn team(&mut self, roles: &[Role]) -> Result<Vec<&'a Actor>, AttackError> {
        let first = self.member(roles)?;
        let people = self.scene.population.people();
        let mut team: Vec<_> = people.iter().filter(|one| one.team == first.team && one.left_at.is_none()).collect();
        team.sort_by_key(|one| (one.number != first.number, !self.is_free(one)));
        let free = team.iter().filter(|one| self.is_free(one)).count().max(1) as u32;
        let wanted = self.actors(free, team.len() as u32)?;
        team.truncate(wanted as usize);
        for actor in &team[1..] {
            self.accuse("actor", actor.name().to_owned());
        }
        self.accuse("team", first.team.clone());
        Ok(team)
    }

    /// How many take part: as asked, else `usual`.
    ///
    /// # Errors
    /// [`AttackError::Size`] where more than `most` were asked for.
    pub fn actors(&self, usual: u32, most: u32) -> Result<u32, AttackError> {
        let wanted = self.options.actors.unwrap_or(usual);
        self.check("actors", wanted, most)?;
        Ok(wanted)
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

    fn is_free(&self, actor: &Actor) -> bool {
        !self.taken.contains(&actor.number)
    }

    fn check(&self, field: &'static str, found: u32, most: u32) -> Result<(), AttackError> {
        if (1..=most).contains(&found) {
            return Ok(());
        }
        Err(AttackError::Size { attack: self.name.clone(), field, found, most })
    }
}

/// Whether `actor` is a person of one of `roles` who does not leave.
fn stays_in(actor: &Actor, roles: &[Role]) -> bool {
    actor.left_at.is_none() && actor.role().is_some_and(|role| roles.contains(&role))
}
