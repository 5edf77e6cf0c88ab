//! One account reads thousands of customers within minutes.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::simulate::people::Role;
use crate::simulate::rng::pick;
use rand::Rng;

const SIZE: u32 = 5_000;
const AT_ONCE: std::ops::RangeInclusive<usize> = 40..=160;

/// `bulk-dump`
#[derive(Debug)]
pub struct BulkDump;

impl Attack for BulkDump {
    fn kind(&self) -> &'static str {
        "bulk-dump"
    }

    fn about(&self) -> &'static str {
        "one account reads 5,000 customers at 1,000/m; destination= uploads them"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Operations, Role::Finance])?;
        let size = stage.size(SIZE)?;
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let from = stage.begin(actor);
        let speed = stage.speed(Speed::a_minute(1_000));
        let at_once = stage.rng.random_range(AT_ONCE);
        let tool = pick(&mut stage.rng, &[Tool::CONSOLE, Tool::CRM_CONSOLE]);
        let mut at = stage.read_all(actor, from, tool, &who, (at_once, speed));
        if stage.asked_destination().is_some() {
            let to = stage.destination("");
            for some in who.chunks(500) {
                at = at.plus(stage.jittered(speed.time_for(some.len() as u32)));
                stage.send(actor, at, Way { file: Some("export.csv"), ..Way::UPLOAD }, &to, some);
            }
        }
        Ok(())
    }
}
