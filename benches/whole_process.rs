//! The whole program: `replay` of a simulated week against the filter of 900,000 customers, in events a CPU second.
//!
//! `WHOLE_PROCESS_ACTORS`, `_CUSTOMERS` and `_DAYS` change the size. CPU time is what Linux accounts to ended children
//! (proc(5), `cutime` and `cstime`); elsewhere only the wall clock is told.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Clock ticks a second, as `/proc` counts them on every architecture of Linux.
const TICKS_A_SECOND: f64 = 100.0;
/// The best of so many runs is the figure.
const RUNS: usize = 3;

fn setting(name: &str, default: &str) -> String {
    std::env::var(format!("WHOLE_PROCESS_{name}")).unwrap_or_else(|_| default.to_owned())
}

fn leakwatch(dir: &Path, args: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_leakwatch")).current_dir(dir).args(args).status();
    assert!(status.expect("the program starts").success(), "{args:?}");
}

/// User and system time of all ended children so far, in seconds.
fn children_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, a name in parentheses, may hold spaces; `cutime` is the 16th, `cstime` the 17th.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(13)?.parse::<f64>().ok()? + fields.get(14)?.parse::<f64>().ok()?;
    Some(ticks / TICKS_A_SECOND)
}

/// Wall and CPU seconds of one run.
fn timed(dir: &Path, args: &[&str]) -> (f64, Option<f64>) {
    let (began, before) = (Instant::now(), children_seconds());
    leakwatch(dir, args);
    let cpu = before.zip(children_seconds()).map(|(before, after)| after - before);
    (began.elapsed().as_secs_f64(), cpu)
}

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    let is_test = std::env::args().all(|arg| arg != "--bench");
    let default = if is_test { ["10", "1000", "1"] } else { ["300", "900000", "7"] };
    let actors = setting("ACTORS", default[0]);
    let customers = setting("CUSTOMERS", default[1]);
    let days = setting("DAYS", default[2]);
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    leakwatch(dir, &["simulate", "--out", "w", "--actors", &actors, "--customers", &customers, "--days", &days]);
    leakwatch(dir, &["filter", "keygen", "tag.key"]);
    let build = [
        "filter",
        "build",
        "--key-file",
        "tag.key",
        "--out",
        "filters",
        "--canaries",
        "w/canaries.csv",
        "w/customers.csv",
    ];
    let (wall, _) = timed(dir, &build);
    println!("filter of {customers} customers: {wall:.1} s");
    let files = ["w/db-queries.ndjson", "w/egress.ndjson"];
    let events: usize =
        files.iter().map(|file| fs::read_to_string(dir.join(file)).expect("its file").lines().count()).sum();
    let replay = [
        "replay",
        "--filters",
        "filters",
        "--key-file",
        "tag.key",
        "--directory",
        "w/directory.ndjson",
        "--incidents",
        "incidents",
        files[0],
        files[1],
    ];
    for run in 1..=if is_test { 1 } else { RUNS } {
        let (wall, cpu) = timed(dir, &replay);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 events")]
        let events = events as f64;
        let a_cpu_second =
            cpu.map_or_else(|| "unknown".to_owned(), |cpu| format!("{:.0}", events / cpu.max(1.0 / TICKS_A_SECOND)));
        println!(
            "replay {run}: {events} events in {wall:.2} s wall, {:.2} s CPU: {a_cpu_second} events a CPU second",
            cpu.unwrap_or_default()
        );
    }
}
