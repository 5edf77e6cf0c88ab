//! What a run came to, as docs/FAULTS.md shows it.

use crate::Bench;
use crate::inflict::{Fault, lock};
use crate::judge::Verdict;
use crate::plan::Plan;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Prints a table.
pub fn print(plan: &Plan, bench: &Bench, verdict: &Verdict, done: &BTreeMap<Fault, u32>, recovered: Duration) {
    let fleet = lock(&bench.trouble.fleet);
    let (kills, ended) = (fleet.kills, fleet.ended);
    drop(fleet);
    let of_brokers: u32 = done.iter().filter(|(fault, _)| fault.is_of_a_broker()).map(|(_, count)| count).sum();
    let rows: Vec<(&str, String)> = vec![
        ("seed", plan.seed.to_string()),
        ("load, s", plan.load.as_secs().to_string()),
        ("events", bench.feed.events.to_string()),
        ("of them written twice by the test's own producer", verdict.told_twice.to_string()),
        ("processes killed", kills.to_string()),
        ("processes that ended themselves and were started again", ended.to_string()),
        ("broker faults", of_brokers.to_string()),
        ("incidents expected", bench.feed.stories.expected.len().to_string()),
        ("incident lines written", verdict.lines.to_string()),
        ("of them written again, alike", verdict.repeated.to_string()),
        ("partitions of which a snapshot could not be used", verdict.skipped.to_string()),
        ("caught up after the last fault, s", recovered.as_secs().to_string()),
        ("lost", verdict.lost.len().to_string()),
        ("spurious", verdict.spurious.len().to_string()),
        ("told otherwise than written, or out of order", verdict.wrong.len().to_string()),
    ];
    println!("\n| | |\n|---|---|");
    for (name, value) in &rows {
        println!("| {name} | {value} |");
    }
    println!("\nwhy processes ended themselves:");
    for (reason, count) in reasons(bench.directory.path()) {
        println!("  {count} x {reason}");
    }
    println!("\n| fault | times |\n|---|---|");
    for (fault, count) in done {
        println!("| {fault:?} | {count} |");
    }
}

/// What the processes' logs give as reasons, without what differs from partition to partition.
fn reasons(directory: &Path) -> BTreeMap<String, u32> {
    let mut reasons = BTreeMap::new();
    let logs = std::fs::read_dir(directory).expect("a directory").filter_map(Result::ok).map(|entry| entry.path());
    for log in logs.filter(|path| path.extension().is_some_and(|extension| extension == "log")) {
        let text = std::fs::read_to_string(log).expect("a log");
        let lines = text.lines().filter(|line| line.contains("the process has to end"));
        for line in lines.filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()) {
            let reason: String = line["reason"].as_str().unwrap_or_default().replace(|c: char| c.is_ascii_digit(), "#");
            *reasons.entry(reason).or_default() += 1;
        }
    }
    reasons
}
