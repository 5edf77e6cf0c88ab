//! A person uses a service's account from their own desk.

use super::{Attack, AttackError, Speed, Stage, Tool};
use crate::simulate::people::{Job, Role};
use crate::simulate::rng::pick;
use std::slice;

const SIZE: u32 = 2_000;

/// `service-abuse`
#[derive(Debug)]
pub struct ServiceAbuse;

impl Attack for ServiceAbuse {
    fn kind(&self) -> &'static str {
        "service-abuse"
    }

    fn about(&self) -> &'static str {
        "a service's account reads 2,000 customers at 400/m from a person's desk"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let job = pick(&mut stage.rng, &[Job::CrmSync, Job::Mailer, Job::BillingBatch]);
        let service = stage.actor(slice::from_ref(stage.scene.population.service(job)))?;
        let roles = [Role::Engineering, Role::Analyst];
        let person = stage.scene.population.people().iter().find(|one| one.role().is_some_and(|r| roles.contains(&r)));
        let size = stage.size(SIZE)?;
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let from = stage.begin(service);
        let speed = stage.speed(Speed::a_minute(400));
        let mut misused = service.clone();
        if let Some(person) = person {
            misused.client_ip = person.client_ip;
            stage.accuse("client_ip", person.client_ip.to_string());
        }
        stage.read_all(&misused, from, Tool::CONSOLE, &who, (100, speed));
        Ok(())
    }
}
