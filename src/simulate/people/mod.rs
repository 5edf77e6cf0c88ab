//! Who works at the retailer: people with roles, teams and shifts, former employees, and services.

pub mod destination;
mod directory;
mod role;
mod service;

pub use role::{Role, Shift};
pub use service::Job;

use super::rng::{Purpose, Stream, normal, percent, stream, weighted};
use super::settings::SimulateSettings;
use crate::core::time::{EventTime, Millis};
use rand::Rng;
use rand::seq::SliceRandom;
use std::net::Ipv4Addr;

/// From notice to the last day.
const NOTICE: Millis = Millis::from_days(30);

/// The place of an actor in [`Population::actors`].
pub type ActorNumber = u32;

/// Somebody, or some program, with an account.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The place in the population.
    pub number: ActorNumber,
    /// Every spelling of the login; the first is the directory's.
    pub spellings: Vec<String>,
    /// The team.
    pub team: String,
    /// The usual address.
    pub client_ip: Ipv4Addr,
    /// Whether the directory says who holds that address.
    pub leased: bool,
    /// Since when the actor works here, where that is recent.
    pub hired_at: Option<EventTime>,
    /// Since when a notice is known.
    pub notice_at: Option<EventTime>,
    /// Since when the actor has left, or will have.
    pub left_at: Option<EventTime>,
    /// What the actor does.
    pub work: Work,
    /// From when on the actor does other work.
    pub moves: Option<(EventTime, Work)>,
}

/// What an actor does.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// A person at a desk.
    Desk(Desk),
    /// A program.
    Job(Job),
}

/// How a person works.
#[derive(Clone, Copy, Debug)]
pub struct Desk {
    /// The role.
    pub role: Role,
    /// The shift.
    pub shift: Shift,
    /// Hours by which the person begins later than the shift.
    pub offset: i8,
    /// How busy against the role's usual: 1 on average, over 2 for a few.
    pub pace: f64,
}

/// Everybody.
#[derive(Clone, Debug)]
pub struct Population {
    /// People at work, then former employees, then services.
    pub actors: Vec<Actor>,
    people: u32,
    former: u32,
}

impl Actor {
    /// The directory's spelling.
    pub fn name(&self) -> &str {
        &self.spellings[0]
    }

    /// The role, for a person.
    pub fn role(&self) -> Option<Role> {
        match self.work {
            Work::Desk(desk) => Some(desk.role),
            Work::Job(_) => None,
        }
    }

    /// What the actor does at `at`.
    pub fn work_at(&self, at: EventTime) -> Work {
        match self.moves {
            Some((since, work)) if since <= at => work,
            _ => self.work,
        }
    }

    /// Whether the actor is employed at `at`.
    pub fn employed(&self, at: EventTime) -> bool {
        self.hired_at.is_none_or(|hired| hired <= at) && self.left_at.is_none_or(|left| at < left)
    }
}

impl Population {
    /// The staff that `settings` asks for. Nobody's place changes with the attacks or the life chosen.
    pub fn new(settings: &SimulateSettings) -> Self {
        let mut rng = stream(settings.seed, Purpose::People, 0, 0);
        let former = (settings.actors / 50).max(2);
        let mut roles = roles_of(settings.actors);
        let teams = teams_of(&roles);
        roles.shuffle(&mut rng);
        let mut places = [0_usize; Role::ALL.len()];
        let mut actors: Vec<Actor> = (0..settings.actors)
            .map(|number| {
                let role = roles[number as usize];
                let place = &mut places[role as usize];
                *place += 1;
                person(settings, number, role, teams[role as usize][*place - 1].clone())
            })
            .collect();
        for number in settings.actors..settings.actors + former {
            let mut actor = person(settings, number, roles[(number % settings.actors) as usize], "former".to_owned());
            actor.notice_at = None;
            actor.left_at = Some(settings.start.minus(Millis::from_days(i64::from(7 + number % 40))));
            actor.leased = false;
            actors.push(actor);
        }
        actors.extend(Job::ALL.iter().enumerate().map(|(at, job)| service(settings.actors + former, at as u32, *job)));
        Self { actors, people: settings.actors, former }
    }

    /// The actor at `number`.
    pub fn actor(&self, number: ActorNumber) -> &Actor {
        &self.actors[number as usize]
    }

    /// People at work, in the order of their numbers.
    pub fn people(&self) -> &[Actor] {
        &self.actors[..self.people as usize]
    }

    /// People who left before the span.
    pub fn former(&self) -> &[Actor] {
        &self.actors[self.people as usize..(self.people + self.former) as usize]
    }

