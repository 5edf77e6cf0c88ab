//! Very many accounts that each do one thing: streamed, so that none of it waits in memory.

use super::attacks::invented_login;
use super::people::Actor;
use super::render::{Stamp, render};
use super::rng::{Purpose, Stream, hash_name, mix, stream};
use super::scene::Scene;
use super::step::{Action, Kinds, Query, Rows, Statement, Step, Touched, Who};
use super::world::{SimulatedEvent, Topic};
use crate::core::time::{EventTime, Millis};
use rand::Rng;

/// What somebody of a crowd looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A product.
    AtProduct,
    /// So many customers.
    AtCustomers(u32),
}

impl Scene {
    /// Every person of the staff looks once, in order, spread evenly over `within` from `from` on.
    pub fn everybody(&self, from: EventTime, within: Millis, look: Look) -> impl Iterator<Item = SimulatedEvent> {
        let people = self.population.people();
        let count = people.len() as u32;
        let mut rng = self.crowd("everybody");
        people.iter().zip(0..).map(move |(actor, number)| {
            let step = lookup(self, actor, moment(from, within, (number, count)), look, &mut rng);
            self.tell("everybody", number, &step)
        })
    }

    /// So many `logins` that no directory knows, each of which looks once, spread evenly over `within` from `from` on.
    pub fn invented(
        &self,
        from: EventTime,
        within: Millis,
        logins: u32,
        look: Look,
    ) -> impl Iterator<Item = SimulatedEvent> {
        let mut rng = self.crowd("invented");
        let series = rng.random_range(0x1000_u32..0xffff);
        (0..logins).map(move |number| {
            let mut step = invented_login(series, number, moment(from, within, (number, logins)), &mut rng);
            step.action = Action::Query(query(self, look, &mut rng));
            self.tell("invented", number, &step)
        })
    }

    fn crowd(&self, name: &str) -> Stream {
        stream(self.settings.seed, Purpose::Crowd, hash_name(name), 0)
    }

    fn tell(&self, crowd: &str, number: u32, step: &Step) -> SimulatedEvent {
        let id = Some(mix(mix(self.settings.seed, hash_name(crowd)), number.into()));
        let line = render(step, Stamp { id, received: None }, &self.base, &self.population);
        SimulatedEvent { time: step.at, arrival: step.at, topic: Topic::Queries, attack: None, line }
    }
}

fn moment(from: EventTime, within: Millis, (number, count): (u32, u32)) -> EventTime {
    from.plus(Millis::new(within.as_millis() * i64::from(number) / i64::from(count.max(1))))
}

fn lookup(scene: &Scene, actor: &Actor, at: EventTime, look: Look, rng: &mut Stream) -> Step {
    Step {
        at,
        claimed: None,
        who: Who::Listed { number: actor.number, spelling: 0, capitals: false },
        client_ip: Some(actor.client_ip),
        session: None,
        app: "service-desk",
        action: Action::Query(query(scene, look, rng)),
    }
}

fn query(scene: &Scene, look: Look, rng: &mut Stream) -> Query {
    let (object, touched) = match look {
        Look::AtProduct => ("shop.products", Touched::default()),
        Look::AtCustomers(count) => ("shop.customers", Touched::named(scene.customers(rng, count), Kinds::PHONE)),
    };
    Query {
        database: "shop",
        object,
        operation: "select",
        rows: Rows::Told(touched.customers.len().max(1) as u64),
        bytes: Some(200),
        touched,
        statement: Statement::Untold,
    }
}
