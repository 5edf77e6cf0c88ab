//! One in twenty employees begins in the middle of the span.

use super::Life;
use crate::core::time::Millis;
use crate::simulate::people::Population;
use crate::simulate::settings::SimulateSettings;

/// Every so many employees one is new.
const EVERY: usize = 20;

/// `new-hires`
#[derive(Debug)]
pub struct NewHires;

impl Life for NewHires {
    fn name(&self) -> &'static str {
        "new-hires"
    }

    fn about(&self) -> &'static str {
        "one in twenty employees begins in the middle of the span"
    }

    fn staff(&self, settings: &SimulateSettings, population: &mut Population) {
        let middle = settings.start.plus(Millis::from_hours(i64::from(settings.days) * 12));
        let people = settings.actors as usize;
        for actor in population.actors.iter_mut().take(people).skip(7).step_by(EVERY) {
            actor.hired_at = Some(middle);
        }
    }
}
