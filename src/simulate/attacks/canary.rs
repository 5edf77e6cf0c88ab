//! Somebody reads decoys, which no ordinary work ever meets.

use super::{Attack, AttackError, Speed, Stage, Tool};
use crate::simulate::people::Role;
use rand::Rng;

const SIZE: u32 = 12;
const DECOYS: u32 = 2;

/// `canary`
#[derive(Debug)]
pub struct Canary;

impl Attack for Canary {
    fn kind(&self) -> &'static str {
        "canary"
    }

    fn about(&self) -> &'static str {
        "one person looks up 12 customers at 4/m, two of them decoys"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Sales, Role::Engineering])?;
        let size = stage.size(SIZE)?;
        let mut who = stage.scene.distinct_customers(&mut stage.rng, size);
        let decoys = stage.scene.base.canaries();
        let first = stage.rng.random_range(0..decoys.len() as u32 - DECOYS);
        for (place, decoy) in decoys.skip(first as usize).take(DECOYS as usize).enumerate() {
            let at = (place * 5 + 3).min(who.len());
            who.insert(at, decoy);
        }
        who.truncate(size.max(DECOYS) as usize);
        let from = stage.begin(actor);
        let speed = stage.speed(Speed::a_minute(4));
        stage.read_all(actor, from, Tool::DESK, &who, (1, speed));
        Ok(())
    }
}
