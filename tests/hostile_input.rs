//! Ten thousand broken records through the built binary: none stops it, and each is accounted for.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const RECORDS: usize = 10_000;
/// Over the limit of 1 MiB.
const TOO_LONG: usize = (1 << 20) + 7;
const DEEP: usize = 100_000;
/// Large ones are few: they cost as much as thousands of others.
const LARGE_EVERY: usize = 250;
const REASONS: [&str; 9] = [
    "too_large",
    "too_deep",
    "not_utf8",
    "not_json",
    "not_object",
    "duplicate_key",
    "no_time",
    "no_actor",
    "too_many_events",
];

fn leakwatch(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leakwatch")).current_dir(dir).args(args).output().expect("the program starts")
}

/// Some hundred good records of both kinds.
fn good_records(dir: &Path) -> Vec<Vec<u8>> {
    let run = leakwatch(dir, &["simulate", "--out", "world", "--actors", "20", "--customers", "1000", "--days", "1"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut records = Vec::new();
    for file in ["world/db-queries.ndjson", "world/egress.ndjson"] {
        let text = fs::read_to_string(dir.join(file)).expect("the simulation's file");
        records.extend(text.lines().take(300).map(|line| line.as_bytes().to_vec()));
    }
    assert!(records.len() > 200);
    records
}

/// The record as its proxy would write it, for the map below.
fn as_proxy(record: &[u8]) -> Vec<u8> {
    let event: Value = serde_json::from_slice(record).expect("a good record");
    let one = serde_json::json!({
        "user": {"name": event["actor"]}, "http": {"host": event["destination"]},
        "resp": {"sent": event["bytes"].to_string()},
    });
    serde_json::json!({"ts": "2012-05-07T10:00:00Z", "src": {"ip": "10.0.0.1"}, "records": [one.clone(), one]})
        .to_string()
        .into_bytes()
}

const CONFIG: &str = "\
version: 1
kafka: {brokers: [localhost:9092]}
sources:
  - topic: proxy
    decoder: mapped
    type: egress
    map:
      each: records
      time: ts
      actor: {path: user.name, or: src.ip}
      destination: http.host
      bytes: {path: resp.sent, string: true}
";

/// A place in `record`, between bytes.
fn place(rng: &mut ChaCha8Rng, record: &[u8]) -> usize {
    rng.random_range(0..=record.len())
}

/// Puts `piece` where a value begins: after one of the colons.
fn replace_value(rng: &mut ChaCha8Rng, record: &mut Vec<u8>, piece: &[u8]) {
    let colons: Vec<usize> = (1..record.len()).filter(|at| record[at - 1..=*at] == *b"\":").collect();
    if colons.is_empty() {
        return;
    }
    let from = colons[rng.random_range(0..colons.len())] + 1;
    let end = record[from..].iter().position(|byte| b",}]".contains(byte)).map_or(record.len(), |end| from + end);
    record.splice(from..end, piece.iter().copied());
}

/// Values of wrong types and ranges.
const VALUES: [&[u8]; 22] = [
    b"1e999999999",
    b"-1",
    b"99999999999999999999999999999999999999",
    b"0.1e-400",
    b"9223372036854775808",
    b"-0",
    b"true",
    b"null",
    b"[]",
    b"{}",
    b"\"\"",
    b"[[[]]]",
    b"{\"a\":{\"a\":[1,\"x\"]}}",
    b"\"\\ud800\"",
    b"\"\\udfff\\ud800\"",
    b"\"\\u0000\"",
    b"NaN",
    b"[1,2,null,{\"name\":7}]",
    b"\"9999-99-99T99:99:99Z\"",
    b"18446744073709551615",
    b"\"\\ud83d\\u0041\"",
    b"{\"\\u0061\":1,\"a\":2}",
];

fn mutate(rng: &mut ChaCha8Rng, record: &mut Vec<u8>) {
    match rng.random_range(0..12) {
        0 => record.truncate(rng.random_range(0..=record.len())),
        1 => drop(record.drain(..rng.random_range(0..=record.len()))),
        2..=4 => {
            let value = VALUES[rng.random_range(0..VALUES.len())];
            replace_value(rng, record, value);
        }
        5 => {
            let depth = rng.random_range(1..200);
            let piece = [vec![b'['; depth], vec![b']'; depth]].concat();
            replace_value(rng, record, &piece);
        }
        6 => {
            let key: &[u8] =
                [&b"{\"actor\":\"x\","[..], b"{\"time\":1,", b"{\"z\":{\"k\":1,\"k\":2},"][rng.random_range(0..3)];
            let opens: Vec<usize> = (0..record.len()).filter(|at| record[*at] == b'{').collect();
            if let Some(at) = opens.get(rng.random_range(0..opens.len().max(1))) {
                record.splice(*at..=*at, key.iter().copied());
            }
        }
        7 => {
            let at = place(rng, record);
            let piece: &[u8] =
                [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe4\xb8"][rng.random_range(0..5)];
            record.splice(at..at, piece.iter().copied());
        }
        8 => {
            let at = place(rng, record);
            record.insert(at, 0);
        }
        9 => {
            for byte in record.iter_mut().filter(|byte| b"{}[]".contains(byte)) {
                if rng.random_bool(0.2) {
                    *byte = b"{}[]"[rng.random_range(0..4)];
                }
            }
        }
        10 => {
            for _ in 0..rng.random_range(1..9) {
                let at = rng.random_range(0..=record.len().saturating_sub(1));
                if let Some(byte) = record.get_mut(at) {
                    *byte = rng.random();
                }
            }
        }
        _ => *record = (0..rng.random_range(1..400)).map(|_| rng.random()).collect(),
    }
}

/// The `number`th record that is far too large in one way or another.
fn large(number: usize, record: &[u8]) -> Vec<u8> {
    let around = |before: &[u8], open: u8, close: u8, after: &[u8]| {
        [before, &vec![open; DEEP], &vec![close; DEEP], after].concat()
    };
    match number % 8 {
        0 => vec![b'['; DEEP],
        1 => around(b"{\"time\":1335837600123,\"actor\":\"x\",\"rows\":", b'[', b']', b"}"),
        2 => [&b"{\"a\":".repeat(DEEP)[..], b"1", &vec![b'}'; DEEP]].concat(),
        3 => [b"{\"time\":1335837600123,\"actor\":\"", &vec![b'x'; TOO_LONG][..], b"\"}"].concat(),
        4 => [b"{\"time\":1335837600123,\"actor\":\"x\",\"rows\":", &vec![b'9'; DEEP][..], b"}"].concat(),
        5 => [b"{\"time\":1335837600123,\"actor\":\"x\",\"objects\":[", &b"1,".repeat(DEEP)[..], b"2]}"].concat(),
        6 => [record, &vec![b' '; TOO_LONG]].concat(),
        _ => vec![0xff; TOO_LONG],
    }
}

/// One line each: what would end a line is replaced.
fn hostile(good: &[Vec<u8>], seed: u64) -> Vec<Vec<u8>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let records = (0..RECORDS).map(|number| {
        let mut record = good[rng.random_range(0..good.len())].clone();
        if number % LARGE_EVERY == 0 {
            return large(number / LARGE_EVERY, &record);
        }
        for _ in 0..rng.random_range(1..4) {
            mutate(&mut rng, &mut record);
        }
        for byte in &mut record {
            if *byte == b'\n' || *byte == b'\r' {
                *byte = b'?';
            }
        }
        // A blank line is no record.
        if record.iter().all(u8::is_ascii_whitespace) {
            record.push(b'x');
        }
        record
    });
    records.collect()
}

struct Accounts {
    report: Value,
    /// Rejects by line.
    rejects: BTreeMap<u64, Vec<Value>>,
}

impl Accounts {
    fn count(&self, name: &str) -> usize {
        usize::try_from(self.report[name].as_u64().expect("a count")).expect("fits")
    }
}

/// Replays `records`, and checks what holds whatever their format is.
fn replay(dir: &Path, records: &[Vec<u8>], args: &[&str]) -> Accounts {
    fs::write(dir.join("hostile.ndjson"), [records.join(&b'\n'), b"\n".to_vec()].concat()).expect("is written");
    let fixed = ["replay", "--format", "json", "--rejected", "rejected.ndjson", "--incidents", "incidents.ndjson"];
    let run = leakwatch(dir, &[&fixed, args].concat());
    let message = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(0), "{message}");
    assert!(!message.contains("panicked"), "{message}");
    let report: Value = serde_json::from_slice(&run.stdout).expect("JSON on standard output");
    let mut rejects: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    let mut by_reason: BTreeMap<String, u64> = BTreeMap::new();
    for line in fs::read_to_string(dir.join("rejected.ndjson")).expect("the list").lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let reason = line["reason"].as_str().expect("a reason");
        assert!(REASONS.contains(&reason), "{line}");
        assert!(!line["detail"].as_str().expect("a detail").is_empty(), "{line}");
        *by_reason.entry(reason.to_owned()).or_default() += 1;
        rejects.entry(line["line"].as_u64().expect("a line")).or_default().push(line);
    }
    let accounts = Accounts { report, rejects };
    assert_eq!(accounts.count("records"), records.len());
    assert_eq!(accounts.count("rejected"), accounts.rejects.values().map(Vec::len).sum::<usize>());
    assert_eq!(accounts.report["rejected_by_reason"], serde_json::json!(by_reason));
    assert!(accounts.rejects.keys().all(|line| (1..=records.len() as u64).contains(line)));
    accounts
}

