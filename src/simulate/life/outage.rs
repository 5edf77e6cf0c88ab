//! The collector of events is away for three hours and delivers the backlog afterwards.

use super::{Life, middle_workday};
use crate::core::time::{EventTime, Millis};
use crate::simulate::scene::Scene;

/// Local hour at which the outage begins.
const BEGINS: i64 = 10;
const LASTS: Millis = Millis::from_hours(3);
/// In how long the backlog is delivered.
const CATCHING_UP: Millis = Millis::from_mins(20);

/// `outage`
#[derive(Debug)]
pub struct Outage;

impl Life for Outage {
    fn name(&self) -> &'static str {
        "outage"
    }

    fn about(&self) -> &'static str {
        "events of three hours arrive late, and lines carry `received`"
    }

    fn held_until(&self, scene: &Scene, at: EventTime) -> Option<EventTime> {
        let begins = scene.calendar.midnight(middle_workday(scene)).plus(Millis::from_hours(BEGINS));
        let ends = begins.plus(LASTS);
        if !(begins..ends).contains(&at) {
            return None;
        }
        let place = at.since(begins).as_millis() * CATCHING_UP.as_millis() / LASTS.as_millis();
        Some(ends.plus(Millis::new(place)))
    }

    fn tells_received(&self) -> bool {
        true
    }
}
