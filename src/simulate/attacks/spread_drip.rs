//! One person under many spellings, sessions and addresses: no single one of them does much.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::Millis;
use crate::simulate::people::{Actor, Role};
use rand::Rng;
use std::net::Ipv4Addr;

const SIZE: u32 = 400;
/// Sittings on one day, each in a session and at an address of its own.
const SITTINGS: usize = 3;
const AT_ONCE: usize = 5;
/// Addresses that the company's remote access hands out; no line of the directory says who holds one.
const REMOTE_ACCESS: u32 = 0x0a3c_0000;

/// `spread-drip`
#[derive(Debug)]
pub struct SpreadDrip;

impl Attack for SpreadDrip {
    fn kind(&self) -> &'static str {
        "spread-drip"
    }

    fn about(&self) -> &'static str {
        "a drip of 400 by one person under many spellings, sessions and addresses"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Sales, Role::Operations])?;
        let size = stage.size(SIZE)?;
        let to = stage.destination("box.spreadout.example");
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let days = stage.days();
        let even = who.len().div_ceil(days.len().max(1) * SITTINGS).max(1);
        let at_once = stage.asked_speed().map_or(even, |speed| (speed.a_day() as usize).div_ceil(SITTINGS));
        let sittings = days.into_iter().flat_map(|day| [day; SITTINGS]);
        for (day, some) in sittings.zip(who.chunks(at_once)) {
            let elsewhere = elsewhere(stage, actor);
            let from = stage.at_work(actor, day);
            let read = stage.read_all(&elsewhere, from, Tool::DESK, some, (AT_ONCE, Speed::a_minute(2)));
            let pause = Millis::from_mins(stage.rng.random_range(2..45));
            let way = if stage.rng.random_bool(0.5) { Way::UPLOAD } else { Way::MAIL };
            stage.send(&elsewhere, read.plus(pause), way, &to, some);
        }
        Ok(())
    }
}

/// `actor` at some address of the remote access.
fn elsewhere(stage: &mut Stage<'_>, actor: &Actor) -> Actor {
    let client_ip = Ipv4Addr::from(REMOTE_ACCESS + stage.rng.random_range(1..0xfffe));
    Actor { client_ip, ..actor.clone() }
}
