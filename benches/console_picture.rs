//! The picture of the console in the README: a case of a demo run, as a browser shows it. `make console-picture` makes it anew.
//!
//! `cargo bench --bench console_picture -- --out FILE`; without `--out`, as among all benchmarks, it does nothing.

#[path = "../tests/common/mod.rs"]
mod common;

use common::browser::Chromium;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SIZE: (i64, i64) = (1200, 1130);
const SHOWN: &str = "bulk-read";
const WITHIN: Duration = Duration::from_mins(3);

struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let pid = self.0.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let _ = self.0.wait();
    }
}

/// A demo, and where its console is.
fn demo() -> (Demo, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    let mut child = command.args(["demo", "--seconds", "90"]).stdout(Stdio::piped()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let url = lines.find_map(|line| line.expect("text").strip_prefix("console on ").map(str::to_owned));
    std::thread::spawn(move || lines.for_each(drop));
    (Demo(child), url.expect("the demo says where its console is"))
}

fn main() {
    let Some(picture) = std::env::args().skip_while(|arg| arg != "--out").nth(1) else { return };
    let chromium = Chromium::start("console_picture").expect("Chromium");
    let (_demo, url) = demo();
    let tab = chromium.open(&url, SIZE);
    let find = format!(
        "fetch('/api/v1/cases').then((answer) => answer.json()).then(({{cases}}) => cases.find((one) => one.rules[0] === {SHOWN:?} && one.severity === 'page')?.case ?? '')"
    );
    let until = Instant::now() + WITHIN;
    let case = loop {
        let case: String = tab.value(&find);
        if !case.is_empty() {
            break case;
        }
        assert!(Instant::now() < until, "no page of {SHOWN} within {WITHIN:?}");
        std::thread::sleep(Duration::from_millis(200));
    };
    // The leak goes on for a while: what is drawn is whole once it grows no more.
    let most = format!(
        "fetch('/api/v1/cases/{case}/timeline').then((answer) => answer.json()).then(({{points}}) => Math.max(...points.map((one) => one.read)))"
    );
    let mut read = 0;
    while tab.value::<u64>(&most) > read {
        read = tab.value(&most);
        std::thread::sleep(Duration::from_secs(3));
    }
    tab.resize(SIZE, 2.0);
    tab.go(&format!("#/cases/{case}"));
    tab.until("document.querySelector('.legend') && document.querySelector('.runbook h2')");
    std::fs::write(picture, tab.picture()).expect("written");
}
