//! A whole team reads, each member a little more than usual.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::Millis;
use crate::simulate::people::Role;
use rand::Rng;

const SIZE: u32 = 4_000;
const AT_ONCE: usize = 8;

/// `team-harvest`
#[derive(Debug)]
pub struct TeamHarvest;

impl Attack for TeamHarvest {
    fn kind(&self) -> &'static str {
        "team-harvest"
    }

    fn about(&self) -> &'static str {
        "a whole team shares out 4,000 customers over all workdays; destination= uploads"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let team = stage.team(&[Role::CustomerService, Role::Sales, Role::Operations])?;
        let size = stage.size(SIZE)?;
        let speed = stage.speed(Speed::a_minute(4));
        let to = stage.asked_destination().map(|_| stage.destination(""));
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let days = stage.workdays();
        let turns = (days.len() * team.len()).max(1);
        let mut shares = who.chunks(who.len().div_ceil(turns));
        for day in days {
            for actor in &team {
                let Some(some) = shares.next() else { return Ok(()) };
                let from = stage.at_work(actor, day);
                let read = stage.read_all(actor, from, Tool::DESK, some, (AT_ONCE, speed));
                if let Some(to) = &to {
                    let pause = Millis::from_mins(stage.rng.random_range(5..60));
                    stage.send(actor, read.plus(pause), Way::UPLOAD, to, some);
                }
            }
        }
        Ok(())
    }
}
