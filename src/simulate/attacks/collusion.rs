//! Several accounts, each of which stays small, and one domain with a fresh host each day.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::Millis;
use crate::simulate::people::Role;
use rand::Rng;

const SIZE: u32 = 440;
const ACTORS: u32 = 11;

/// `collusion`
#[derive(Debug)]
pub struct Collusion;

impl Attack for Collusion {
    fn kind(&self) -> &'static str {
        "collusion"
    }

    fn about(&self) -> &'static str {
        "11 people send 440 customers to one domain, a fresh host each day"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let members = stage.members(ACTORS, &[Role::CustomerService, Role::Sales, Role::Operations])?;
        let size = stage.size(SIZE)?;
        let domain = stage.destination("drop.example");
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let days = stage.days();
        let turns = (days.len() * members.len()).max(1);
        let mut shares = who.chunks(who.len().div_ceil(turns));
        for (number, day) in days.into_iter().enumerate() {
            let host = format!("h{number}-{:x}.{domain}", stage.rng.random_range(0x1000..0xffff));
            for actor in &members {
                let Some(some) = shares.next() else { return Ok(()) };
                let from = stage.at_work(actor, day);
                let read = stage.read_all(actor, from, Tool::DESK, some, (3, Speed::a_minute(1)));
                let pause = Millis::from_mins(stage.rng.random_range(5..120));
                stage.send(actor, read.plus(pause), Way::UPLOAD, &host, some);
            }
        }
        Ok(())
    }
}
