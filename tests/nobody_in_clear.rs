//! No output shows a customer's identifier, wherever a source or a file puts it.

mod common;
#[path = "nobody_in_clear/console.rs"]
mod console;

use leakwatch::config::EngineSettings;
use leakwatch::config::settings::FilterSettings;
use leakwatch::core::activity::Record;
use leakwatch::core::decode::{DecodeLimits, Decoder};
use leakwatch::core::event::FieldSet;
use leakwatch::core::ingest::{
    Ingest, IngestOut, IngestSettings, RejectedRecord, SourceIndex, SourceRecord, SourceSpec,
};
use leakwatch::core::time::EventTime;
use leakwatch::core::units::{Epoch, Offset, Partition};
use leakwatch::io::knowledge;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

/// Digits that name somebody are not fewer.
const MIN_DIGITS: usize = 7;
/// Where texts stand in an event.
const TEXTS: [&str; 12] = [
    "id",
    "actor",
    "session",
    "client_ip",
    "app",
    "database",
    "operation",
    "statement",
    "channel",
    "destination",
    "content",
    "content_base64",
];

/// A customer as the simulation's CSV has it.
struct Customer {
    number: String,
    phone: String,
    email: String,
    national_id: String,
}

/// Everything that must not be seen.
struct Secrets {
    /// Digits of phones, identity numbers (without check character) and cards.
    digits: HashSet<String>,
    lengths: BTreeSet<usize>,
    /// Customer ids and mail addresses, in lower case.
    words: HashSet<String>,
}

impl Secrets {
    fn of(customers: &[Customer], cards: &[String]) -> Self {
        let mut secrets = Self { digits: HashSet::new(), lengths: BTreeSet::new(), words: HashSet::new() };
        for customer in customers {
            secrets.number(&customer.phone);
            if !customer.national_id.is_empty() {
                secrets.number(&customer.national_id[..17]);
            }
            secrets.words.insert(customer.email.to_lowercase());
            secrets.words.insert(customer.number.to_lowercase());
        }
        for card in cards {
            secrets.number(card);
        }
        secrets
    }

    fn number(&mut self, text: &str) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        assert!(digits.len() >= MIN_DIGITS, "a short number");
        self.lengths.insert(digits.len());
        self.digits.insert(digits);
    }

    /// The secrets in `text`: in a run of digits, also one with separators, in words, and in mail addresses.
    fn found_in(&self, text: &str) -> BTreeSet<String> {
        let text = text.replace("%40", "@").replace("%2B", "+").to_lowercase();
        let mut found = BTreeSet::new();
        for run in text.split(|c: char| !(c.is_ascii_digit() || " -.()+".contains(c))) {
            let digits: String = run.chars().filter(char::is_ascii_digit).collect();
            for length in &self.lengths {
                let windows = (0..(digits.len() + 1).saturating_sub(*length)).map(|at| &digits[at..at + length]);
                found.extend(windows.filter(|window| self.digits.contains(*window)).map(ToOwned::to_owned));
            }
        }
        let is_address = |c: char| c.is_ascii_alphanumeric() || "._+-@".contains(c);
        for run in text.split(|c: char| !is_address(c)) {
            let words = run.split(|c: char| !c.is_ascii_alphanumeric());
            let starts =
                run.char_indices().filter(|(at, _)| *at == 0 || !run.as_bytes()[at - 1].is_ascii_alphanumeric());
            let addresses = starts.filter(|_| run.contains('@')).map(|(at, _)| run[at..].trim_end_matches(['.', '-']));
            found.extend(words.chain(addresses).filter(|word| self.words.contains(*word)).map(ToOwned::to_owned));
        }
        found
    }
}

fn leakwatch(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leakwatch"));
    command.current_dir(dir).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1").args(args);
    command.output().expect("the program starts")
}

fn customers(dir: &Path, file: &str) -> Vec<Customer> {
    let text = fs::read_to_string(dir.join(file)).expect("the simulation's file");
    let customer = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        Customer {
            number: cells[0].to_owned(),
            phone: cells[1].to_owned(),
            email: cells[2].to_owned(),
            national_id: cells[4].to_owned(),
        }
    };
    text.lines().skip(1).map(customer).collect()
}

/// Cards that the simulated records name.
fn cards(text: &str) -> Vec<String> {
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let cards = events.flat_map(|event| event["identifiers"]["card"].as_array().cloned().unwrap_or_default());
    cards.map(|card| card.as_str().expect("text").to_owned()).collect()
}

