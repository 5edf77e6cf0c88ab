//! The rules that come with the binary.

use super::check::RuleText;

/// The shipped rule file: `rules/leakwatch.yaml` of the repository.
pub const SHIPPED: RuleText<'static> =
    RuleText { name: "rules/leakwatch.yaml", yaml: include_str!("../../../rules/leakwatch.yaml") };

#[cfg(test)]
mod tests {
    use super::SHIPPED;
    use crate::core::rules::check;

    #[test]
    fn the_shipped_rules_are_right() {
        let set = check(&[SHIPPED]).expect("the shipped rules pass their own check");
        let ids: Vec<&str> = set.rules.iter().map(|rule| rule.id.as_str()).collect();
        assert!(ids.contains(&"bulk-read") && ids.contains(&"leaver-active"), "{ids:?}");
    }
}
