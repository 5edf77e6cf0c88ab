//! A person copies the customer table; the audit log tells no row count.

use super::{Attack, AttackError, Stage, Tool};
use crate::core::time::Millis;
use crate::simulate::people::Role;
use crate::simulate::rng::pick;
use crate::simulate::step::{Statement, Touched};
use rand::Rng;

const SIZE: u32 = 20_000;
/// Into so many copies it is cut at most.
const MOST_COPIES: usize = 3;

/// `copy-unknown`
#[derive(Debug)]
pub struct CopyUnknown;

impl Attack for CopyUnknown {
    fn kind(&self) -> &'static str {
        "copy-unknown"
    }

    fn about(&self) -> &'static str {
        "one person COPYs 20,000 customers in one to three pieces, rows null, nobody named"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::Analyst, Role::Engineering])?;
        let size = stage.size(SIZE)?;
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let tool = pick(&mut stage.rng, &[Tool::CONSOLE, Tool::CRM_CONSOLE]);
        let copies = stage.rng.random_range(1..=MOST_COPIES);
        let mut at = stage.begin(actor);
        for some in who.chunks(who.len().div_ceil(copies)) {
            stage.read(actor, at, tool, Touched::sampled(some.to_vec(), 0, tool.kinds), Statement::Copy);
            at = at.plus(stage.jittered(Millis::from_mins(4)));
        }
        Ok(())
    }
}
