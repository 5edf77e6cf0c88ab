//! No customer's phone or mail address leaves a command over files, but for the rows of `affected`.

mod common;

use common::process::leakwatch;
use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

const ENGINE: [&str; 6] = ["--filters", "filters", "--key-file", "key", "--directory", "directory.ndjson"];
const FILES: [&str; 2] = ["db-queries.ndjson", "egress.ndjson"];
/// The leak's actor, and a time in the simulated days.
const ACTOR: &str = "emp0007";

/// Everything that a command says on both of its outputs, whatever it thinks of its input.
fn said(directory: &Path, args: &[&str]) -> (String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_leakwatch")).args(args).current_dir(directory).output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(!output.stdout.is_empty() || !output.stderr.is_empty(), "{args:?} says something");
    (text(&output.stdout), text(&output.stderr))
}

fn company(directory: &Path) {
    let path = |name: &str| directory.join(name).to_str().expect("text").to_owned();
    let size = ["--actors", "25", "--customers", "3000", "--days", "2", "--seed", "5"];
    let attack = format!("bulk-dump,size=1500,actor={ACTOR}");
    let out = directory.to_str().expect("text");
    leakwatch(&[&["simulate", "--out", out, "--attack", &attack], &size[..]].concat());
    let (key, filters, customers) = (path("key"), path("filters"), path("customers.csv"));
    leakwatch(&["filter", "keygen", &key]);
    leakwatch(&["filter", "build", "--key-file", &key, "--out", &filters, &customers]);
    // A rule that this leak meets, whatever the shipped ones are.
    let rules = "version: 1\nrules:\n  - {id: reads, title: Reads, count: customers, of: {type: query}, by: actor, over: 24h, \
                 limit: {warn: 1000}, hold: 1h}\n";
    std::fs::write(directory.join("rules.yaml"), rules).expect("written");
    // Lines that end in their middle, behind or inside of an identifier.
    let whole = std::fs::read_to_string(directory.join("db-queries.ndjson")).expect("simulated");
    let cut = whole.lines().enumerate().map(|(number, line)| &line[..line.len() - (number * 7) % line.len().max(2)]);
    std::fs::write(directory.join("cut.ndjson"), cut.collect::<Vec<_>>().join("\n")).expect("written");
}

/// Every phone number (its digits) and mail address of the customers.
fn identifiers(directory: &Path) -> HashSet<String> {
    let mut rows = csv::Reader::from_path(directory.join("customers.csv")).expect("customers");
    let header = rows.headers().expect("a header").clone();
    let of = |name| header.iter().position(|column| column == name).expect("a column");
    let (phone, email) = (of("phone"), of("email"));
    let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.expect("a row")).collect();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    rows.iter().flat_map(|row| [digits(&row[phone]), row[email].to_lowercase()]).filter(|one| one.len() >= 8).collect()
}

/// The words of `text` that are somebody's.
fn found(text: &str, identifiers: &HashSet<String>) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || "@._+-".contains(c))).map(str::to_lowercase);
    let bare = |word: &String| word.trim_start_matches(['+', '0']).to_owned();
    words.flat_map(|word| [bare(&word), word]).filter(|word| identifiers.contains(word)).collect()
}

/// What is said to somebody who types a customer's number or mail address where it does not belong.
fn typed(dir: &Path, identifiers: &HashSet<String>) -> Vec<(String, String)> {
    let one = |of: fn(&String) -> bool| identifiers.iter().filter(|one| of(one)).min().expect("one");
    let mut texts = Vec::new();
    for somebody in [one(|text| text.contains('@')), one(|text| !text.contains('@'))] {
        let affected = ["affected", "--incident", somebody, "--customers", "customers.csv", "--rules", "rules.yaml"];
        texts.push(said(dir, &[&affected[..], &ENGINE, &FILES].concat()));
        for wrong in [&["explain", "--at", somebody][..], &["verdict", "give", somebody], &["rules", somebody, "x"]] {
            texts.push(said(dir, wrong));
        }
        let exception = "{rule: reads, actor: e1, from: 2012-05-01, until: 2012-06-01, owner: crm, ticket: T-1, reason: 'ask SOMEBODY'}";
        let rules = std::fs::read_to_string(dir.join("rules.yaml")).expect("rules");
        let rules = format!("{rules}exceptions:\n  - {}\n", exception.replace("SOMEBODY", somebody));
        std::fs::write(dir.join("typed.yaml"), rules).expect("written");
        texts.push(said(dir, &["rules", "check", "typed.yaml"]));
    }
    assert!(texts.iter().filter(|(_, error)| error.contains('‹')).count() >= 6, "what was typed is masked: {texts:?}");
    texts
}

#[test]
fn what_commands_over_files_say_names_no_customer() {
    let directory = tempfile::tempdir().expect("a directory");
    let dir = directory.path();
    company(dir);
    let identifiers = identifiers(dir);
    let source = std::fs::read_to_string(dir.join("db-queries.ndjson")).expect("simulated");
    assert!(found(&source, &identifiers).len() > 100, "the source is full of them, so the search finds what is there");

    let with = |head: &[&'static str]| [head, &ENGINE, &FILES].concat();
    let mut texts = Vec::new();
    let rules = ["--rules", "rules.yaml"];
    let cut = ["replay", "--incidents", "cut-incidents.ndjson", "--rejected", "rejected.ndjson", "cut.ndjson"];
    texts.push(said(dir, &[&with(&cut)[..], &rules].concat()));
    texts.push(said(dir, &[&with(&["replay", "--incidents", "incidents.ndjson"])[..], &rules].concat()));
    texts.push(said(dir, &with(&["backtest", "--rules", "rules.yaml", "--format", "json"])));
    texts.push(said(dir, &with(&["suggest", "--budget", "1/week", "--sizes", "1000", "--rules", "rules.yaml"])));
    let incidents = std::fs::read_to_string(dir.join("incidents.ndjson")).expect("incidents");
    let line = incidents.lines().find(|line| line.contains(ACTOR)).expect("the leak is raised");
    let incident: serde_json::Value = serde_json::from_str(line).expect("JSON");
    let text_of = |field: &str| incident[field].as_str().expect("text").to_owned();
    let (id, time) = (text_of("incident"), text_of("time"));
    texts.push(said(dir, &[&["explain", "--actor", ACTOR, "--at", &time], &ENGINE[..], &FILES].concat()));
    for kind in ["phone", "email", "card"] {
        // A value that is none of its kind, or has no filter: the complaint must not repeat it.
        let somebody = identifiers.iter().next().expect("one");
        texts.push(said(dir, &["filter", "check", "filters", kind, somebody, "--key-file", "no-such-key"]));
    }
    texts.extend(typed(dir, &identifiers));

    let affected = ["affected", "--incident", &id, "--customers", "customers.csv"];
    let (rows, coverage) = said(dir, &[&affected[..], &rules, &ENGINE, &FILES].concat());
    assert!(found(&rows, &identifiers).len() > 100, "its rows are the customers': {coverage}");
    texts.push((String::new(), coverage));
    for name in ["incidents.ndjson", "cut-incidents.ndjson", "rejected.ndjson"] {
        texts.push((std::fs::read_to_string(dir.join(name)).expect("written"), String::new()));
    }
    for (out, error) in texts {
        for text in [out, error] {
            assert_eq!(found(&text, &identifiers), Vec::<String>::new(), "{}", &text[..text.len().min(2_000)]);
        }
    }
}
