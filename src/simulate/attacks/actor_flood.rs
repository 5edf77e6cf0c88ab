//! Thousands of invented logins within an hour, to push a patient reader out of a detector's memory.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::{EventTime, Millis};
use crate::simulate::people::Role;
use crate::simulate::rng::Stream;
use crate::simulate::step::{Action, Query, Rows, Statement, Step, Touched, Who};
use rand::Rng;
use std::net::Ipv4Addr;

const SIZE: u32 = 420;
const LOGINS: u32 = 5_000;
const MOST_LOGINS: u32 = 1_000_000;
const FLOOD_MS: u64 = 3_600_000;
/// Addresses that the logins come from; the company hands out none of them.
const ADDRESSES: u32 = 0x0ac8_0000;
const AT_ONCE: usize = 4;

/// `actor-flood`
#[derive(Debug)]
pub struct ActorFlood;

impl Attack for ActorFlood {
    fn kind(&self) -> &'static str {
        "actor-flood"
    }

    fn about(&self) -> &'static str {
        "5,000 invented logins (actors=) in an hour, beside one who drips 420 customers"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Sales])?;
        let size = stage.size(SIZE)?;
        let logins = stage.actors(LOGINS, MOST_LOGINS)?;
        let to = stage.destination("slow.backwater.example");
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let days = stage.days();
        let middle = days.get(days.len() / 2).copied();
        let a_day = stage.asked_speed().map_or(size.div_ceil(days.len().max(1) as u32), Speed::a_day);
        for (day, some) in days.into_iter().zip(who.chunks(a_day as usize)) {
            let from = stage.at_work(actor, day);
            let read = stage.read_all(actor, from, Tool::DESK, some, (AT_ONCE, Speed::a_minute(2)));
            let pause = Millis::from_mins(stage.rng.random_range(10..60));
            stage.send(actor, read.plus(pause), Way::UPLOAD, &to, some);
        }
        if let Some(day) = middle {
            let from = stage.at_work(actor, day);
            flood(stage, from, logins);
        }
        stage.accuse("source", "db-queries".to_owned());
        Ok(())
    }
}

/// Each login looks at one product, in no order.
fn flood(stage: &mut Stage<'_>, from: EventTime, logins: u32) {
    let series = stage.rng.random_range(0x1000_u32..0xffff);
    for number in 0..logins {
        let mut step = invented_login(series, number, from, &mut stage.rng);
        step.at = from.plus(Millis::new(stage.rng.random_range(0..FLOOD_MS) as i64));
        stage.push(step);
    }
}

/// A login of a series that no directory knows looks at one product, from any of the addresses.
pub fn invented_login(series: u32, number: u32, at: EventTime, rng: &mut Stream) -> Step {
    let client_ip = Ipv4Addr::from(ADDRESSES + rng.random_range(1..0xfffe));
    let query = Query {
        database: "shop",
        object: "shop.products",
        operation: "select",
        rows: Rows::Told(1),
        bytes: Some(200),
        touched: Touched::default(),
        statement: Statement::Untold,
    };
    Step {
        at,
        claimed: None,
        who: Who::Unlisted(format!("guest-{series:x}-{number}")),
        client_ip: Some(client_ip),
        session: None,
        app: "shop-api",
        action: Action::Query(query),
    }
}
