//! A person reads some dozens of customers and sends the same customers outside.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::Millis;
use crate::simulate::people::Role;
use rand::Rng;

const SIZE: u32 = 300;

/// `read-then-out`
#[derive(Debug)]
pub struct ReadThenOut;

impl Attack for ReadThenOut {
    fn kind(&self) -> &'static str {
        "read-then-out"
    }

    fn about(&self) -> &'static str {
        "300 customers read at 10/m, then uploaded outside by the same person"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Sales, Role::Finance])?;
        let size = stage.size(SIZE)?;
        let to = stage.destination("https://share.paste.example/up");
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let from = stage.begin(actor);
        let speed = stage.speed(Speed::a_minute(10));
        let read = stage.read_all(actor, from, Tool::DESK, &who, (10, speed));
        let mut at = read.plus(Millis::from_mins(stage.rng.random_range(10..90)));
        for some in who.chunks(25) {
            stage.send(actor, at, Way { file: Some("notes.csv"), ..Way::UPLOAD }, &to, some);
            at = at.plus(stage.jittered(Millis::from_mins(3)));
        }
        Ok(())
    }
}
