//! The table, and its place in docs/tuning.md.

use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

const BEGINS: &str = "<!-- table: begins (make tuning) -->";
const ENDS: &str = "<!-- table: ends -->";

/// One company, tuned.
pub struct Company {
    pub name: &'static str,
    /// What `suggest` says.
    pub report: Value,
    pub suggest: Timed,
    pub backtest: Timed,
    /// The week that limits were fitted on.
    pub on_fitted: Judged,
    /// Weeks that they have not seen.
    pub unseen: Vec<Judged>,
}

/// Incidents of a week before and after.
pub struct Judged {
    pub pages: [u64; 2],
    pub warnings: [u64; 2],
}

/// How long it took.
pub struct Timed {
    pub events: u64,
    pub seconds: f64,
}

/// Puts the table between its marks.
pub fn replace_table(path: &Path, companies: &[Company]) {
    let page = std::fs::read_to_string(path).expect("the page");
    let (before, rest) = page.split_once(BEGINS).expect("the table's first mark");
    let (_, after) = rest.split_once(ENDS).expect("the table's last mark");
    std::fs::write(path, format!("{before}{BEGINS}\n\n{}\n{ENDS}{after}", table(companies))).expect("written");
}

/// The tables in Markdown.
pub fn table(companies: &[Company]) -> String {
    let mut text = String::new();
    text.push_str("| company | events a week | pages, fitted week | pages, two other weeks | warnings, fitted week | warnings, two other weeks |\n");
    text.push_str("|---|---:|---:|---:|---:|---:|\n");
    for company in companies {
        let weeks = |of: fn(&Judged) -> [u64; 2]| {
            let all: Vec<String> = company.unseen.iter().map(|week| change(of(week))).collect();
            all.join(", ")
        };
        let fitted = &company.on_fitted;
        let (name, events) = (company.name, grouped(company.suggest.events));
        let (pages, warnings) = (change(fitted.pages), change(fitted.warnings));
        let (pages_unseen, warnings_unseen) = (weeks(|week| week.pages), weeks(|week| week.warnings));
        let _ = writeln!(text, "| {name} | {events} | {pages} | {pages_unseen} | {warnings} | {warnings_unseen} |");
    }
    text.push('\n');
    attacks(&mut text, companies);
    text.push_str("| company | `backtest`, files to report | `suggest`, files to report |\n|---|---:|---:|\n");
    for Company { name, backtest, suggest, .. } in companies {
        let _ = writeln!(text, "| {name} | {:.1} s | {:.1} s |", backtest.seconds, suggest.seconds);
    }
    text
}

/// Attacks caught by name and size, and customers lost, before → after.
fn attacks(text: &mut String, companies: &[Company]) {
    text.push_str("| attacks that page, of 3 | size |");
    for company in companies {
        let _ = write!(text, " {} |", company.name);
    }
    text.push_str("\n|---|---:|");
    text.push_str(&"---:|".repeat(companies.len()));
    text.push('\n');
    let rows = |company: &Company| company.report["injected"]["rows"].as_array().cloned().unwrap_or_default();
    let all: Vec<Vec<Value>> = companies.iter().map(rows).collect();
    for at in 0..all.first().map_or(0, Vec::len) {
        let name = all[0][at]["leak"].as_str().unwrap_or_default().replace('-', " ");
        let _ = write!(text, "| {name} | {} |", grouped(all[0][at]["size"].as_u64().unwrap_or(0)));
        for rows in &all {
            let paged = |when: &str| rows[at][when]["paged"].as_u64().unwrap_or(0);
            let _ = write!(text, " {} |", change([paged("now"), paged("suggested")]));
        }
        text.push('\n');
    }
    text.push_str("| customers lost over all attacks | |");
    for rows in &all {
        let lost = |when: &str| rows.iter().filter_map(|row| row[when]["lost"].as_u64()).sum::<u64>();
        let _ = write!(text, " {} → {} |", grouped(lost("now")), grouped(lost("suggested")));
    }
    text.push_str("\n\n");
}

fn change([before, after]: [u64; 2]) -> String {
    format!("{before} → {after}")
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}
