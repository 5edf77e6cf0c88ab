use super::*;
use crate::core::rules::{SHIPPED, Subject, check, check_documents};
use std::collections::BTreeMap;

const DAYS: std::ops::Range<u32> = 15_000..15_007;

/// A week of 200 clerks who read 40 to 140 customers a day, and 10 sellers who read up to 2,000.
fn week(rules: &crate::core::rules::RuleSet) -> Peaks {
    let mut peaks = Peaks::default();
    for (at, rule) in rules.rules.iter().enumerate().filter(|(_, rule)| rule.id == "bulk-read" && rule.arm != 1) {
        let times = if rule.arm == 0 { 0.25 } else { 1.0 };
        let mut person = |name: String, role: &str, largest: f64| {
            let day = |day: u32| (day, times * (largest - f64::from(day % 3)));
            peaks.by_actor.insert((at, name), (role.to_owned(), DAYS.map(day).collect()));
        };
        (0..200_u32).for_each(|n| person(format!("clerk{n}"), "clerk", 40.0 + f64::from(n % 100)));
        (0..10_u32).for_each(|n| person(format!("seller{n}"), "seller", 1_000.0 + 100.0 * f64::from(n)));
    }
    peaks
}

fn budget(pages: f64) -> Budget {
    Budget { pages, warnings: 10.0 * pages }
}

fn page_of(rules: &crate::core::rules::RuleSet, arm: u8, role: &str) -> f64 {
    let rule = rules.rules.iter().find(|rule| rule.id == "bulk-read" && rule.arm == arm).expect("the rule");
    rule.limits.resolve(&Subject { role, ..Subject::default() }).page.expect("it pages")
}

#[test]
fn limits_come_down_to_what_each_role_does_and_only_the_budget_stops_them() {
    let rules = check(&[SHIPPED]).expect("the shipped rules");
    let peaks = week(&rules);
    let files = [(SHIPPED.name, SHIPPED.yaml)];
    let mut before: Option<(f64, f64)> = None;
    for pages in [0.5, 2.0, 8.0] {
        let suggestion = suggest(&peaks, &rules, 1.0, budget(pages));
        assert!(suggestion.expected.pages <= pages, "{:?}", suggestion.expected);
        let patched = patched(&files, &rules, &suggestion).expect("patched");
        let new = check_documents([patched[0].after.as_str()]).expect("the patch passes the check");
        let (clerk, seller) = (page_of(&new, 2, "clerk"), page_of(&new, 2, "seller"));
        assert!(clerk < seller && seller < page_of(&rules, 2, "seller"), "{clerk} {seller}");
        assert!(pages > 1.0 || clerk > 139.0, "nobody has read {clerk}");
        let others = (page_of(&new, 2, "nobody's"), page_of(&rules, 2, "nobody's"));
        assert!((others.0 - others.1).abs() < 1e-9, "other roles keep what they have");
        let cost = (clerk, suggestion.expected.customers);
        assert!(before.is_none_or(|before| cost.0 <= before.0 && cost.1 <= before.1), "{before:?} {cost:?}");
        before = Some(cost);
    }
}

#[test]
fn a_baseline_that_pages_too_often_is_loosened_and_the_others_are_left_alone() {
    let rules = check(&[SHIPPED]).expect("the shipped rules");
    let mut peaks = week(&rules);
    // Clerks whose days are nothing like the days before.
    for ((_, actor), (_, days)) in &mut peaks.by_actor {
        if actor.ends_with('7') {
            *days = DAYS.map(|day| (day, if day % 7 == 6 { 5_000.0 } else { 10.0 })).collect();
        }
    }
    peaks.pages = BTreeMap::from([("bulk-read".to_owned(), 40)]);
    let suggestion = suggest(&peaks, &rules, 1.0, budget(1.0));
    let scales: Vec<f64> = suggestion
        .cells
        .iter()
        .zip(&suggestion.values)
        .filter(|(cell, _)| cell.knob == Knob::Baseline)
        .map(|(cell, value)| value / cell.now)
        .collect();
    assert!(scales.iter().any(|scale| *scale > 1.5), "{scales:?}");
    let patched = patched(&[(SHIPPED.name, SHIPPED.yaml)], &rules, &suggestion).expect("patched");
    assert!(patched[0].diff().contains("+++ b/rules/leakwatch.yaml"), "{}", patched[0].diff());
}

