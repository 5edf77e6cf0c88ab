//! What other rules would have raised on the same history: new, lost, earlier, later.

mod compare;
mod episodes;
mod shadow;
#[cfg(test)]
mod tests;
mod together;

pub use compare::{Change, Difference, compare};
pub use episodes::{Episode, Episodes};
pub use shadow::{ShadowRule, Week, shadow_rules};
pub use together::{Apart, Together};

use crate::core::rules::RuleSet;
use std::collections::BTreeSet;

/// The rules that are not the same in both sets, or whose exceptions are not.
pub fn differing(old: &RuleSet, new: &RuleSet) -> BTreeSet<String> {
    let of = |set: &RuleSet, id: &str| {
        let rules: Vec<_> = set.rules.iter().filter(|rule| rule.id == id).cloned().collect();
        let exceptions: Vec<_> = set.exceptions.iter().filter(|exception| exception.rule == id).cloned().collect();
        (rules, exceptions)
    };
    let ids: BTreeSet<String> = old.rules.iter().chain(&new.rules).map(|rule| rule.id.clone()).collect();
    ids.into_iter().filter(|id| of(old, id) != of(new, id)).collect()
}

/// Only the rules of `set` that `ids` names.
#[must_use]
pub fn only(set: &RuleSet, ids: &BTreeSet<String>) -> RuleSet {
    RuleSet {
        version: set.version.clone(),
        rules: set.rules.iter().filter(|rule| ids.contains(&rule.id)).cloned().collect(),
        exceptions: set.exceptions.iter().filter(|exception| ids.contains(&exception.rule)).cloned().collect(),
    }
}