    /// People at work who have given notice.
    pub fn leaving(&self) -> impl Iterator<Item = &Actor> {
        self.people().iter().filter(|actor| actor.notice_at.is_some())
    }

    /// Whoever the directory says holds an address.
    pub fn holder(&self, client_ip: Ipv4Addr) -> Option<&Actor> {
        self.actors.iter().find(|actor| actor.leased && actor.client_ip == client_ip)
    }

    /// The account of a service.
    pub fn service(&self, job: Job) -> &Actor {
        &self.actors[(self.people + self.former) as usize + job as usize]
    }

    /// The actor whom `login` means, in any spelling and letter case.
    pub fn find(&self, login: &str) -> Option<&Actor> {
        self.actors.iter().find(|actor| actor.spellings.iter().any(|one| one.eq_ignore_ascii_case(login)))
    }
}

/// The roles of `people` employees by their shares; what rounding leaves over goes to customer service.
fn roles_of(people: u32) -> Vec<Role> {
    let mut roles = Vec::with_capacity(people as usize);
    for role in Role::ALL.into_iter().skip(1) {
        let count = (people * role.figures().share + 50) / 100;
        roles.extend(std::iter::repeat_n(role, count as usize));
    }
    roles.truncate(people as usize);
    roles.resize(people as usize, Role::CustomerService);
    roles
}

/// The team of each member of each role, about eleven people to a team.
fn teams_of(roles: &[Role]) -> [Vec<String>; Role::ALL.len()] {
    Role::ALL.map(|role| {
        let members = roles.iter().filter(|one| **one == role).count();
        let teams = (members + 5).checked_div(11).unwrap_or(0).max(1);
        let team = |member: usize| format!("{}-{}", role.figures().team_prefix, member * teams / members.max(1) + 1);
        (0..members).map(team).collect()
    })
}

fn person(settings: &SimulateSettings, number: ActorNumber, role: Role, team: String) -> Actor {
    let mut rng = stream(settings.seed, Purpose::People, 1, u64::from(number));
    let employee = number + 1;
    let on_notice = number % 97 == 41 % settings.actors;
    let notice_at = on_notice.then(|| settings.start.minus(Millis::from_days(9)));
    Actor {
        number,
        spellings: vec![
            format!("emp{employee:04}"),
            format!("CORP\\u{employee:04}"),
            format!("u{employee:04}@corp.example"),
        ],
        team,
        client_ip: Ipv4Addr::from(0x0a14_0000 + number + number / 200 * 56 + 5),
        leased: percent(&mut rng, 50),
        hired_at: None,
        notice_at,
        left_at: notice_at.map(|at| at.plus(NOTICE)),
        work: Work::Desk(desk(&mut rng, role)),
        moves: None,
    }
}

/// How somebody of `role` works.
pub fn desk(rng: &mut Stream, role: Role) -> Desk {
    let shift = weighted(rng, role.figures().shifts);
    let offset = if shift == Shift::Office { rng.random_range(-1..=1) } else { 0 };
    let usual = (0.95 + 0.2 * normal(rng)).clamp(0.45, 1.6);
    let heavy = percent(rng, 4);
    Desk { role, shift, offset, pace: if heavy { usual + 1.2 } else { usual } }
}

fn service(first: ActorNumber, at: u32, job: Job) -> Actor {
    Actor {
        number: first + at,
        spellings: vec![job.name().to_owned(), job.login().to_owned(), format!("SVC\\{}", job.name())],
        team: "platform".to_owned(),
        client_ip: Ipv4Addr::from(0x0a28_0000 + 10 + at),
        leased: true,
        hired_at: None,
        notice_at: None,
        left_at: None,
        work: Work::Job(job),
        moves: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn teams_hold_eight_to_fifteen_people() {
        let population = Population::new(&SimulateSettings::default());
        let mut teams = BTreeMap::<_, u32>::new();
        for actor in population.people() {
            *teams.entry((actor.role(), actor.team.clone())).or_default() += 1;
        }
        assert!(teams.values().all(|size| (8..=15).contains(size)), "{teams:?}");
        assert!(teams.len() > 20);
    }

    #[test]
    fn any_spelling_finds_the_actor() {
        let population = Population::new(&SimulateSettings::default());
        for login in ["emp0042", "EMP0042", "corp\\U0042", "U0042@CORP.example"] {
            assert_eq!(population.find(login).map(Actor::name), Some("emp0042"));
        }
        assert_eq!(population.find("nobody").map(Actor::name), None);
        assert_eq!(population.service(Job::Mailer).name(), "mailer");
    }
}
