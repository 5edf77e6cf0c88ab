//! What `suggest` is worth: three simulated companies, before and after, on the week that limits were fitted on and on
//! weeks that they have not seen. Writes the table of docs/tuning.md: `make tuning`.
//!
//! Runs the built binary, as its reader would.

mod page;

use page::{Company, Judged, Timed};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The budget, a week.
const BUDGET: &str = "1/week";
/// Weeks that the limits have not seen.
const UNSEEN: [&str; 2] = ["102", "103"];
const FITTED: &str = "101";
const CUSTOMERS: &str = "200000";
const FILES: [&str; 2] = ["db-queries.ndjson", "egress.ndjson"];

/// Name, people, and what ordinary life brings.
const COMPANIES: [(&str, &str, &[&str]); 3] = [
    ("a shop of 200", "200", &["quiet"]),
    ("a retailer of 1,000", "1000", &["campaign", "month-end"]),
    ("a group of 5,000", "5000", &["campaign", "sale-day", "team-moves"]),
];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let out = args.iter().position(|arg| arg == "--out").and_then(|at| args.get(at + 1)).map(PathBuf::from);
    // Without a file to write it only shows that it runs: `cargo test --benches` does that.
    let companies = if out.is_some() { &COMPANIES[..] } else { &COMPANIES[..1] };
    let judged: Vec<Company> = companies.iter().map(|(name, people, lives)| company(name, people, lives)).collect();
    match out {
        Some(path) => page::replace_table(&path, &judged),
        None => println!("{}", page::table(&judged)),
    }
}

fn company(name: &'static str, people: &str, lives: &[&str]) -> Company {
    let dir = tempfile::tempdir().expect("a directory");
    let week = |seed: &str| {
        let out = dir.path().join(seed);
        let mut args = vec!["simulate", "--seed", seed, "--actors", people, "--customers", CUSTOMERS, "--out"];
        args.push(out.to_str().expect("text"));
        for life in lives {
            args.extend(["--life", life]);
        }
        run(dir.path(), &args);
        filter(&out);
        out
    };
    let fitted = week(FITTED);
    let began = Instant::now();
    let asked = ["suggest", "--budget", BUDGET, "--format", "json", "--patch", "tuned.patch"];
    let report = json(&run(&fitted, &with_files(&asked)));
    let suggest =
        Timed { events: report["events"].as_u64().expect("a number"), seconds: began.elapsed().as_secs_f64() };
    let patch = std::fs::read_to_string(fitted.join("tuned.patch")).expect("a patch");
    let shipped = include_str!("../../rules/leakwatch.yaml");
    let tuned = match diffy::Patch::from_str(&patch) {
        Ok(patch) => diffy::apply(shipped, &patch).expect("it applies"),
        Err(_) => shipped.to_owned(),
    };
    let rules = dir.path().join("tuned.yaml");
    std::fs::write(&rules, tuned).expect("written");
    let rules = rules.to_str().expect("text");
    let (on_fitted, backtest) = judge(&fitted, rules);
    let unseen = UNSEEN.map(|seed| judge(&week(seed), rules).0);
    Company { name, report, suggest, backtest, on_fitted, unseen: Vec::from(unseen) }
}

fn filter(week: &Path) {
    run(week, &["filter", "keygen", "key"]);
    let build =
        ["filter", "build", "--key-file", "key", "--out", "filters", "--canaries", "canaries.csv", "customers.csv"];
    run(week, &build);
}

fn judge(week: &Path, rules: &str) -> (Judged, Timed) {
    let began = Instant::now();
    let report = json(&run(week, &with_files(&["backtest", "--format", "json", "--rules", rules])));
    let number = |name: &str| report["total"][name].as_u64().expect("a number");
    let judged = Judged {
        pages: [number("pages_old"), number("pages_new")],
        warnings: [number("warnings_old"), number("warnings_new")],
    };
    let events = report["events"].as_u64().expect("a number");
    (judged, Timed { events, seconds: began.elapsed().as_secs_f64() })
}

fn with_files<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["--filters", "filters", "--key-file", "key", "--directory", "directory.ndjson"];
    [args, &fixed, &FILES].concat()
}

fn run(directory: &Path, args: &[&str]) -> Vec<u8> {
    let binary = std::env::var("LEAKWATCH").unwrap_or_else(|_| env!("CARGO_BIN_EXE_leakwatch").to_owned());
    let output = Command::new(binary).args(args).current_dir(directory).output().expect("runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}
