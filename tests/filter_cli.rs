//! `leakwatch filter` through the built binary: what users and scripts see.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const CUSTOMERS: &str = "\
name,phone,email,national_id
Zhang,13800138000,zhang.san@qq.com,11010519491231002X
Li,+86 139 1234 5678,Li.Si@Mail.Example.CN,
Wang,008613700137000,,110105194912310021
Zhao,13800138000,zhang.san@qq.com,
";
const SECRETS: [&str; 5] = ["13800138000", "zhang.san", "110105", "Zhang", "15500155000"];

struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().expect("a folder") };
        place.write("customers.csv", CUSTOMERS);
        place.write("canaries.csv", "email,phone,note\ntrap@corp.example,15500155000,x\n");
        place
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).expect("is written");
    }

    fn run(&self, args: &[&str]) -> Output {
        command(self.dir.path(), args).output().expect("runs")
    }

    /// Standard output of a run that succeeds.
    fn output(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Exit status and message of a run that fails.
    fn failure(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = self.run(args);
        assert!(output.stdout.is_empty(), "{args:?}: {}", text(&output.stdout));
        (output.status.code(), text(&output.stderr))
    }

    /// Builds at a rate whose measurement is quick.
    fn build(&self, out: &str, more: &[&str]) -> String {
        let fixed = ["build", "--key-file", "tag.key", "--false-positive-rate", "0.01", "--out", out];
        self.output(&[&fixed, more].concat())
    }

    fn built() -> Self {
        let place = Self::new();
        place.output(&["keygen", "tag.key"]);
        place.build("filters", &["--canaries", "canaries.csv", "customers.csv"]);
        place
    }
}

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    command.current_dir(dir).arg("filter").args(args).stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn a_key_is_private_and_never_overwritten() {
    let place = Place::new();
    place.output(&["keygen", "tag.key"]);
    let path = place.dir.path().join("tag.key");
    let key = fs::read_to_string(&path).expect("is read");
    assert_eq!(fs::metadata(&path).expect("is there").permissions().mode() & 0o777, 0o600);
    let (code, message) = place.failure(&["keygen", "tag.key"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("tag.key"), "{message}");
    assert_eq!(fs::read_to_string(&path).expect("is read"), key);
}

#[test]
fn check_prints_member_absent_or_canary() {
    let place = Place::built();
    for (kind, value, expected) in [
        ("phone", "13800138000", "member\n"),
        ("phone", "+86 138-0013-8000", "member\n"),
        ("phone", "008613800138000", "member\n"),
        ("phone", "13912345678", "member\n"),
        ("phone", "13912345679", "absent\n"),
        ("phone", "+86 155 0015 5000", "canary\n"),
        ("phone", "none", "absent\n"),
        ("email", "LI.SI@mail.example.cn", "member\n"),
        ("email", "Trap@Corp.Example", "canary\n"),
        ("national_id", "11010519491231002x", "member\n"),
        ("national_id", "-1", "absent\n"),
    ] {
        assert_eq!(place.output(&["check", "filters", kind, value]), expected, "{kind}");
        assert_eq!(place.output(&["check", "filters", kind, value, "--key-file", "tag.key"]), expected, "{kind}");
        assert_eq!(place.output(&["check", "--key-file", "tag.key", "filters", kind, value]), expected, "{kind}");
    }
}

#[test]
fn check_reads_standard_input_a_line_each() {
    let place = Place::built();
    let mut child = command(place.dir.path(), &["check", "filters", "phone", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"13800138000\n\n13812345678\r\n\xff\n15500155000").expect("is written");
    drop(input);
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "member\nabsent\nabsent\nabsent\ncanary\n");
}

#[test]
fn reports_count_distinct_customers_and_name_ignored_columns() {
    let place = Place::new();
    place.output(&["keygen", "tag.key"]);
    let fixed = ["build", "--key-file", "tag.key", "--false-positive-rate", "0.001", "--out", "filters"];
    let output = place.run(&[&fixed[..], &["--format", "json", "customers.csv"]].concat());
    assert!(output.status.success());
    assert_eq!(text(&output.stderr), "leakwatch: customers.csv: columns ignored, not kinds of identifier: name\n");
    let built: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(built["rows"], 4);
    let inspected: serde_json::Value =
        serde_json::from_str(&place.output(&["inspect", "filters", "--format", "json"])).expect("one JSON object");
    assert_eq!(built["kinds"], inspected["kinds"]);
    assert_eq!((&inspected["region"], &inspected["normaliser"]), (&"CN".into(), &1.into()));
    let counts: Vec<_> =
        inspected["kinds"].as_array().expect("kinds").iter().map(|kind| &kind["customers"]["count"]).collect();
    assert_eq!(counts, [3, 2, 2]);
    for kind in inspected["kinds"].as_array().expect("kinds") {
        assert_eq!(kind["customers"]["target_rate"], 0.001);
        assert!(kind["customers"]["measured_rate"].as_f64().expect("a number") < 0.001);
    }
    let report = place.output(&["inspect", "filters"]);
    assert!(report.contains("undamaged") && report.contains("phone"), "{report}");
}

#[test]
fn nothing_that_was_written_shows_a_customer() {
    let place = Place::built();
    place.write("broken.csv", "phone,email\n13800138000,zhang.san@qq.com\n15500155000\n");
    place.write("headless.csv", "13800138000,zhang.san@qq.com\n");
    place.write("header.csv", "phone,13800138000,zhang.san@qq.com\n1,2,3\n");
    place.write("odd.csv", "phone,email\nZhang,zhang.san@qq.com\n");
    let mut shown = place.output(&["inspect", "filters"]);
    for file in ["broken.csv", "headless.csv", "header.csv", "odd.csv"] {
        let output =
            place.run(&["build", "--key-file", "tag.key", "--false-positive-rate", "0.01", "--out", "other", file]);
        shown += &(text(&output.stdout) + &text(&output.stderr));
    }
    assert!(shown.contains("broken.csv:3: 1 fields, expected 2"), "{shown}");
    assert!(shown.contains("headless.csv:1: none of the 2 columns"), "{shown}");
    assert!(shown.contains("‹phone›, ‹mailbox›@qq.com"), "{shown}");
    assert!(shown.contains("odd.csv: column phone: 1 values hold none, first in line 2"), "{shown}");
    for entry in fs::read_dir(place.dir.path().join("filters")).expect("a folder") {
        shown += &String::from_utf8_lossy(&fs::read(entry.expect("an entry").path()).expect("is read"));
    }
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[test]
fn wrong_usage_is_2_and_a_failure_1() {
    let place = Place::built();
    place.output(&["keygen", "other.key"]);
    place.write("broken.csv", "phone,email\n1\n");
    place.write("no-kinds.csv", "a,b\n1,2\n");
    fs::create_dir(place.dir.path().join("home")).expect("is made");
    place.write("home/thesis.tex", "years of work");
    let build = |out: &'static str, file: &'static str| vec!["build", "--key-file", "tag.key", "--out", out, file];
    for (args, code, part) in [
        (vec!["check", "filters", "phone", "1", "--key-file", "other.key"], 2, "filter was built with key"),
        (vec!["check", "filters", "iban", "1"], 2, "no filter of that kind, only of phone, email, national_id"),
        (vec!["check", "nowhere", "phone", "1"], 2, "nowhere: no manifest.json"),
        (vec!["inspect", "home"], 2, "home: no manifest.json"),
        (vec!["build", "--key-file", "no.key", "--out", "f", "customers.csv"], 2, "no.key: No such file"),
        (
            vec!["build", "--key-file", "customers.csv", "--out", "f", "customers.csv"],
            2,
            "customers.csv: line 1: expected",
        ),
        (build("f", "nowhere.csv"), 2, "nowhere.csv: No such file"),
        (build("f", "no-kinds.csv"), 2, "no-kinds.csv:1: none of the 2 columns"),
        (build("f", "broken.csv"), 1, "broken.csv:2: 1 fields, expected 2"),
        (build("home", "customers.csv"), 2, "home: not empty and not a filter's directory"),
        (vec!["build", "--key-file", "tag.key", "--out", "f", "--region", "QQ", "customers.csv"], 2, "two letters"),
        (
            vec!["build", "--key-file", "tag.key", "--out", "f", "--false-positive-rate", "1.5", "customers.csv"],
            2,
            "from 1e-9",
        ),
        (vec!["nonsense"], 2, "unrecognized subcommand"),
    ] {
        let (found, message) = place.failure(&args);
        assert_eq!(found, Some(code), "{args:?}: {message}");
        assert!(message.contains(part), "{args:?}: {message}");
    }
    assert!(!place.dir.path().join("f").exists());
    assert_eq!(place.output(&["check", "filters", "phone", "13800138000"]), "member\n");
}

#[test]
fn a_damaged_filter_is_refused_with_the_file() {
    let place = Place::built();
    let filters = place.dir.path().join("filters");
    let file = fs::read_dir(&filters)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.to_string_lossy().contains("phone-customers"))
        .expect("is there");
    let mut bytes = fs::read(&file).expect("is read");
    bytes[200] ^= 4;
    fs::write(&file, bytes).expect("is written");
    for args in [vec!["inspect", "filters"], vec!["check", "filters", "email", "a@b.cn"]] {
        let (code, message) = place.failure(&args);
        assert_eq!(code, Some(1));
        assert!(message.contains("phone-customers") && message.contains("the checksum is wrong"), "{message}");
    }
    place.build("filters", &["customers.csv"]);
    place.output(&["inspect", "filters"]);
}

#[test]
fn a_filter_is_replaced_while_it_is_read() {
    let place = Place::built();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                assert_eq!(place.output(&["check", "filters", "phone", "13912345678"]), "member\n");
                reads += 1;
            }
            reads
        });
        for round in 0..10 {
            place.write("more.csv", &format!("phone\n13912345678\n1380013{round:04}\n"));
            place.build("filters", &["more.csv"]);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(reader.join().expect("no read fails") > 0);
    });
    let files = fs::read_dir(place.dir.path().join("filters")).expect("a folder").count();
    assert_eq!(files, 4, "manifest, one filter, the key's path and the lock");
}

#[test]
fn other_regions_and_compressed_files() {
    let place = Place::new();
    place.output(&["keygen", "tag.key"]);
    let packed = zstd::encode_all("phone\n0151 23456789\n".as_bytes(), 1).expect("is compressed");
    fs::write(place.dir.path().join("de.csv.zst"), packed).expect("is written");
    place.build("de", &["--region", "de", "de.csv.zst"]);
    assert_eq!(place.output(&["check", "de", "phone", "+49 (0)151 23456789"]), "member\n");
    assert_eq!(place.output(&["check", "de", "phone", "15123456789"]), "member\n");
}