/// What sources write of a customer: as it is, and inside other things.
fn spellings(customer: &Customer) -> Vec<String> {
    let Customer { phone, email, national_id, .. } = customer;
    let mut spellings = vec![
        phone.clone(),
        format!("+86 {}-{}-{}", &phone[..3], &phone[3..7], &phone[7..]),
        format!("0086{phone}"),
        email.clone(),
        email.to_uppercase(),
        format!("mailto:{}", email.replace('@', "%40")),
        format!("https://share.example/export_{phone}.csv?to={email}"),
        format!("report for {email} and {phone}.xlsx"),
    ];
    if !national_id.is_empty() {
        spellings.push(national_id.clone());
        spellings.push(format!("scan-{national_id}.jpg"));
    }
    spellings
}

/// Records with a customer's identifier in every place. The decoy that each names raises a page about it.
fn poisoned(victims: &[Customer], decoy: &Customer) -> Vec<String> {
    let mut lines = Vec::new();
    let fields = TEXTS.iter().copied().chain(["objects", "files", "kind", "key", "time", "rows", "all"]);
    for (number, (field, victim)) in fields.cycle().zip(victims).enumerate() {
        for (spelling, secret) in spellings(victim).into_iter().enumerate() {
            let minute = (number * 16 + spelling) % 600;
            let mut event = json!({
                "type": if spelling % 2 == 0 { "query" } else { "egress" }, "id": format!("p-{number}-{spelling}"),
                "time": format!("2012-05-07T{:02}:{:02}:00Z", minute / 60, minute % 60), "actor": format!("mallory{number}"),
                "client_ip": "10.1.2.3", "objects": ["customers"], "rows": 1, "destination": "x.drop.example",
                "identifiers": {"phone": [decoy.phone, victim.phone], "customer_id": [victim.number]},
            });
            for text in TEXTS.iter().filter(|text| field == **text || field == "all") {
                event[text] = json!(secret);
            }
            match field {
                "objects" => event["objects"] = json!([secret, "customers"]),
                "files" => event["files"] = json!([{"name": secret, "size": 1, "type": secret}]),
                "kind" => event["identifiers"][&secret] = json!([secret]),
                "client_ip" => drop(event.as_object_mut().expect("an object").remove("actor")),
                "key" => event[&secret] = json!({&secret: secret}),
                "time" | "rows" => event[field] = json!(secret),
                _ => {}
            }
            let line = event.to_string();
            lines.push(line[..line.len() / 2].to_owned());
            lines.push(format!(
                "{{{},{}",
                json!(secret).to_string() + ":1," + &json!(secret).to_string() + ":2",
                &line[1..]
            ));
            lines.push(json!([secret]).to_string());
            lines.push(line);
        }
    }
    lines
}

/// Everything in `dir`, and every output of a program.
#[derive(Default)]
struct Outputs {
    texts: Vec<(String, String)>,
}

impl Outputs {
    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.texts.push((name.to_owned(), String::from_utf8_lossy(bytes).into_owned()));
    }

    fn run(&mut self, dir: &Path, code: i32, args: &[&str]) {
        let output = leakwatch(dir, args);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {message}");
        self.bytes(&format!("standard output of {}", args[..2].join(" ")), &output.stdout);
        self.bytes(&format!("standard error of {}", args[..2].join(" ")), &output.stderr);
    }

    fn file(&mut self, path: &Path) {
        if path.is_dir() {
            let entries = fs::read_dir(path).expect("a directory").map(|entry| entry.expect("an entry").path());
            entries.for_each(|entry| self.file(&entry));
            return;
        }
        self.bytes(&path.display().to_string(), &fs::read(path).expect("a file"));
    }

    fn total(&self) -> usize {
        self.texts.iter().map(|(_, text)| text.len()).sum()
    }

    fn assert_clear_of(&self, secrets: &Secrets) {
        let mut leaks = Vec::new();
        for (name, text) in &self.texts {
            for line in text.lines() {
                let found = secrets.found_in(line);
                if !found.is_empty() {
                    leaks.push(format!("{name}: {found:?} in {line}"));
                }
            }
        }
        assert!(
            leaks.is_empty(),
            "{} lines show somebody, such as\n{}",
            leaks.len(),
            leaks[..leaks.len().min(12)].join("\n")
        );
    }
}

/// A simulated company with leaks, its filters, and the poisoned records.
struct Company {
    dir: tempfile::TempDir,
    customers: Vec<Customer>,
    secrets: Secrets,
}

