//! Somebody who has left the company still gets in, under another spelling of the login.

use super::{Attack, AttackError, Speed, Stage, Tool};
use crate::core::time::Millis;

const SIZE: u32 = 60;

/// `leaver`
#[derive(Debug)]
pub struct Leaver;

impl Attack for Leaver {
    fn kind(&self) -> &'static str {
        "leaver"
    }

    fn about(&self) -> &'static str {
        "a former employee reads 60 customers at 5/m, in changing spellings"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let former: Vec<_> = stage.scene.population.former().iter().collect();
        let actor = stage.actor(&former)?;
        let size = stage.size(SIZE)?;
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let from = match stage.asked_begin() {
            Some(at) => at,
            None => stage.begin(actor).plus(Millis::from_mins(45)),
        };
        let speed = stage.speed(Speed::a_minute(5));
        stage.read_all(actor, from, Tool::DESK, &who, (3, speed));
        Ok(())
    }
}
