//! After a read something leaves that shows nobody: only its size is told.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::Millis;
use crate::simulate::people::Role;
use crate::simulate::rng::pick;
use crate::simulate::step::Carried;
use rand::Rng;

const SIZE: u32 = 300;
/// Customers in one part of what leaves.
const PART: usize = 150;
const CHANNELS: [(&str, &str, &str); 4] = [
    ("proxy", "http", "backup.7z"),
    ("mail-gateway", "email", "minutes.docx"),
    ("endpoint", "usb", "pictures.img"),
    ("ftp-gateway", "ftp", "archive.bin"),
];

/// `unseen-egress`
#[derive(Debug)]
pub struct UnseenEgress;

impl Attack for UnseenEgress {
    fn kind(&self) -> &'static str {
        "unseen-egress"
    }

    fn about(&self) -> &'static str {
        "300 customers read at 10/m, then bytes sent outside that show none of them"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Sales, Role::Finance])?;
        let size = stage.size(SIZE)?;
        let (app, channel, file) = pick(&mut stage.rng, &CHANNELS);
        let to = stage.destination("in.darkvault.example");
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let from = stage.begin(actor);
        let speed = stage.speed(Speed::a_minute(10));
        let read = stage.read_all(actor, from, Tool::DESK, &who, (10, speed));
        let mut at = read.plus(Millis::from_mins(stage.rng.random_range(3..50)));
        let way = Way { app, channel, carried: Carried::Unseen, file: Some(file) };
        for part in who.chunks(PART) {
            stage.send(actor, at, way, &to, part);
            at = at.plus(stage.jittered(Millis::from_mins(5)));
        }
        Ok(())
    }
}