/// The same week, after a month that is only there to learn from, in which everybody read ten times as many.
fn week_after_a_month(rules: &crate::core::rules::RuleSet) -> Peaks {
    let mut peaks = week(rules);
    peaks.from_day = DAYS.start;
    for (_, days) in peaks.by_actor.values_mut() {
        let busy = days[&DAYS.start] * 10.0;
        days.extend((DAYS.start - 25..DAYS.start).map(|day| (day, busy)));
    }
    peaks
}

#[test]
fn what_came_before_is_learned_from_and_counts_as_nothing_that_happened() {
    let rules = check(&[SHIPPED]).expect("the shipped rules");
    let [alone, after] = [week(&rules), week_after_a_month(&rules)].map(|peaks| cells::cells(&peaks, &rules));
    let baselines = alone.iter().filter(|cell| cell.knob == Knob::Baseline);
    assert!(
        baselines.clone().any(|cell| cell.typical.get("seller").is_some_and(|usual| *usual > 0.0)),
        "sellers have a usual day"
    );
    assert!(baselines.clone().any(|cell| cell.tail.largest() > 0.0), "the week alone goes beyond what is ordinary");
    for (alone, after) in alone.iter().zip(&after) {
        match &after.knob {
            Knob::Role(_) => assert_eq!(alone, after),
            Knob::Baseline => {
                let [largest, alone_largest] = [after, alone].map(|cell| cell.tail.largest());
                assert!(largest <= 0.5 * alone_largest, "{}: {largest} {alone_largest}", after.rule);
                for (role, usual) in alone.typical.iter().filter(|(_, usual)| **usual > 0.0) {
                    assert!(after.typical[role] > 2.0 * usual, "{} of {role}", after.rule);
                }
            }
        }
    }
}

#[test]
fn a_patch_changes_what_it_says_and_nothing_else() {
    let rules = check(&[SHIPPED]).expect("the shipped rules");
    let suggestion = suggest(&week(&rules), &rules, 1.0, budget(1.0));
    let patched = patched(&[(SHIPPED.name, SHIPPED.yaml)], &rules, &suggestion).expect("patched");
    let diff = patched[0].diff();
    let changed = diff
        .lines()
        .filter(|line| line.starts_with(['-', '+']) && !line.starts_with("---") && !line.starts_with("+++"));
    for line in changed {
        let field = line[1..].trim_start().split(':').next().unwrap_or_default();
        assert!(["limit_for", "floor", "own", "peers"].contains(&field), "{line}");
    }
    let patch = diffy::Patch::from_str(&diff).expect("a patch");
    assert_eq!(diffy::apply(SHIPPED.yaml, &patch).expect("it applies"), patched[0].after);
    let new = check_documents([patched[0].after.as_str()]).expect("the patch passes the check");
    for (cell, value) in suggestion.cells.iter().zip(&suggestion.values) {
        let Knob::Role(role) = &cell.knob else { continue };
        let limits = new.rules[cell.rule].limits.resolve(&Subject { role, ..Subject::default() });
        let expected = if cell.is_turned_by(*value) { cell.written(*value) } else { cell.now };
        assert_eq!(limits.page, Some(expected), "{role}");
    }
}

#[test]
fn a_limit_that_is_raised_costs_customers_and_saves_pages() {
    let rules = check(&[SHIPPED]).expect("the shipped rules");
    let peaks = week(&rules);
    let points = turned(&peaks, &rules, 1.0, "bulk-read", &[0.01, 0.1, 1.0]).expect("bulk-read can be turned");
    for pair in points.windows(2) {
        assert!(pair[0].pages > pair[1].pages && pair[0].customers < pair[1].customers, "{points:?}");
    }
    assert_eq!(turned(&peaks, &rules, 1.0, "leaver-active", &[1.0]), None, "it has no limit to turn");
}
