//! `leakwatch rules` through the built binary: what users and scripts see.

use std::process::{Command, Output};

const FINE: &str = r#"version: 1
rules:
  - {id: bulk, count: customers_named, of: {type: query}, over: 1h, limit: {warn: 20, page: 50}}
tests:
  - name: fifty customers page
    events: [{at: "10:00", event: {type: query, actor: e1, customers: 50}}]
    expect: [{rule: bulk, entity: e1, severity: page, at: "10:00", observed: 50}]
  - name: ten are silent
    events: [{at: "10:00", event: {type: query, actor: e1, customers: 10}}]
    expect: []
"#;

/// Runs `leakwatch rules …` beside `files`.
fn rules(files: &[(&str, &str)], args: &[&str]) -> Output {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).expect("written");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    command.arg("rules").args(args).current_dir(dir.path()).output().expect("runs")
}

fn report(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let status = output.status.code().unwrap_or(-1);
    format!("status {status}\n-- stdout\n{}-- stderr\n{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn tests_pass_or_the_command_fails() {
    let failing = FINE.replace("observed: 50", "observed: 51").replace("customers: 10", "customers: 20");
    insta::assert_snapshot!("passed", report(&rules(&[("my.yaml", FINE)], &["test", "my.yaml"])));
    insta::assert_snapshot!("failed", report(&rules(&[("my.yaml", &failing)], &["test", "my.yaml"])));
    let json = rules(&[("my.yaml", &failing)], &["test", "--format", "json", "my.yaml"]);
    insta::assert_snapshot!("failed_json", report(&json));
}

#[test]
fn each_file_is_tested_under_its_own_rules() {
    // `other` would warn of what the tests of `bulk` read.
    let other = "version: 1\nrules:\n  - {id: other, count: customers_named, over: 1h, limit: {warn: 1}}\n";
    let output = rules(&[("a.yaml", FINE), ("b.yaml", other)], &["test", "*.yaml"]);
    assert_eq!(report(&output), "status 0\n-- stdout\n2 tests: 2 passed, 0 failed\n-- stderr\n");
}

#[test]
fn what_cannot_be_tested_is_wrong_usage() {
    let unchecked = FINE.replace("over: 1h", "over: 2h");
    let untimely = FINE.replace("at: \"10:00\", event", "at: noon, event");
    insta::assert_snapshot!("unchecked", report(&rules(&[("my.yaml", &unchecked)], &["test", "my.yaml"])));
    for action in ["test", "check"] {
        insta::assert_snapshot!("untimely", report(&rules(&[("my.yaml", &untimely)], &[action, "my.yaml"])));
    }
    insta::assert_snapshot!("absent", report(&rules(&[], &["test", "my.yaml"])));
    assert_eq!(rules(&[], &["test", "--colour"]).status.code(), Some(2));
}

#[test]
fn without_a_file_the_shipped_rules_are_meant() {
    for action in ["check", "test"] {
        let output = rules(&[], &[action]);
        assert_eq!(output.status.code(), Some(0), "{}", report(&output));
    }
}
