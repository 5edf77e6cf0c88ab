//! One account walks through the customer table page by page.

use super::{Attack, AttackError, Speed, Stage, Tool};
use crate::simulate::customers::CustomerIndex;
use crate::simulate::people::Role;
use crate::simulate::step::{Statement, Touched};
use rand::Rng;

const SIZE: u32 = 3_000;
const PAGES: std::ops::RangeInclusive<u32> = 20..=80;

/// `paged-dump`
#[derive(Debug)]
pub struct PagedDump;

impl Attack for PagedDump {
    fn kind(&self) -> &'static str {
        "paged-dump"
    }

    fn about(&self) -> &'static str {
        "one account pages through 3,000 customers by OFFSET or by key, 20 to 80 a query, 200/m"
    }

    fn play(&self, stage: &mut Stage<'_>) -> Result<(), AttackError> {
        let actor = stage.member(&[Role::CustomerService, Role::Sales, Role::Engineering])?;
        let size = stage.size(SIZE)?;
        let speed = stage.speed(Speed::a_minute(200));
        let first = stage.rng.random_range(0..=stage.scene.base.real() - size);
        let page = stage.rng.random_range(PAGES);
        let by_key = stage.rng.random_bool(0.5);
        let mut at = stage.begin(actor);
        for offset in (0..size).step_by(page as usize) {
            let rows = page.min(size - offset);
            let who: Vec<CustomerIndex> = (first + offset..first + offset + rows).collect();
            let (after, limit) = (u64::from(first + offset), u64::from(page));
            let statement =
                if by_key { Statement::KeyRange { after, limit } } else { Statement::Page { offset: after, limit } };
            stage.read(actor, at, Tool::CONSOLE, Touched::named(who, Tool::CONSOLE.kinds), statement);
            at = at.plus(stage.jittered(speed.time_for(rows)));
        }
        Ok(())
    }
}
