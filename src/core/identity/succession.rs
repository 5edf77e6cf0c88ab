//! A new directory file takes the place of an old one.

use super::directory::Directory;
use crate::core::time::EventTime;
use thiserror::Error;

/// So many actors that vanished are remembered; of more, those that vanished longest ago are forgotten.
const MAX_MISSING: usize = 100_000;

/// A new file lost too many lines of the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the new file lacks {lost} of the old one's {lines} lines ({lost_percent} %), expected at most {max_percent} %"
)]
pub struct LossRefused {
    /// Lines of the old file that the new one lacks.
    pub lost: usize,
    /// Lines of the old file.
    pub lines: usize,
    /// The share of lines lost, in percent, rounded up.
    pub lost_percent: usize,
    /// The most that may be lost.
    pub max_percent: u8,
}

impl Directory {
    /// `self` in the place of `old`. Actors that vanished keep their last record, count as missing since `now`, and
    /// keep those of their logins that nobody else has now.
    ///
    /// # Errors
    /// [`LossRefused`], if more than `max_loss_percent` of the old file's lines are gone.
    pub fn succeed(mut self, old: &Self, max_loss_percent: u8, now: EventTime) -> Result<Self, LossRefused> {
        self.check_loss(old, max_loss_percent)?;
        let mut missing: Vec<_> =
            old.actors.iter().filter(|record| self.actors.find(&record.logins[0]).is_none()).cloned().collect();
        for record in &mut missing {
            record.missing_since.get_or_insert(now);
            record.zone = self.zones.intern(old.zones.name(record.zone)).unwrap_or_default();
        }
        missing.sort_by_key(|record| record.missing_since);
        let forgotten = missing.len().saturating_sub(MAX_MISSING);
        for mut record in missing.drain(forgotten..) {
            record.logins.retain(|login| self.actors.number(login).is_none());
            self.actors.push(record);
        }
        Ok(self)
    }

    /// Actors and destinations are lost by name; leases, which come and go, by number.
    fn check_loss(&self, old: &Self, max_percent: u8) -> Result<(), LossRefused> {
        let present = old.actors.iter().filter(|record| record.missing_since.is_none());
        let actors = present.filter(|record| self.actors.find(&record.logins[0]).is_none()).count();
        let leases = old.leases.len().saturating_sub(self.leases.len());
        let lost = actors + self.destinations.lost_since(&old.destinations) + leases;
        if lost * 100 > old.lines * usize::from(max_percent) {
            let lost_percent = (lost * 100).div_ceil(old.lines.max(1));
            return Err(LossRefused { lost, lines: old.lines, lost_percent, max_percent });
        }
        Ok(())
    }
}
