//! One in twenty-five employees takes over another role's work in the middle of the span; the directory, which is one
//! file, still tells the old role.

use super::Life;
use crate::core::time::Millis;
use crate::simulate::people::{Actor, Population, Role, Work, desk};
use crate::simulate::rng::{Purpose, hash_name, pick, stream};
use crate::simulate::settings::SimulateSettings;

/// Every so many employees one moves.
const EVERY: usize = 25;

/// `team-moves`
#[derive(Debug)]
pub struct TeamMoves;

impl Life for TeamMoves {
    fn name(&self) -> &'static str {
        "team-moves"
    }

    fn about(&self) -> &'static str {
        "one in 25 employees does another role's work from the middle of the span on"
    }

    fn staff(&self, settings: &SimulateSettings, population: &mut Population) {
        let middle = settings.start.plus(Millis::from_hours(i64::from(settings.days) * 12));
        let people = settings.actors as usize;
        for actor in population.actors.iter_mut().take(people).skip(3).step_by(EVERY) {
            let name = hash_name(self.name());
            let mut rng = stream(settings.seed, Purpose::Life, name, u64::from(actor.number) + 1);
            let others: Vec<Role> = Role::ALL.into_iter().filter(|role| Some(*role) != Actor::role(actor)).collect();
            let role = pick(&mut rng, &others);
            actor.moves = Some((middle, Work::Desk(desk(&mut rng, role))));
        }
    }
}