impl Company {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let attacks = ["bulk-dump", "read-then-out", "canary", "encoded-egress"].map(|attack| ["--attack", attack]);
        let fixed = ["simulate", "--out", "world", "--actors", "60", "--customers", "2000", "--days", "1"];
        let run = leakwatch(dir.path(), &[&fixed, &*attacks.concat()].concat());
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let customers = customers(dir.path(), "world/customers.csv");
        let decoys = self::customers(dir.path(), "world/canaries.csv");
        let lines = poisoned(&customers[..76], &decoys[0]);
        fs::write(dir.path().join("poisoned.ndjson"), lines.join("\n")).expect("is written");
        let read = |file| fs::read_to_string(dir.path().join(file)).expect("the simulation's file");
        let cards = cards(&(read("world/db-queries.ndjson") + &read("world/egress.ndjson")));
        let secrets = Secrets::of(&customers, &cards);
        Self { dir, customers, secrets }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("is written");
    }

    /// Builds the filters under `out`.
    fn build(&self, outputs: &mut Outputs) {
        outputs.run(self.dir.path(), 0, &["filter", "keygen", "tag.key"]);
        let build = ["filter", "build", "--key-file", "tag.key", "--out", "filters", "--false-positive-rate", "0.01"];
        let files = ["--canaries", "world/canaries.csv", "world/customers.csv"];
        outputs.run(self.dir.path(), 0, &[&build[..], &files].concat());
        outputs.run(self.dir.path(), 0, &["filter", "inspect", "filters"]);
        outputs.file(&self.path("filters"));
    }
}

const REPLAY: [&str; 18] = [
    "replay",
    "--filters",
    "filters",
    "--key-file",
    "tag.key",
    "--directory",
    "world/directory.ndjson",
    "--incidents",
    "out/incidents",
    "--shadow",
    "out/shadow",
    "--rejected",
    "out/rejected",
    "--format",
    "json",
    "world/db-queries.ndjson",
    "world/egress.ndjson",
    "poisoned.ndjson",
];

#[test]
fn no_output_of_a_run_shows_anybody() {
    let company = Company::new();
    let mut outputs = Outputs::default();
    company.build(&mut outputs);
    fs::create_dir(company.path("out")).expect("is made");
    outputs.run(company.dir.path(), 0, &REPLAY);
    outputs.file(&company.path("out"));
    let text: Vec<&str> = REPLAY.iter().map(|arg| if *arg == "json" { "text" } else { arg }).collect();
    outputs.run(company.dir.path(), 0, &text);
    let incidents = fs::read_to_string(company.path("out/incidents")).expect("incidents");
    assert!(incidents.lines().filter(|line| line.contains("canary-touched")).count() > 70, "a page about each actor");
    assert!(["‹phone›~", "‹mailbox›@"].iter().all(|mark| incidents.contains(mark)), "names were masked");
    assert!(fs::read_to_string(company.path("out/rejected")).expect("rejects").lines().count() > 1_000);
    outputs.assert_clear_of(&company.secrets);
    assert!(outputs.total() > 200_000, "{} bytes were searched", outputs.total());
    // The same search finds what was put in.
    outputs.file(&company.path("poisoned.ndjson"));
    let (_, planted) = outputs.texts.pop().expect("the records");
    assert!(company.secrets.found_in(&planted).len() > 200);
}

#[test]
fn without_a_filter_numbers_are_masked_all_the_same() {
    let company = Company::new();
    let mut outputs = Outputs::default();
    fs::create_dir(company.path("out")).expect("is made");
    let logins: Vec<String> = fs::read_to_string(company.path("poisoned.ndjson"))
        .expect("the records")
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|event| event["actor"].as_str().is_some_and(|actor| !actor.contains('@') && !actor.contains("%40")))
        .map(|event| event.to_string())
        .collect();
    company.write("poisoned.ndjson", &logins.join("\n"));
    outputs.run(company.dir.path(), 0, &[&REPLAY[..1], &REPLAY[5..]].concat());
    outputs.file(&company.path("out"));
    outputs.assert_clear_of(&company.secrets);
}

