//! A public holiday: offices are empty, customer service and the warehouse keep a skeleton staff, orders go on.

use super::{Life, middle_workday};
use crate::simulate::calendar::LocalHour;
use crate::simulate::people::{Actor, Role, Work};
use crate::simulate::rng::mix;
use crate::simulate::scene::Scene;

/// `holiday`
#[derive(Debug)]
pub struct Holiday;

impl Life for Holiday {
    fn name(&self) -> &'static str {
        "holiday"
    }

    fn about(&self) -> &'static str {
        "on the middle workday offices are empty, shop and warehouse thinly staffed"
    }

    fn tempo(&self, scene: &Scene, actor: &Actor, at: LocalHour) -> f64 {
        let Work::Desk(desk) = actor.work_at(at.start) else { return 1.0 };
        if at.day != middle_workday(scene) {
            return 1.0;
        }
        let on_duty = matches!(desk.role, Role::CustomerService | Role::Operations)
            && mix(scene.settings.seed, u64::from(actor.number)) % 10 < 4;
        if on_duty { 1.0 } else { 0.0 }
    }
}
