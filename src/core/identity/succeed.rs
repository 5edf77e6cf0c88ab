//! A new directory takes the place of an old one: nobody vanishes by being left out.

use super::directory::Directory;
use crate::core::time::EventTime;
use thiserror::Error;

/// The new file is so much shorter that the old one stays.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[error(
    "directory lost {lost_percent:.0} % of its lines ({before} to {after}), expected at most {allowed_percent:.0} %"
)]
pub struct LossRefused {
    /// Lines before.
    pub before: usize,
    /// Lines now.
    pub after: usize,
    /// How many percent went.
    pub lost_percent: f64,
    /// How many may go.
    pub allowed_percent: f64,
}

impl Directory {
    /// `self` after `old`: actors that vanished keep their last record, missing since `now`.
    ///
    /// # Errors
    /// [`LossRefused`] if more than `max_loss_percent` of the lines went: then `old` stays.
    pub fn succeed(mut self, old: &Self, max_loss_percent: f64, now: EventTime) -> Result<Self, LossRefused> {
        let lost = old.lines.saturating_sub(self.lines);
        let lost_percent = percent(lost, old.lines);
        if lost_percent > max_loss_percent {
            return Err(LossRefused {
                before: old.lines,
                after: self.lines,
                lost_percent,
                allowed_percent: max_loss_percent,
            });
        }
        for record in &old.actors {
            if self.find(&record.name).is_some() {
                continue;
            }
            let mut kept = record.clone();
            kept.missing_since = kept.missing_since.or(Some(now));
            kept.aliases.retain(|alias| self.find(alias).is_none());
            // The name is free and so are the aliases that were kept, so nothing can be claimed twice.
            let _ = self.insert(kept);
        }
        Ok(self)
    }
}

#[expect(clippy::cast_precision_loss, reason = "line counts are far below 2^52")]
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}
