//! One event from far in the future, to make a watermark jump; then a leak whose stamps are skewed.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::{EventTime, Millis};
use crate::simulate::people::Role;
use rand::Rng;

const SIZE: u32 = 400;
const AT_ONCE: usize = 10;
const A_SENDING: usize = 25;
/// By how many days the first event is ahead.
const AHEAD_DAYS: std::ops::Range<i64> = 30..2_000;
/// By how many minutes the leak's events are off, either way.
const SKEW_MINUTES: std::ops::Range<i64> = -26 * 60..26 * 60;

/// `clock-poison`
#[derive(Debug)]
pub struct ClockPoison;

impl Attack for ClockPoison {
    fn kind(&self) -> &'static str {
        "clock-poison"
    }

    fn about(&self) -> &'static str {
        "an event from the far future, then 400 customers read and sent with skewed stamps"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::Engineering, Role::Analyst, Role::Sales])?;
        let size = stage.size(SIZE)?;
        let to = stage.destination("up.timewarp.example");
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let from = stage.begin(actor);
        stage.send(actor, from, Way::UPLOAD, &to, &[]);
        let ahead = Millis::from_days(stage.rng.random_range(AHEAD_DAYS));
        claim(stage, 0, |_, at| at.plus(ahead));
        let speed = stage.speed(Speed::a_minute(10));
        let read = stage.read_all(actor, from.plus(Millis::from_mins(3)), Tool::CONSOLE, &who, (AT_ONCE, speed));
        let mut at = read.plus(Millis::from_mins(stage.rng.random_range(10..40)));
        for some in who.chunks(A_SENDING) {
            stage.send(actor, at, Way::UPLOAD, &to, some);
            at = at.plus(stage.jittered(Millis::from_mins(2)));
        }
        claim(stage, 1, |stage, at| at.plus(Millis::from_mins(stage.rng.random_range(SKEW_MINUTES))));
        Ok(())
    }
}

/// Lets the steps from number `first` on claim another time than theirs.
fn claim(stage: &mut Stage<'_>, first: usize, mut other: impl FnMut(&mut Stage<'_>, EventTime) -> EventTime) {
    for number in first..stage.steps.len() {
        let at = stage.steps[number].at;
        stage.steps[number].claimed = Some(other(stage, at));
    }
}
