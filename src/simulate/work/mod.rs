//! Ordinary work, an hour of an actor at a time. An hour depends on (seed, actor, hour) alone, so that nothing else in
//! the simulation moves it.

mod desk;
mod sending;
mod service;
mod task;

use super::calendar::{LocalDay, LocalHour};
use super::people::{Actor, Desk, Job, Role, Work};
use super::rng::{Purpose, Stream, mix, normal, percent, poisson, stream};
use super::scene::Scene;
use super::step::Step;
use crate::core::time::Millis;
use rand::Rng;
pub use task::Task;

/// Share of a day's work that an office worker does over an evening hour.
const EVENING_SHARE: f64 = 0.004;
/// Share of a hundred workdays that people are away.
const AWAY_PERCENT: u32 = 5;

/// What `actor` does in the hour `at`, `tempo` times as much as usual, in no order.
pub fn hour(scene: &Scene, actor: &Actor, at: LocalHour, tempo: f64) -> Vec<Step> {
    let mut out = Vec::new();
    if actor.employed(at.start) {
        match actor.work_at(at.start) {
            Work::Desk(desk) => desk_hour(scene, actor, desk, at, tempo, &mut out),
            Work::Job(job) => job_hour(scene, actor, job, at, tempo, &mut out),
        }
    }
    out.retain(|step| actor.employed(step.at));
    out
}

fn hour_stream(scene: &Scene, actor: &Actor, at: LocalHour) -> Stream {
    let hour = at.start.as_millis() as u64 / 3_600_000;
    stream(scene.settings.seed, Purpose::Hour, u64::from(actor.number), hour)
}

fn desk_hour(scene: &Scene, actor: &Actor, desk: Desk, at: LocalHour, tempo: f64, out: &mut Vec<Step>) {
    let share = share_of_day(desk, at);
    if share == 0.0 {
        return;
    }
    let day = LocalDay(at.day.0 - desk.shift.days_back(at, desk.offset));
    let load = share * tempo * desk.pace * day_factor(scene, actor, desk.role, day);
    let figures = desk.role.figures();
    let mut rng = hour_stream(scene, actor, at);
    let lookups = poisson(&mut rng, load * figures.lookups_a_day);
    let sendings = poisson(&mut rng, load * figures.sendings_a_day);
    for number in 0..lookups + sendings {
        let mut task = start_task(scene, actor, at, &mut rng, out, mix(actor.number.into(), day.0 as u64));
        if number < lookups { desk::look_up(desk.role, &mut task) } else { sending::send(desk.role, &mut task) }
    }
}

fn job_hour(scene: &Scene, actor: &Actor, job: Job, at: LocalHour, tempo: f64, out: &mut Vec<Step>) {
    let scale = f64::from(scene.settings.actors) / 300.0;
    let mut rng = hour_stream(scene, actor, at);
    let steps = poisson(&mut rng, job.steps_an_hour(at.hour) * scale * tempo);
    let session = mix(actor.number.into(), at.start.as_millis() as u64);
    for _ in 0..steps {
        let mut task = start_task(scene, actor, at, &mut rng, out, session);
        service::run(job, &mut task);
    }
}

fn start_task<'a>(
    scene: &'a Scene,
    actor: &'a Actor,
    at: LocalHour,
    rng: &'a mut Stream,
    out: &'a mut Vec<Step>,
    session: u64,
) -> Task<'a> {
    let now = at.start.plus(Millis::new(rng.random_range(0..3_600_000)));
    Task { scene, actor, rng, now, session, out }
}

fn share_of_day(desk: Desk, at: LocalHour) -> f64 {
    let share = desk.shift.share_of(at, desk.offset);
    let works_evenings = matches!(desk.role, Role::Sales | Role::Engineering | Role::Management | Role::Marketing);
    if share == 0.0 && works_evenings && (19..23).contains(&at.hour) { EVENING_SHARE } else { share }
}

/// How much of a usual day's work `actor` does on `day`: 0 where away.
fn day_factor(scene: &Scene, actor: &Actor, role: Role, day: LocalDay) -> f64 {
    let mut rng = stream(scene.settings.seed, Purpose::Day, u64::from(actor.number), day.0 as u64);
    let present = if day.is_weekend() {
        percent(&mut rng, role.figures().weekend_percent)
    } else {
        !percent(&mut rng, AWAY_PERCENT)
    };
    let mood = (1.0 + 0.15 * normal(&mut rng)).clamp(0.6, 1.5);
    if present { mood * weekly(day) * monthly(role, day) } else { 0.0 }
}

/// Mondays are busier than Fridays.
fn weekly(day: LocalDay) -> f64 {
    [1.12, 1.03, 1.0, 0.98, 0.9, 0.85, 0.8][usize::from(day.weekday())]
}

/// Accounts and reports pile up around the turn of the month.
fn monthly(role: Role, day: LocalDay) -> f64 {
    let (date, last) = day.day_of_month();
    let turn = date <= 3 || date + 2 >= last;
    match role {
        Role::Finance if turn => 1.5,
        Role::Analyst | Role::Management if turn => 1.3,
        Role::Sales if date + 2 >= last => 1.2,
        _ => 1.0,
    }
}
