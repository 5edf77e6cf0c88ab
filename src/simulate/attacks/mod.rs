//! Leaks to plant in ordinary traffic. An attack is one file with one type that implements [`Attack`], and one line in
//! [`ATTACKS`].

mod actor_flood;
mod acts;
mod bulk_dump;
mod canary;
mod cast;
mod clock_poison;
mod collusion;
mod copy_unknown;
mod drip;
mod encoded_egress;
mod evening_mail;
mod leaver;
mod notice_period;
mod options;
mod paged_dump;
mod read_then_out;
mod request;
mod service_abuse;
mod slow_poison;
mod spread_drip;
mod stage;
mod team_harvest;
mod unseen_egress;

pub(super) use actor_flood::invented_login;
pub use acts::{Tool, Way};
pub use options::{AttackOptions, Begin, Speed};
pub use request::{AttackRequest, RequestError};
pub use stage::{Entity, Stage};

#[cfg(test)]
mod tests;

use super::rng::{Purpose, hash_name, stream};
use super::scene::Scene;
use super::step::Step;
use std::collections::BTreeSet;
use std::fmt::Debug;
use thiserror::Error;

/// A way in which customers' data leaves.
pub trait Attack: Debug + Sync {
    /// The name on the command line and in the ground truth.
    fn kind(&self) -> &'static str;

    /// One line for people: what happens, and the defaults.
    fn about(&self) -> &'static str;

    /// Plays the attack on `stage`. It may draw from the stage's randomness alone.
    ///
    /// # Errors
    /// [`AttackError`] where the options do not fit the retailer.
    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError>;
}

/// Every attack.
pub const ATTACKS: [&dyn Attack; 18] = [
    &bulk_dump::BulkDump,
    &paged_dump::PagedDump,
    &drip::Drip,
    &spread_drip::SpreadDrip,
    &collusion::Collusion,
    &team_harvest::TeamHarvest,
    &leaver::Leaver,
    &notice_period::NoticePeriod,
    &service_abuse::ServiceAbuse,
    &copy_unknown::CopyUnknown,
    &read_then_out::ReadThenOut,
    &encoded_egress::EncodedEgress,
    &unseen_egress::UnseenEgress,
    &canary::Canary,
    &clock_poison::ClockPoison,
    &actor_flood::ActorFlood,
    &slow_poison::SlowPoison,
    &evening_mail::EveningMail,
];

/// Options that do not fit the retailer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AttackError {
    /// The actor is nobody.
    #[error("{attack}: no actor is called {login:?}, expected a login of the simulated directory such as emp0042")]
    UnknownActor {
        /// The attack.
        attack: String,
        /// The login asked for.
        login: String,
    },
    /// More customers, or more people, than there are.
    #[error("{attack}: {field} is {found}, expected 1 to {most}")]
    Size {
        /// The attack.
        attack: String,
        /// `size` or `actors`.
        field: &'static str,
        /// What was asked for.
        found: u32,
        /// The most that there are.
        most: u32,
    },
    /// Nothing of it happens in the span.
    #[error("{attack}: nothing of it falls into the simulated span, expected `at` inside {span}")]
    OutsideSpan {
        /// The attack.
        attack: String,
        /// The span.
        span: String,
    },
}

/// An attack as it will happen.
#[derive(Clone, Debug)]
pub struct AttackPlan {
    /// Its name in the ground truth: the kind, numbered from the second of a kind on.
    pub name: String,
    /// The kind.
    pub kind: &'static str,
    /// The entities that an alert about it may name.
    pub entities: Vec<Entity>,
    /// What happens, by time.
    pub steps: Vec<Step>,
}

/// Plans `requests` against `scene`, each with randomness of its own. Nobody takes part in two of them, unless asked to
/// or unless there are too few people.
///
/// # Errors
/// [`AttackError`] where the options of one do not fit.
pub fn plan(scene: &Scene, requests: &[AttackRequest]) -> Result<Vec<AttackPlan>, AttackError> {
    let mut plans: Vec<AttackPlan> = Vec::with_capacity(requests.len());
    let mut taken = BTreeSet::new();
    for request in requests {
        let kind = request.attack.kind();
        let earlier = plans.iter().filter(|plan| plan.kind == kind).count() as u64;
        let name = if earlier == 0 { kind.to_owned() } else { format!("{kind}-{}", earlier + 1) };
        let rng = stream(scene.settings.seed, Purpose::Attack, hash_name(kind), earlier);
        let mut stage = Stage::new(scene, &request.options, &taken, name, rng);
        request.attack.play(&mut stage)?;
        let plan = stage.finish(kind)?;
        taken.extend(plan.steps.iter().filter_map(|step| step.who.number()));
        plans.push(plan);
    }
    Ok(plans)
}
