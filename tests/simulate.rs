//! `leakwatch simulate`, as its users run it.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const FILES: [&str; 8] = [
    "canaries.csv",
    "customers.csv",
    "db-queries.ndjson",
    "directory.ndjson",
    "egress.ndjson",
    "leakwatch.yaml",
    "truth-customers.csv",
    "truth.json",
];

fn simulate(dir: &Path, more: &[&str]) -> Output {
    let small = ["--actors", "40", "--customers", "5000", "--days", "2"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    command.arg("simulate").arg("--out").arg(dir).args(small).args(more);
    command.output().expect("the program starts")
}

fn read(dir: &Path, file: &str) -> String {
    fs::read_to_string(dir.join(file)).expect("the file is there")
}

#[test]
fn it_writes_the_same_files_for_the_same_arguments() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    for out in [&one, &other] {
        let run = simulate(out, &["--attack", "read-then-out,size=40", "--life", "quiet"]);
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
    let mut names: Vec<_> =
        fs::read_dir(&one).expect("the directory").map(|f| f.expect("a file").file_name()).collect();
    names.sort();
    assert_eq!(names, FILES);
    for file in FILES {
        assert_eq!(read(&one, file), read(&other, file), "{file}");
    }
}

#[test]
fn the_summary_and_the_truth_count_what_the_files_hold() {
    let dir = tempfile::tempdir().expect("a directory");
    let run = simulate(dir.path(), &["--attack", "drip,size=30,actor=CORP\\U0007", "--format", "json"]);
    let summary: Value = serde_json::from_slice(&run.stdout).expect("JSON on standard output");
    let truth: Value = serde_json::from_str(&read(dir.path(), "truth.json")).expect("JSON");
    for counts in [&summary["files"], &truth["files"]] {
        for count in counts.as_array().expect("files") {
            let text = read(dir.path(), count["file"].as_str().expect("a name"));
            let header = usize::from(text.starts_with("customer_id,") || text.starts_with("attack,"));
            assert_eq!(count["records"].as_u64(), Some((text.lines().count() - header) as u64), "{count}");
            assert_eq!(count["bytes"].as_u64(), Some(text.len() as u64), "{count}");
        }
    }
    let attack = &truth["attacks"][0];
    assert_eq!((attack["name"].as_str(), attack["actors"][0].as_str()), (Some("drip"), Some("emp0007")));
    assert_eq!((attack["customers_read"].as_u64(), attack["overlap"].as_u64()), (Some(30), Some(30)));
    assert_eq!(read(dir.path(), "truth-customers.csv").lines().count(), 31);
}

#[test]
fn every_line_of_the_directory_is_one_of_its_kinds_and_no_alias_is_claimed_twice() {
    let dir = tempfile::tempdir().expect("a directory");
    assert!(simulate(dir.path(), &[]).status.success());
    let mut logins = BTreeSet::new();
    for line in read(dir.path(), "directory.ndjson").lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        if line["role"].is_string() {
            let aliases = line["aliases"].as_array().expect("aliases").iter().chain([&line["actor"]]);
            for login in aliases {
                assert!(logins.insert(login.as_str().expect("text").to_lowercase()), "{line}");
            }
        } else {
            assert!(line["class"].is_string() || line["client_ip"].is_string(), "{line}");
        }
    }
}

#[test]
fn a_directory_that_is_in_use_needs_force() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("mine.txt"), "keep").expect("written");
    let refused = simulate(dir.path(), &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("expected an empty directory, or --force"));
    assert_eq!(fs::read_dir(dir.path()).expect("the directory").count(), 1);
    assert!(simulate(dir.path(), &["--force"]).status.success());
    assert_eq!(read(dir.path(), "mine.txt"), "keep");
}

#[test]
fn wrong_arguments_say_what_was_expected_and_end_with_2() {
    let dir = tempfile::tempdir().expect("a directory");
    for (wrong, says) in [
        (["--attack", "heist"], "expected one of bulk-dump"),
        (["--attack", "leaver,actor=nobody"], "expected a login of the simulated directory"),
        (["--life", "calm"], "expected one of quiet, campaign"),
        (["--start", "monday"], "expected an RFC 3339 time"),
        (["--tz", "Mars/Olympus"], "expected an IANA time zone"),
        (["--seed", "first"], "invalid digit"),
    ] {
        let run = simulate(dir.path(), &wrong);
        let message = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(2), "{wrong:?}: {message}");
        assert!(message.contains(says), "{wrong:?}: {message}");
    }
}

#[test]
fn the_help_names_every_attack_and_life_event() {
    let help = |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_leakwatch")).args(args).output().expect("it starts");
    let text = String::from_utf8(help(&["simulate", "--help"]).stdout).expect("text");
    let dir = tempfile::tempdir().expect("a directory");
    for wrong in [["--attack", "heist"], ["--life", "calm"]] {
        let message = String::from_utf8(simulate(dir.path(), &wrong).stderr).expect("text");
        let names = message.split_once("expected one of ").expect("a list").1;
        let names: Vec<_> = names.lines().next().unwrap_or_default().split(", ").map(str::trim).collect();
        assert!(names.len() > 5, "{message}");
        for name in names {
            assert!(text.lines().any(|line| line.trim_start().starts_with(&format!("{name} "))), "{name}: {text}");
        }
    }
}

/// The room is pure beside its seed: what it writes depends on the settings alone.
#[test]
fn the_simulation_reads_no_clock_no_file_and_no_entropy() {
    let mut rooms = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/simulate")];
    let mut seen = 0;
    while let Some(room) = rooms.pop() {
        for entry in fs::read_dir(room).expect("a room") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                rooms.push(path);
                continue;
            }
            seen += 1;
            let text = fs::read_to_string(&path).expect("source text");
            let forbidden =
                ["std::fs", "std::time", "std::env", "getrandom", "Timestamp::now", "HashMap", "tokio", "OsRng"];
            for word in forbidden {
                assert!(!text.contains(word), "{} uses {word}", path.display());
            }
        }
    }
    assert!(seen > 30);
}
