//! What ordinary life brings besides ordinary work. A life event is one file with one type that implements [`Life`],
//! and one line in [`LIVES`].

mod campaign;
mod holiday;
mod month_end;
mod new_hires;
mod night_etl;
mod outage;
mod quiet;
mod sale_day;
mod team_moves;

use super::calendar::{LocalDay, LocalHour};
use super::people::{Actor, Population};
use super::rng::Stream;
use super::scene::Scene;
use super::settings::SimulateSettings;
use super::step::Step;
use crate::core::time::EventTime;
use std::fmt::Debug;

/// Something legitimate that changes the traffic.
pub trait Life: Debug + Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// One line for people.
    fn about(&self) -> &'static str;

    /// Changes the staff before anything happens. Numbers and names stay.
    fn staff(&self, _settings: &SimulateSettings, _population: &mut Population) {}

    /// By how much an actor's ordinary work in an hour is multiplied.
    fn tempo(&self, _scene: &Scene, _actor: &Actor, _at: LocalHour) -> f64 {
        1.0
    }

    /// What happens besides ordinary work, in no order.
    fn steps(&self, _scene: &Scene, _rng: &mut Stream) -> Vec<Step> {
        Vec::new()
    }

    /// When an event that happens at `at` reaches its source's log, where that is held up.
    fn held_until(&self, _scene: &Scene, _at: EventTime) -> Option<EventTime> {
        None
    }

    /// Whether lines have to say when they arrived.
    fn tells_received(&self) -> bool {
        false
    }
}

/// Every life event.
pub const LIVES: [&dyn Life; 9] = [
    &quiet::Quiet,
    &campaign::Campaign,
    &sale_day::SaleDay,
    &outage::Outage,
    &month_end::MonthEnd,
    &new_hires::NewHires,
    &team_moves::TeamMoves,
    &holiday::Holiday,
    &night_etl::NightEtl,
];

/// A usual week: campaigns.
pub fn usual() -> Vec<&'static dyn Life> {
    vec![&campaign::Campaign]
}

/// The life event called `name`.
pub fn find(name: &str) -> Option<&'static dyn Life> {
    LIVES.into_iter().find(|life| life.name() == name)
}

/// The workdays of the span, or all its days where it has none.
fn workdays(scene: &Scene) -> Vec<LocalDay> {
    let days = scene.calendar.days();
    let workdays: Vec<_> = days.iter().copied().filter(|day| !day.is_weekend()).collect();
    if workdays.is_empty() { days } else { workdays }
}

/// The day in the middle of the span's workdays, on which single events fall.
fn middle_workday(scene: &Scene) -> LocalDay {
    let days = workdays(scene);
    days[days.len() / 2]
}