#[test]
fn ten_thousand_broken_native_records_are_used_or_rejected() {
    let dir = tempfile::tempdir().expect("a directory");
    let records = hostile(&good_records(dir.path()), 1);
    let accounts = replay(dir.path(), &records, &["hostile.ndjson"]);
    assert_eq!(accounts.count("used") + accounts.count("rejected"), RECORDS);
    assert_eq!(accounts.rejects.len(), accounts.count("rejected"), "one reject a record");
    assert!(accounts.count("used") > RECORDS / 20, "some survive: {}", accounts.report);
    let met = accounts.report["rejected_by_reason"].as_object().expect("counts");
    for reason in REASONS.iter().filter(|reason| **reason != "too_many_events") {
        assert!(met.contains_key(*reason), "never {reason}: {met:?}");
    }
}

#[test]
fn ten_thousand_broken_mapped_records_are_used_or_rejected() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("leakwatch.yaml"), CONFIG).expect("is written");
    let mut good: Vec<Vec<u8>> = good_records(dir.path()).iter().map(|record| as_proxy(record)).collect();
    let many = serde_json::json!({"ts": 1, "src": {"ip": "10.0.0.1"}, "records": vec![serde_json::json!({}); 10_001]});
    good.truncate(400);
    let mut records = hostile(&good, 2);
    records[17] = many.to_string().into_bytes();
    records[18] = br#"{"ts":1,"records":[]}"#.to_vec();
    let accounts = replay(dir.path(), &records, &["--config", "leakwatch.yaml", "proxy=hostile.ndjson"]);
    let used = accounts.count("used");
    // Where some of a record's events are rejected, others may be used; these reasons are about the whole of it.
    let whole = ["too_large", "too_deep", "not_utf8", "not_json", "duplicate_key", "too_many_events"];
    let of_whole =
        |rejects: &&Vec<Value>| rejects.iter().any(|reject| whole.iter().any(|why| reject["reason"] == *why));
    let unusable = accounts.rejects.values().filter(of_whole).count();
    assert!((RECORDS - accounts.rejects.len()..=RECORDS - unusable).contains(&used), "{used} of {RECORDS}");
    assert!(used > RECORDS / 20, "some survive: {}", accounts.report);
    assert!(!accounts.rejects.contains_key(&19), "an empty envelope is used");
    assert_eq!(accounts.rejects[&18][0]["reason"], "too_many_events");
}