#[test]
fn no_error_message_shows_anybody() {
    let company = Company::new();
    let mut outputs = Outputs::default();
    company.build(&mut outputs);
    let Customer { phone, email, national_id, number: customer_id } =
        company.customers.iter().find(|customer| !customer.national_id.is_empty()).expect("somebody with one");
    company.write(
        "config.yaml",
        &format!("version: 1\nkafka: {{brokers: {phone}}}\n{phone}: 1\nlog: {{level: {email}}}\n"),
    );
    company.write("config2.yaml", &format!("version: {phone}\nkafka: {{brokers: [\"{email}\"], client: {{{phone}: {email}}}}}\nsources:\n  - {{topic: \"{email}\", decoder: \"{phone}\", type: \"{email}\"}}\nclock: {{max_future: \"{phone}\"}}\nrules: [{phone}, {email}]\n"));
    company.write("config3.yaml", &format!("version: 1\n  {phone}: [\n{email}"));
    company.write("rules.yaml", &format!("version: 1\nrules:\n  - {{id: \"{phone}\", title: \"{email}\", count: \"{phone}\", over: \"{email}\", by: \"{national_id}\", limit: {{warn: \"{phone}\"}}, {phone}: 1}}\n"));
    company.write(
        "rules2.yaml",
        &format!("version: 1\nrules: \"{phone}\"\nexceptions:\n  - {{rule: \"{email}\", until: \"{phone}\"}}\n"),
    );
    let twice = json!({"actor": "a", "aliases": [phone, email]}).to_string();
    let other =
        json!({"actor": "b", "aliases": [email, phone], "tz": email, "left_at": phone, "kind": phone}).to_string();
    company.write("directory.ndjson", &format!("{twice}\n{other}\n{{\"{phone}\":\"{email}\"}}\n{{\"actor\":\"{phone}\n{{\"destination\":\"x.example\",\"class\":\"{email}\"}}\n"));
    company.write("torn.csv", &format!("customer_id,phone,email\n\"{customer_id},{phone},{email}\n{phone},{email}\n"));
    company.write("headless.csv", &format!("{customer_id},{phone},{email}\n"));
    let dir = company.dir.path();
    for config in ["config.yaml", "config2.yaml", "config3.yaml"] {
        outputs.run(dir, 2, &["config", "check", config]);
        outputs.run(dir, 2, &["replay", "--config", config, "poisoned.ndjson"]);
        outputs.run(dir, 2, &["run", "--config", config]);
    }
    for rules in ["rules.yaml", "rules2.yaml"] {
        outputs.run(dir, 2, &["rules", "check", rules]);
        outputs.run(dir, 2, &["replay", "--rules", rules, "poisoned.ndjson"]);
    }
    outputs.run(dir, 2, &["replay", "--directory", "directory.ndjson", "poisoned.ndjson"]);
    for (kind, value) in
        [("phone", phone), ("email", email), ("national_id", national_id), ("customer_id", customer_id)]
    {
        outputs.run(dir, 0, &["filter", "check", "filters", kind, value]);
    }
    outputs.run(dir, 2, &["filter", "check", "filters", phone, email]);
    for csv in ["torn.csv", "headless.csv"] {
        let output = leakwatch(dir, &["filter", "build", "--key-file", "tag.key", "--out", "other", csv]);
        outputs.bytes(csv, &[output.stdout, output.stderr].concat());
    }
    outputs.assert_clear_of(&company.secrets);
}

/// The activity log as detect and anybody who may read the topic sees it.
#[derive(Default)]
struct Log {
    text: Outputs,
    records: usize,
}

impl IngestOut for Log {
    fn emit(&mut self, _to: Partition, record: &Record<'_>) {
        self.records += 1;
        let Record::Activity(activity) = record else { return };
        // Tags are numbers: beside them there is nothing that could be taken for one.
        let kinds: Vec<&str> = activity.tags.iter().map(|list| list.kind).collect();
        let shown = leakwatch::core::activity::Activity { tags: smallvec::SmallVec::new(), ..activity.clone() };
        self.text.bytes("activity", format!("{shown:?} {kinds:?}").as_bytes());
    }

    fn reject(&mut self, rejected: RejectedRecord<'_>) {
        self.text.bytes("rejected", format!("{rejected:?}").as_bytes());
    }

    fn unknown_fields(&mut self, fields: FieldSet) {
        self.text.bytes("unknown fields", format!("{fields:?}").as_bytes());
    }
}

#[test]
fn the_activity_log_shows_nobody() {
    let company = Company::new();
    company.build(&mut Outputs::default());
    let mut settings = EngineSettings::default();
    let key_files = vec![company.path("tag.key")];
    settings.filters = Some(FilterSettings { dir: company.path("filters"), key_files, stale_after: None });
    let knowledge = knowledge::read(&settings).expect("the filters");
    let source = SourceSpec::new("poisoned", Decoder::Native, None);
    let ingest_settings = IngestSettings {
        partitions: 1,
        sources: vec![source],
        customer_objects: settings.customer_objects.clone(),
        max_future: settings.clock.max_future,
        limits: DecodeLimits::default(),
        filter_stale_after: None,
    };
    let mut ingest = Ingest::new(Arc::new(ingest_settings), knowledge);
    let mut log = Log::default();
    let text = fs::read_to_string(company.path("poisoned.ndjson")).expect("the records");
    for (offset, line) in (0..).zip(text.lines()) {
        let record = SourceRecord {
            source: SourceIndex(0),
            epoch: Epoch(0),
            partition: Partition(0),
            offset: Offset(offset),
            received: EventTime::parse_rfc3339("2012-05-08T00:00:00Z").expect("a time"),
            payload: line.as_bytes(),
        };
        ingest.process(&record, &mut log);
    }
    assert!(log.records > 300, "{}", log.records);
    log.text.assert_clear_of(&company.secrets);
}
