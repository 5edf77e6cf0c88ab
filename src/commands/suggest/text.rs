//! The report, for people. It ends with the patch, so that `patch -p1` and `git apply` take all of it.

use super::injected::{Ended, Row};
use super::report::{Limit, Report};
use std::fmt::Write as _;

/// `report` as text.
pub(super) fn of(report: &Report) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} events of {} actors over {:.1} weeks", report.events, report.actors, report.weeks);
    let budget = &report.budget;
    let _ = writeln!(text, "budget: {} pages and {} warnings a week", budget.pages, budget.warnings);
    let (now, then) = (report.raised_now, report.raised_suggested);
    let _ = writeln!(
        text,
        "in this history: {} → {} pages, {} → {} warnings",
        now.pages, then.pages, now.warnings, then.warnings
    );
    let expected = report.expected;
    let _ = writeln!(text, "expected: {:.1} pages and {:.1} warnings a week", expected.pages, expected.warnings);
    limits(&mut text, &report.limits);
    attacks(&mut text, report);
    curve(&mut text, report);
    if !report.tests_to_change.is_empty() {
        text.push_str("\ntests in the rule files that say other limits, to be changed with the patch:\n");
        for name in &report.tests_to_change {
            let _ = writeln!(text, "  {name}");
        }
    }
    if report.patch.is_empty() {
        text.push_str("\nthe limits fit as they are\n");
    } else {
        let _ = write!(text, "\n{}", report.patch);
    }
    text
}

fn limits(text: &mut String, limits: &[Limit]) {
    if limits.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{:<16} {:<6} {:<24} {:>9} {:>9}", "pages at", "over", "for", "now", "suggested");
    for limit in limits {
        let Limit { rule, window, role, now, suggested } = limit;
        let role = role.as_deref().unwrap_or("baseline, times");
        let _ = writeln!(text, "{rule:<16} {window:<6} {role:<24} {now:>9} {suggested:>9}");
    }
}

fn attacks(text: &mut String, report: &Report) {
    let injected = &report.injected;
    if injected.rows.is_empty() {
        text.push_str("\nno attack could be injected: expected people who query customers\n");
        return;
    }
    let _ = writeln!(
        text,
        "\nattacks injected, by {} people who work with customers\n{:<24} {:>6}  {:<32} suggested",
        injected.people, "", "size", "now"
    );
    for row in &injected.rows {
        let (name, size) = (row.leak.name(), row.size);
        let _ = write!(text, "{name:<24} {size:>6}  {:<32} {}", ended(&row.now, row), ended(&row.suggested, row));
        text.push_str(if row.lost > 0 { "  LOST\n" } else { "\n" });
    }
    let lost: usize = injected.rows.iter().map(|row| row.lost).sum();
    let all = |ended: fn(&Row) -> usize| injected.rows.iter().map(ended).sum::<usize>();
    let (now, then) = (all(|row| row.now.lost), all(|row| row.suggested.lost));
    let _ = writeln!(text, "customers lost over all attacks: {now} → {then}");
    if lost > 0 {
        let _ = writeln!(text, "LOST: {lost} of these attacks page now and would not page any more");
    }
    let largest = injected.rows.iter().map(|row| row.size).max().unwrap_or(0);
    if largest > injected.customers_in_history {
        let most = injected.customers_in_history;
        let _ = writeln!(text, "the history names {most} customers: larger attacks were cut to that");
    }
}

fn ended(ended: &Ended, row: &Row) -> String {
    let mut text = format!("{} of {} paged", ended.paged, row.attacks);
    if let Some(customers) = ended.customers {
        let _ = write!(text, " after {customers}");
    }
    if ended.warned > 0 {
        let _ = write!(text, ", {} warned", ended.warned);
    }
    text
}

fn curve(text: &mut String, report: &Report) {
    let _ = writeln!(
        text,
        "\nwhat a budget buys, by the limits alone\n{:>12} {:>28}",
        "pages a week", "customers lost in a leak"
    );
    for point in &report.curve {
        let _ = writeln!(text, "{:>12.2} {:>28.0}", point.pages, point.customers);
    }
}
