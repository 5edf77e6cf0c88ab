//! Snapshots that a restart could not use.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How many of a partition's snapshots, newer than the one that was taken, could not be used, by what was wrong with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedSnapshots {
    /// Cut, or changed.
    pub damaged: u32,
    /// Written by a version that this build does not read.
    pub version: u32,
    /// Of another deployment, topic or partition.
    pub foreign: u32,
}

impl SkippedSnapshots {
    /// All of them.
    pub const fn total(self) -> u32 {
        self.damaged.saturating_add(self.version).saturating_add(self.foreign)
    }
}

/// As a person reads it: `1 damaged or cut, 2 of another version`.
impl fmt::Display for SkippedSnapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons = [
            (self.damaged, "damaged or cut"),
            (self.version, "of another version"),
            (self.foreign, "of another deployment, topic or partition"),
        ];
        let told = reasons.into_iter().filter(|(count, _)| *count > 0);
        for (at, (count, why)) in told.enumerate() {
            write!(f, "{}{count} {why}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_wrong_is_named() {
        let skipped = SkippedSnapshots { damaged: 1, version: 0, foreign: 2 };
        assert_eq!(skipped.to_string(), "1 damaged or cut, 2 of another deployment, topic or partition");
        assert_eq!((skipped.total(), SkippedSnapshots::default().total()), (3, 0));
    }
}
