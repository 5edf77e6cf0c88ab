//! Who plays: people that an attack picks, and that no earlier attack has.

use super::AttackError;
use super::stage::Stage;
use crate::simulate::people::{Actor, Role};
use crate::simulate::rng::pick;
use rand::Rng;
use rand::seq::SliceRandom;

impl<'a> Stage<'a> {
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

    fn is_free(&self, actor: &Actor) -> bool {
        !self.taken.contains(&actor.number)
    }
}

/// Whether `actor` is a person of one of `roles` who does not leave.
fn stays_in(actor: &Actor, roles: &[Role]) -> bool {
    actor.left_at.is_none() && actor.role().is_some_and(|role| roles.contains(&role))
}
