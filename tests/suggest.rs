//! `leakwatch suggest`: limits for a budget, judged on the history they come from and on one they have not seen.

mod common;

use common::process::leakwatch;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn run(directory: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leakwatch")).args(args).current_dir(directory).output().expect("runs")
}

fn standard_output(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// Days of a company: folder `seed` of `directory`.
fn days(directory: &Path, seed: &str, actors: &str, days: &str) {
    let out = directory.join(seed);
    let company = ["--actors", actors, "--days", days, "--customers", "20000"];
    leakwatch(&[&["simulate", "--out", out.to_str().expect("text"), "--seed", seed], &company[..]].concat());
}

const FILES: [&str; 4] = ["--directory", "directory.ndjson", "db-queries.ndjson", "egress.ndjson"];

fn pages(report: &Value) -> u64 {
    report["total"]["pages_new"].as_u64().expect("a number")
}

#[test]
fn what_it_suggests_applies_fits_and_loses_no_attack_in_silence() {
    let dir = tempfile::tempdir().expect("a directory");
    days(dir.path(), "3", "120", "7");
    let (seen, rules) = (dir.path().join("3"), dir.path().join("3/rules"));
    std::fs::create_dir(&rules).expect("made");
    std::fs::write(rules.join("leakwatch.yaml"), include_str!("../rules/leakwatch.yaml")).expect("written");

    let asked = ["suggest", "--budget", "1/week", "--sizes", "10000", "--format", "json", "--patch", "tuned.patch"];
    let with_rules = ["--rules", "rules/leakwatch.yaml"];
    let output = run(&seen, &[&asked[..], &with_rules, &FILES].concat());
    let report: Value = serde_json::from_str(&standard_output(&output)).expect("JSON");
    assert!(report["raised_suggested"]["pages"].as_u64() <= Some(1), "{report}");
    assert!(!report["limits"].as_array().expect("limits").is_empty(), "{report}");
    let rows = report["injected"]["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 6);
    let lost = |which: &str| rows.iter().map(|row| row[which]["lost"].as_u64().expect("a number")).sum::<u64>();
    assert!(lost("suggested") < lost("now"), "{} customers, before {}", lost("suggested"), lost("now"));

    let patch = std::fs::read_to_string(seen.join("tuned.patch")).expect("a patch");
    assert_eq!(report["patch"], patch);
    let patch = diffy::Patch::from_str(&patch).expect("a patch");
    let tuned = diffy::apply(include_str!("../rules/leakwatch.yaml"), &patch).expect("it applies");
    std::fs::write(rules.join("leakwatch.yaml"), &tuned).expect("written");
    standard_output(&run(&seen, &["rules", "check", "rules/leakwatch.yaml"]));

    // Other days that it has not seen: the limits hold there too.
    days(dir.path(), "8", "120", "7");
    let unseen = dir.path().join("8");
    std::fs::write(unseen.join("tuned.yaml"), &tuned).expect("written");
    let judged = run(&unseen, &[&["backtest", "--format", "json", "--rules", "tuned.yaml"], &FILES[..]].concat());
    let judged: Value = serde_json::from_str(&standard_output(&judged)).expect("JSON");
    assert!(pages(&judged) <= 3, "{judged}");
}

#[test]
fn text_ends_with_the_patch_and_a_wrong_budget_is_said() {
    let dir = tempfile::tempdir().expect("a directory");
    days(dir.path(), "4", "60", "3");
    let here = dir.path().join("4");
    let text =
        standard_output(&run(&here, &[&["suggest", "--budget", "2/week", "--sizes", "1000"], &FILES[..]].concat()));
    for expected in
        ["budget: 2 pages and 20 warnings a week", "attacks injected, by", "what a budget buys", "--- a/rules/"]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    for (budget, expected) in [("often", "expected a number a week"), ("1/day", "expected a number a week")] {
        let output = run(&here, &[&["suggest", "--budget", budget], &FILES[..]].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
    }
}
