//! Customers leave inside layers of encoding, which a plain search does not see.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::Millis;
use crate::simulate::people::Role;
use crate::simulate::step::{Carried, Layer};
use rand::Rng;

const SIZE: u32 = 300;
const LAYERINGS: [(&[Layer], &str); 6] = [
    (&[Layer::Base64], "signature.txt"),
    (&[Layer::FullWidth, Layer::Gzip], "report.csv.gz"),
    (&[Layer::Gzip], "backup.csv.gz"),
    (&[Layer::Zip], "backup.zip"),
    (&[Layer::Zlib, Layer::Base64], "notes.bin"),
    (&[Layer::Gzip, Layer::Base64, Layer::Zip], "photos.zip"),
];

/// `encoded-egress`
#[derive(Debug)]
pub struct EncodedEgress;

impl Attack for EncodedEgress {
    fn kind(&self) -> &'static str {
        "encoded-egress"
    }

    fn about(&self) -> &'static str {
        "300 customers read at 10/m, then sent in base64, gzip, zip and full-width layers"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Sales, Role::Marketing])?;
        let size = stage.size(SIZE)?;
        let to = stage.destination("u.cloudbox.example");
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let from = stage.begin(actor);
        let speed = stage.speed(Speed::a_minute(10));
        let first = stage.rng.random_range(0..LAYERINGS.len());
        let read = stage.read_all(actor, from, Tool::DESK, &who, (8, speed));
        let mut at = read.plus(Millis::from_mins(stage.rng.random_range(5..60)));
        for (some, (layers, file)) in who.chunks(50).zip(LAYERINGS.into_iter().cycle().skip(first)) {
            let way = Way { carried: Carried::Layers(layers), file: Some(file), ..Way::UPLOAD };
            stage.send(actor, at, way, &to, some);
            at = at.plus(stage.jittered(Millis::from_mins(4)));
        }
        Ok(())
    }
}
