//! Somebody under notice carries customers off before the last day.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::Millis;
use crate::simulate::calendar::LocalDay;
use crate::simulate::people::Actor;
use crate::simulate::rng::pick;
use rand::Rng;

const SIZE: u32 = 300;
/// On how many of the last workdays.
const DAYS: usize = 4;
const A_SENDING: usize = 30;
const WAYS: [(Way, &str); 3] = [
    (Way::UPLOAD, "https://drive.homecloud.example/me"),
    (Way::MAIL, "myself@lastingmail.example"),
    (Way::STICK, "usb-stick-5f21"),
];

/// `notice-period`
#[derive(Debug)]
pub struct NoticePeriod;

impl Attack for NoticePeriod {
    fn kind(&self) -> &'static str {
        "notice-period"
    }

    fn about(&self) -> &'static str {
        "somebody under notice reads 300 customers at 10/m over four days, and takes them"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let leaving: Vec<_> = stage.scene.population.leaving().collect();
        let actor = stage.actor(&leaving)?;
        let size = stage.size(SIZE)?;
        let speed = stage.speed(Speed::a_minute(10));
        let (way, usual) = pick(&mut stage.rng, &WAYS);
        let way = if stage.asked_destination().is_some() { Way::UPLOAD } else { way };
        let to = stage.destination(usual);
        stage.accuse("destination", to.clone());
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let days = last_days(stage, actor);
        for (day, some) in days.iter().zip(who.chunks(who.len().div_ceil(days.len().max(1)))) {
            let from = stage.at_work(actor, *day);
            let read = stage.read_all(actor, from, Tool::DESK, some, (6, speed));
            let mut at = read.plus(Millis::from_mins(stage.rng.random_range(10..120)));
            for part in some.chunks(A_SENDING) {
                stage.send(actor, at, way, &to, part);
                at = at.plus(stage.jittered(Millis::from_mins(2)));
            }
        }
        Ok(())
    }
}

/// The last workdays before `actor` leaves, or the first after the beginning asked for.
fn last_days(stage: &Stage<'_>, actor: &Actor) -> Vec<LocalDay> {
    let calendar = &stage.scene.calendar;
    let last = actor.left_at.unwrap_or(calendar.end()).min(calendar.end());
    let mut days = stage.workdays();
    days.retain(|day| calendar.midnight(*day).plus(Millis::from_hours(24)) <= last);
    if !stage.begins_as_asked() {
        days.drain(..days.len().saturating_sub(DAYS));
    }
    days.truncate(DAYS);
    days
}
