//! A day on which everybody buys: two and a half times the traffic.

use super::{Life, middle_workday};
use crate::simulate::calendar::LocalHour;
use crate::simulate::people::{Actor, Job, Role, Work};
use crate::simulate::scene::Scene;

/// How much busier the day is.
const TEMPO: f64 = 2.5;

/// `sale-day`
#[derive(Debug)]
pub struct SaleDay;

impl Life for SaleDay {
    fn name(&self) -> &'static str {
        "sale-day"
    }

    fn about(&self) -> &'static str {
        "on the middle workday shop and services do 2.5 times as much"
    }

    fn tempo(&self, scene: &Scene, actor: &Actor, at: LocalHour) -> f64 {
        let busy = match actor.work_at(at.start) {
            Work::Desk(desk) => {
                matches!(desk.role, Role::CustomerService | Role::Sales | Role::Operations | Role::Marketing)
            }
            Work::Job(job) => matches!(job, Job::Mailer | Job::CrmSync | Job::SearchIndexer | Job::BillingBatch),
        };
        if busy && at.day == middle_workday(scene) { TEMPO } else { 1.0 }
    }
}
