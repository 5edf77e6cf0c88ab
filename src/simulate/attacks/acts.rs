//! What is done on a stage: reading and sending.

use super::options::Speed;
use super::stage::Stage;
use crate::core::time::EventTime;
use crate::simulate::customers::CustomerIndex;
use crate::simulate::people::Actor;
use crate::simulate::rng::mix;
use crate::simulate::step::{Action, Carried, Egress, Kinds, Query, Rows, Statement, Step, Touched, Who};
use rand::Rng;
use std::borrow::Cow;

/// At one address a session lasts this long.
const SESSION_MS: u64 = 8 * 3_600_000;

/// With what somebody reads.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// The application.
    pub app: &'static str,
    /// Database and table.
    pub table: (&'static str, &'static str),
    /// By what customers are named.
    pub kinds: Kinds,
}

/// How something is sent.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// The application.
    pub app: &'static str,
    /// The channel.
    pub channel: &'static str,
    /// How the customers are to be seen.
    pub carried: Carried,
    /// A file's name.
    pub file: Option<&'static str>,
}

impl Tool {
    /// A database console on the customer table.
    pub const CONSOLE: Self =
        Self { app: "psql", table: ("shop", "shop.customers"), kinds: Kinds::PHONE.and(Kinds::EMAIL) };
    /// The same console on the customer table of sales.
    pub const CRM_CONSOLE: Self = Self { table: ("crm", "crm.customer"), ..Self::CONSOLE };
    /// The desk application of customer service.
    pub const DESK: Self = Self {
        app: "service-desk",
        table: ("shop", "shop.customers"),
        kinds: Kinds::PHONE.and(Kinds::EMAIL).and(Kinds::CUSTOMER_ID),
    };
}

impl Way {
    /// An upload through the web proxy, the customers told as identifiers.
    pub const UPLOAD: Self = Self { app: "proxy", channel: "http", carried: Carried::Identifiers, file: None };
    /// A mail through the gateway that quotes them.
    pub const MAIL: Self = Self { app: "mail-gateway", channel: "email", carried: Carried::Both, file: None };
    /// A copy onto a stick; the agent on the desk lists whom the file names.
    pub const STICK: Self =
        Self { app: "endpoint", channel: "usb", carried: Carried::Identifiers, file: Some("private.csv") };
}

impl Stage<'_> {
    /// `actor` reads `who` (the first `named` of them named) at `at`.
    pub fn read(&mut self, actor: &Actor, at: EventTime, tool: Tool, touched: Touched, statement: Statement) {
        let rows = match statement {
            Statement::Copy => Rows::Unknown,
            _ => Rows::Told(touched.customers.len() as u64),
        };
        let bytes = touched.customers.len() as u64 * 180 + 64;
        let operation = if statement == Statement::Copy { "copy" } else { "select" };
        let (database, object) = tool.table;
        let query = Query { database, object, operation, rows, bytes: Some(bytes), touched, statement };
        self.step(actor, at, tool.app, Action::Query(query));
    }

    /// `actor` reads all of `who` in lookups of at most `at_once`, from `from` on at `speed`; gives the time after.
    pub fn read_all(
        &mut self,
        actor: &Actor,
        from: EventTime,
        tool: Tool,
        who: &[CustomerIndex],
        (at_once, speed): (usize, Speed),
    ) -> EventTime {
        let mut at = from;
        for some in who.chunks(at_once.max(1)) {
            self.read(actor, at, tool, Touched::named(some.to_vec(), tool.kinds), Statement::Literal);
            at = at.plus(self.jittered(speed.time_for(some.len() as u32)));
        }
        at
    }

    /// `actor` sends `who` to `destination` at `at`.
    pub fn send(&mut self, actor: &Actor, at: EventTime, way: Way, to: &str, who: &[CustomerIndex]) {
        let kinds = Kinds::PHONE.and(Kinds::EMAIL);
        let named = if way.carried == Carried::Unseen { 0 } else { who.len() as u32 };
        let egress = Egress {
            channel: way.channel,
            destination: Cow::Owned(to.to_owned()),
            bytes: who.len() as u64 * 60 + 900,
            touched: Touched::sampled(who.to_vec(), named, kinds),
            carried: way.carried,
            file: way.file.map(Cow::Borrowed),
        };
        self.step(actor, at, way.app, Action::Egress(egress));
    }

    /// Adds any step.
    pub fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    fn step(&mut self, actor: &Actor, at: EventTime, app: &'static str, action: Action) {
        let spelling = self.rng.random_range(0..actor.spellings.len() as u8);
        let capitals = self.rng.random_bool(0.2);
        let shift = mix(u32::from(actor.client_ip).into(), at.as_millis() as u64 / SESSION_MS);
        let session = mix(actor.number.into(), shift);
        let who = Who::Listed { number: actor.number, spelling, capitals };
        let client_ip = Some(actor.client_ip);
        self.push(Step { at, claimed: None, who, client_ip, session: Some(session), app, action });
    }
}
