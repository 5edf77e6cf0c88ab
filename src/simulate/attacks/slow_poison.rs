//! Somebody teaches a baseline that reading much is usual, a little more each day, and then reads very much.

use super::{Attack, AttackError, Speed, Stage, Tool};
use crate::core::time::Millis;
use crate::simulate::people::Role;

/// Customers of the dump at the end.
const SIZE: u32 = 3_000;
/// Customers read beside the work on the first day.
const FIRST_DAY: f64 = 120.0;
const GROWTH_A_DAY: f64 = 1.02;
const AT_ONCE: usize = 12;
const DUMP_AT_ONCE: usize = 60;

/// `slow-poison`
#[derive(Debug)]
pub struct SlowPoison;

impl Attack for SlowPoison {
    fn kind(&self) -> &'static str {
        "slow-poison"
    }

    fn about(&self) -> &'static str {
        "one person reads 120 customers a day, 2 % more each day, then dumps 3,000 at 100/m"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Sales, Role::Finance])?;
        let size = stage.size(SIZE)?;
        let speed = stage.speed(Speed::a_minute(100));
        let mut days = stage.workdays();
        let Some(last) = days.pop() else { return Ok(()) };
        let mut today = FIRST_DAY;
        for day in days {
            let who = stage.scene.distinct_customers(&mut stage.rng, today as u32);
            let from = stage.at_work(actor, day);
            stage.read_all(actor, from, Tool::DESK, &who, (AT_ONCE, Speed::a_minute(4)));
            today *= GROWTH_A_DAY;
        }
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let from = stage.at_work(actor, last).plus(Millis::from_mins(1));
        stage.read_all(actor, from, Tool::DESK, &who, (DUMP_AT_ONCE, speed));
        Ok(())
    }
}
