//! A person mails a dozen just-read customers an evening, each evening to another host.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::Millis;
use crate::simulate::people::Role;
use rand::Rng;

const A_DAY: u32 = 12;

/// `evening-mail`
#[derive(Debug)]
pub struct EveningMail;

impl Attack for EveningMail {
    fn kind(&self) -> &'static str {
        "evening-mail"
    }

    fn about(&self) -> &'static str {
        "12 just-read customers mailed an evening, each time to another domain"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Sales, Role::Finance])?;
        let days = stage.days();
        let size = stage.size(A_DAY * days.len().max(1) as u32)?;
        let fitting = size.div_ceil(days.len().max(1) as u32).max(A_DAY);
        let a_day = stage.asked_speed().map_or(fitting, Speed::a_day);
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        for (day, some) in days.into_iter().zip(who.chunks(a_day as usize)) {
            let minutes = stage.rng.random_range(18 * 60..20 * 60);
            let from = stage.scene.calendar.midnight(day).plus(Millis::from_mins(minutes));
            let read = stage.read_all(actor, from, Tool::DESK, some, (2, Speed::a_minute(1)));
            let domain = format!("post{:x}.example", stage.rng.random_range(0x10000..0xf_ffff));
            stage.accuse_domain(&domain);
            stage.send(actor, read.plus(Millis::from_mins(20)), Way::MAIL, &format!("me@{domain}"), some);
        }
        Ok(())
    }
}
