//! A person copies the customer table; the audit log tells no row count.

use super::{Attack, AttackError, Stage, Tool};
use crate::simulate::people::Role;
use crate::simulate::step::{Statement, Touched};

const SIZE: u32 = 20_000;

/// `copy-unknown`
#[derive(Debug)]
pub struct CopyUnknown;

impl Attack for CopyUnknown {
    fn kind(&self) -> &'static str {
        "copy-unknown"
    }

    fn about(&self) -> &'static str {
        "one person COPYs 20,000 customers, rows null, nobody named"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::Analyst, Role::Engineering])?;
        let size = stage.size(SIZE)?;
        let who = stage.scene.distinct_customers(&mut stage.rng, size);
        let at = stage.begin(actor);
        stage.read(actor, at, Tool::CONSOLE, Touched::sampled(who, 0, Tool::CONSOLE.kinds), Statement::Copy);
        Ok(())
    }
}
