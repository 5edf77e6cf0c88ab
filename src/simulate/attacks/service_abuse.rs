//! A person uses a service's account from their own desk, with a tool of their own, at an odd hour.

use super::{Attack, AttackError, Speed, Stage, Tool, Way};
use crate::core::time::{EventTime, Millis};
use crate::simulate::people::{Actor, Job, Role};
use crate::simulate::rng::pick;
use rand::Rng;

const SIZE: u32 = 2_000;
const A_SENDING: usize = 200;
const APPS: [&str; 3] = ["psql", "notebook", "sql-workbench"];

/// `service-abuse`
#[derive(Debug)]
pub struct ServiceAbuse;

impl Attack for ServiceAbuse {
    fn kind(&self) -> &'static str {
        "service-abuse"
    }

    fn about(&self) -> &'static str {
        "a service's account reads 2,000 customers at 400/m from a person's desk, may send them"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let job = pick(&mut stage.rng, &[Job::CrmSync, Job::Mailer, Job::BillingBatch]);
        let service = stage.actor(&[stage.scene.population.service(job)])?;
        let size = stage.size(SIZE)?;
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let misused = at_a_desk(stage, service);
        let from = late(stage, service);
        let speed = stage.speed(Speed::a_minute(400));
        let at_once = stage.rng.random_range(40..=150);
        let tool = Tool { app: pick(&mut stage.rng, &APPS), ..Tool::CONSOLE };
        let sends = stage.asked_destination().is_some() || stage.rng.random_bool(0.5);
        let mut at = stage.read_all(&misused, from, tool, &who, (at_once, speed));
        if sends {
            let to = stage.destination("put.sidedoor.example");
            for some in who.chunks(A_SENDING) {
                at = at.plus(stage.jittered(Millis::from_mins(2)));
                stage.send(&misused, at, Way { app: "curl", ..Way::UPLOAD }, &to, some);
            }
        }
        Ok(())
    }
}

/// `service` as it looks from the desk of some engineer or analyst.
fn at_a_desk(stage: &mut Stage<'_>, service: &Actor) -> Actor {
    let fits = |one: &&Actor| matches!(one.role(), Some(Role::Engineering | Role::Analyst));
    let desks: Vec<_> = stage.scene.population.people().iter().filter(fits).collect();
    if desks.is_empty() {
        return service.clone();
    }
    let desk = pick(&mut stage.rng, &desks);
    stage.accuse("client_ip", desk.client_ip.to_string());
    Actor { client_ip: desk.client_ip, ..service.clone() }
}

/// As asked, else in the evening of some day.
fn late(stage: &mut Stage<'_>, service: &Actor) -> EventTime {
    let asked = stage.asked_begin();
    asked.unwrap_or_else(|| {
        let day = stage.scene.calendar.local_hour(stage.begin(service)).day;
        let minutes = stage.rng.random_range(19 * 60..22 * 60);
        stage.scene.calendar.midnight(day).plus(Millis::from_mins(minutes))
    })
}
