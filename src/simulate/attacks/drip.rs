//! Low and slow: a few customers a day, read in the course of work and sent to one place in the evening.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::Millis;
use crate::simulate::people::Role;
use rand::Rng;

const SIZE: u32 = 420;
const AT_ONCE: usize = 4;

/// `drip`
#[derive(Debug)]
pub struct Drip;

impl Attack for Drip {
    fn kind(&self) -> &'static str {
        "drip"
    }

    fn about(&self) -> &'static str {
        "420 customers read and sent over all days; speed= sets how many a day"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Sales])?;
        let size = stage.size(SIZE)?;
        let to = stage.destination("files.quickdrop.example");
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let days = stage.days();
        let even = size.div_ceil(days.len().max(1) as u32);
        let a_day = stage.asked_speed().map_or(even, Speed::a_day);
        for (day, some) in days.into_iter().zip(who.chunks(a_day as usize)) {
            let from = stage.at_work(actor, day);
            let read = stage.read_all(actor, from, Tool::DESK, some, (AT_ONCE, Speed::a_minute(2)));
            let pause = Millis::from_mins(stage.rng.random_range(30..150));
            let mut at = read.plus(pause);
            for part in some.chunks(20) {
                stage.send(actor, at, Way::UPLOAD, &to, part);
                at = at.plus(stage.jittered(Millis::from_mins(2)));
            }
        }
        Ok(())
    }
}
