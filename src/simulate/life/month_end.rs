//! The books are closed: finance lists invoices, analysts and management read reports, all over two days.

use super::{Life, workdays};
use crate::simulate::calendar::LocalHour;
use crate::simulate::people::{Actor, Job, Role, Work};
use crate::simulate::scene::Scene;

/// `month-end`
#[derive(Debug)]
pub struct MonthEnd;

impl Life for MonthEnd {
    fn name(&self) -> &'static str {
        "month-end"
    }

    fn about(&self) -> &'static str {
        "on the last two workdays finance and reports do up to three times as much"
    }

    fn tempo(&self, scene: &Scene, actor: &Actor, at: LocalHour) -> f64 {
        let days = workdays(scene);
        if !days.iter().rev().take(2).any(|day| *day == at.day) {
            return 1.0;
        }
        match actor.work_at(at.start) {
            Work::Desk(desk) => match desk.role {
                Role::Finance => 3.0,
                Role::Analyst | Role::Management => 2.0,
                Role::CustomerService | Role::Sales | Role::Marketing | Role::Operations | Role::Engineering => 1.0,
            },
            Work::Job(Job::ReportEtl) => 2.0,
            Work::Job(Job::BillingBatch | Job::CrmSync | Job::SearchIndexer | Job::Mailer) => 1.0,
        }
    }
}
