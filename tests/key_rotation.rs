//! One key follows another: while both are configured, what began under the old one goes on, and nobody counts twice.

use leakwatch::config::EngineSettings;
use leakwatch::core::activity::Record;
use leakwatch::core::decode::{DecodeLimits, Decoder};
use leakwatch::core::engine::MemoryLog;
use leakwatch::core::event::FieldSet;
use leakwatch::core::incident::Incident;
use leakwatch::core::ingest::{
    Ingest, IngestOut, IngestSettings, RejectedRecord, SourceIndex, SourceRecord, SourceSpec,
};
use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::{Epoch, Offset, Partition};
use leakwatch::io::knowledge;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const CUSTOMERS: u32 = 500;

fn leakwatch(directory: &Path, args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_leakwatch")).args(args).current_dir(directory).output();
    let output = output.expect("starts");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn phone(customer: u32) -> String {
    format!("1380013{customer:04}")
}

struct Company {
    directory: tempfile::TempDir,
    ingest: Ingest,
    log: MemoryLog,
    incidents: Vec<Incident>,
    settings: Arc<IngestSettings>,
    offset: u64,
    now: EventTime,
}

/// Applies what ingest makes, at once.
struct Out<'a>(&'a mut MemoryLog, &'a mut Vec<Incident>);

impl IngestOut for Out<'_> {
    fn emit(&mut self, _to: Partition, record: &Record<'_>) {
        self.0.apply(record, self.1);
    }

    fn reject(&mut self, rejected: RejectedRecord<'_>) {
        panic!("a good record: {}", rejected.detail);
    }

    fn unknown_fields(&mut self, fields: FieldSet) {
        panic!("good fields: {fields:?}");
    }
}

fn build(directory: &Path, key: &str) {
    leakwatch(directory, &["filter", "build", "--key-file", key, "--out", "filter", "customers.csv"]);
}

fn engine(directory: &Path, keys: &[&str]) -> EngineSettings {
    let at = directory.display();
    let keys: Vec<String> = keys.iter().map(|key| format!("{at}/{key}")).collect();
    let yaml = format!("filters: {{dir: {at}/filter, key_files: [{}]}}\n", keys.join(", "));
    EngineSettings::parse(&yaml, "leakwatch.yaml").expect("valid")
}

impl Company {
    /// Two keys, and a filter under the old one, which alone is configured.
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut csv = "phone\n".to_owned();
        (0..CUSTOMERS).for_each(|customer| writeln!(csv, "{}", phone(customer)).expect("text"));
        std::fs::write(directory.path().join("customers.csv"), csv).expect("written");
        leakwatch(directory.path(), &["filter", "keygen", "old.key"]);
        leakwatch(directory.path(), &["filter", "keygen", "new.key"]);
        build(directory.path(), "old.key");
        let engine = engine(directory.path(), &["old.key"]);
        let settings = Arc::new(IngestSettings {
            partitions: 1,
            sources: vec![SourceSpec::new("events", Decoder::Native, None)],
            customer_objects: engine.customer_objects.clone(),
            max_future: Millis::from_mins(10),
            limits: DecodeLimits::default(),
            filter_stale_after: None,
        });
        let (mut log, mut incidents) = (MemoryLog::new(Millis::from_hours(1)), Vec::new());
        let rules = leakwatch::core::activity::Control::Rules { version: "", yaml: vec![SHIPPED.yaml] };
        log.apply(&Record::Control(rules), &mut incidents);
        let known = knowledge::read(&engine).expect("read");
        settings.controls(&known).iter().for_each(|control| log.apply(control, &mut incidents));
        let ingest = Ingest::new(Arc::clone(&settings), known);
        let now = EventTime::parse_rfc3339("2012-05-07T08:00:00Z").expect("a time");
        Self { directory, ingest, log, incidents, settings, offset: 0, now }
    }

    /// From now on these keys are configured.
    fn configure(&mut self, keys: &[&str]) {
        let known = knowledge::read(&engine(self.directory.path(), keys)).expect("read");
        for control in self.settings.controls(&known) {
            self.log.apply(&control, &mut self.incidents);
        }
        self.ingest.learn(known);
    }

    fn event(&mut self, what: &str, customers: Range<u32>) {
        self.now = self.now.plus(Millis::from_mins(30));
        self.offset += 1;
        let phones = customers.map(phone).collect::<Vec<_>>().join("\",\"");
        let time = self.now;
        let line = format!(r#"{{"time":"{time}","actor":"e1",{what},"identifiers":{{"phone":["{phones}"]}}}}"#);
        let record = SourceRecord {
            source: SourceIndex(0),
            epoch: Epoch(0),
            partition: Partition(0),
            offset: Offset(self.offset),
            received: time,
            payload: line.as_bytes(),
        };
        self.ingest.process(&record, &mut Out(&mut self.log, &mut self.incidents));
    }

    fn read(&mut self, customers: Range<u32>) {
        self.event(r#""type":"query","objects":["crm"],"operation":"select","rows":40"#, customers);
    }

    fn send(&mut self, customers: Range<u32>) {
        self.event(r#""type":"egress","channel":"http","destination":"x.drop.example","bytes":900"#, customers);
    }

    /// What a rule counts now.
    fn observed(&self, rule: &str) -> f64 {
        let told = self.log.detector().explain("e1", self.now);
        told.iter().find(|it| it.rule == rule).unwrap_or_else(|| panic!("no {rule}: {told:?}")).observed
    }
}

fn is(found: f64, expected: u32) {
    assert!((found - f64::from(expected)).abs() < 1e-9, "{found}, expected {expected}");
}

#[test]
fn an_overlap_of_keys_loses_nobody_and_counts_nobody_twice() {
    let mut company = Company::new();
    company.read(0..40);
    company.configure(&["new.key", "old.key"]);
    company.read(40..80);
    is(company.observed("steady-read"), 80);
    build(company.directory.path(), "new.key");
    company.configure(&["new.key", "old.key"]);
    company.read(40..80);
    is(company.observed("steady-read"), 80);
    company.send(20..60);
    is(company.observed("read-then-out"), 40);
    is(company.observed("customers-out"), 40);
    let line = company.incidents.iter().find(|line| line.rule == "read-then-out").expect("raised");
    assert_eq!((line.customers.read, line.customers.egressed, line.customers.overlap), (80, 40, 40));

    // The longest window later the old key goes: what was read under both is found under the new one.
    company.now = company.now.plus(Millis::from_days(31));
    company.read(100..140);
    company.configure(&["new.key"]);
    company.send(100..140);
    is(company.observed("read-then-out"), 40);
    is(company.observed("customers-out"), 40);
}

#[test]
fn without_an_overlap_what_was_read_before_is_not_recognised() {
    let mut company = Company::new();
    company.read(0..40);
    build(company.directory.path(), "new.key");
    company.configure(&["new.key"]);
    company.send(0..40);
    is(company.observed("read-then-out"), 0);
}

#[test]
fn a_filter_of_none_of_the_keys_is_refused() {
    let company = Company::new();
    build(company.directory.path(), "new.key");
    assert!(knowledge::read(&engine(company.directory.path(), &["old.key"])).is_err());
    assert!(knowledge::read(&engine(company.directory.path(), &["absent.key", "new.key"])).is_err());
}
