//! One task of somebody at work: what it reads and sends, a few seconds apart.

use super::super::customers::CustomerIndex;
use super::super::people::Actor;
use super::super::rng::{Stream, mix, percent, weighted};
use super::super::scene::Scene;
use super::super::step::{Action, Carried, Egress, Kinds, Query, Rows, Statement, Step, Touched, Who};
use crate::core::time::{EventTime, Millis};
use rand::Rng;
use std::borrow::Cow;

/// Customers that a salesperson looks after.
const PORTFOLIO: u32 = 400;

/// Somebody in the middle of a task.
pub struct Task<'a> {
    /// The retailer.
    pub scene: &'a Scene,
    /// Who.
    pub actor: &'a Actor,
    /// The draws of this actor's hour.
    pub rng: &'a mut Stream,
    /// When the next step happens.
    pub now: EventTime,
    /// The session.
    pub session: u64,
    /// What was done so far.
    pub out: &'a mut Vec<Step>,
}

impl Task<'_> {
    /// Lets `from..to` seconds pass.
    pub fn pause(&mut self, from: u32, to: u32) {
        let ms = self.rng.random_range(from * 1_000..to * 1_000);
        self.now = self.now.plus(Millis::new(i64::from(ms)));
    }

    /// Customers to look up: anybody.
    pub fn anybody(&mut self, count: u32) -> Vec<CustomerIndex> {
        self.scene.customers(self.rng, count)
    }

    /// Customers of the actor's own, now and then somebody else.
    pub fn portfolio(&mut self, count: u32) -> Vec<CustomerIndex> {
        let own = |slot: u32, real: u32| mix(u64::from(self.actor.number) + 0x5a1e, u64::from(slot)) % u64::from(real);
        let real = self.scene.base.real();
        (0..count)
            .map(|_| {
                let stranger = percent(self.rng, 12);
                let slot = self.rng.random_range(0..PORTFOLIO);
                if stranger { self.scene.customer(self.rng) } else { own(slot, real) as CustomerIndex }
            })
            .collect()
    }

    /// A lookup of `customers` by name in `object`.
    pub fn look_up(&mut self, app: &'static str, at: (&'static str, &'static str), who: Vec<CustomerIndex>, by: Kinds) {
        let rows = who.len() as u64;
        let statement =
            weighted(self.rng, &[(Statement::Literal, 50), (Statement::Parameters, 30), (Statement::Untold, 20)]);
        self.query(app, at, Rows::Told(rows), Touched::named(who, by), statement);
    }

    /// Rows of which only a few name their customer, or none.
    pub fn report(&mut self, app: &'static str, at: (&'static str, &'static str), rows: u64, names: u32) {
        let who = self.anybody(names);
        self.query(app, at, Rows::Told(rows), Touched::named(who, Kinds::CUSTOMER_ID), Statement::Aggregate);
    }

    /// Any query.
    pub fn query(
        &mut self,
        app: &'static str,
        (database, object): (&'static str, &'static str),
        rows: Rows,
        touched: Touched,
        statement: Statement,
    ) {
        let operation = match statement {
            Statement::Copy => "copy",
            Statement::Fetch { .. } => "fetch",
            _ => "select",
        };
        let bytes = match rows {
            Rows::Told(rows) => Some(rows * 180 + 64),
            Rows::Unknown => None,
        };
        self.step(app, Action::Query(Query { database, object, operation, rows, bytes, touched, statement }));
    }

    /// Something sent that holds no customer.
    pub fn send_plain(&mut self, app: &'static str, channel: &'static str, to: Cow<'static, str>, bytes: u64) {
        self.send(app, channel, to, bytes, Touched::default(), Carried::Identifiers);
    }

    /// Something sent.
    pub fn send(
        &mut self,
        app: &'static str,
        channel: &'static str,
        destination: Cow<'static, str>,
        bytes: u64,
        touched: Touched,
        carried: Carried,
    ) {
        self.step(app, Action::Egress(Egress { channel, destination, bytes, touched, carried, file: None }));
    }

    fn step(&mut self, app: &'static str, action: Action) {
        let proxied = matches!(action, Action::Egress(_)) && self.actor.leased && app == "proxy";
        let who = if proxied && percent(self.rng, 40) { Who::Untold } else { self.spell() };
        self.out.push(Step {
            at: self.now,
            claimed: None,
            who,
            client_ip: Some(self.actor.client_ip),
            session: Some(self.session),
            app,
            action,
        });
    }

    /// The actor's login in one of its spellings: sources disagree, and people type as they like.
    fn spell(&mut self) -> Who {
        let spelling = weighted(self.rng, &[(0, 60), (1, 22), (2, 18)]);
        Who::Listed { number: self.actor.number, spelling, capitals: percent(self.rng, 8) }
    }
}
