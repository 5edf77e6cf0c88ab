//! The watched cannot blind us: each way of being seen less is itself said, or changes nothing. Files through the built binary.

use leakwatch::core::incident::{EntityKind, Incident, Severity};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const CUSTOMERS: usize = 1_000;
/// Reads of one account, ten customers each, a minute apart.
const READS: usize = 30;
const RULES: &str = "version: 1\nrules:\n  - {id: many-customers, title: Many customers, count: customers, of: {type: query}, \
    by: actor, over: 1h, limit: {warn: 100}, hold: 1h}\n";

struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    /// A company with a filter of its customers and two listed accounts.
    fn new(sources: &str) -> Self {
        let bench = Self { dir: tempfile::tempdir().expect("a directory") };
        let phones: Vec<String> = (0..CUSTOMERS).map(phone).collect();
        bench.write("customers.csv", &format!("phone\n{}\n", phones.join("\n")));
        bench.write("rules.yaml", RULES);
        bench.write("directory.ndjson", "{\"actor\":\"emp0042\",\"role\":\"sales\"}\n{\"actor\":\"emp0043\"}\n");
        bench.configure(sources);
        bench.run(&["filter", "keygen", "tag.key"]);
        bench.run(&["filter", "build", "--key-file", "tag.key", "--out", "filter", "customers.csv"]);
        bench
    }

    fn configure(&self, sources: &str) {
        let config = format!(
            "version: 1\nsources:\n{sources}filters: {{dir: filter, key_files: [tag.key]}}\n\
             directory: {{file: directory.ndjson}}\nrules: {{files: [rules.yaml]}}\n"
        );
        self.write("leakwatch.yaml", &config);
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("written");
    }

    fn run(&self, args: &[&str]) -> String {
        let run = Command::new(env!("CARGO_BIN_EXE_leakwatch")).current_dir(self.path()).args(args).output();
        let run = run.expect("the program starts");
        assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).expect("text")
    }

    /// What `files` raise, and the report.
    fn replay(&self, files: &[&str]) -> (Vec<Incident>, Value) {
        let fixed = ["replay", "--config", "leakwatch.yaml", "--format", "json", "--incidents", "incidents.ndjson"];
        let report = serde_json::from_str(&self.run(&[&fixed, files].concat())).expect("a report");
        let lines = fs::read_to_string(self.path().join("incidents.ndjson")).expect("the incidents");
        (lines.lines().map(|line| serde_json::from_str(line).expect("an incident")).collect(), report)
    }

    /// What queries raise, and the report.
    fn queries(&self, events: &[Value]) -> (Vec<Incident>, Value) {
        self.write("queries.ndjson", &lines(events));
        self.replay(&["db-queries=queries.ndjson"])
    }
}

const SOURCES: &str = "  - {topic: db-queries, decoder: native, type: query, silent: {after: 15m}}\n  \
    - {topic: egress, decoder: native, type: egress, silent: {after: 12h}}\n";

fn phone(number: usize) -> String {
    format!("138{number:08}")
}

fn lines(events: &[Value]) -> String {
    events.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

/// A time on the first day, so many minutes after eight.
fn at(minute: usize) -> String {
    format!("2012-05-07T{:02}:{:02}:00Z", 8 + minute / 60, minute % 60)
}

/// The `number`th read of an account: ten customers that it did not read before.
fn read(actor: &str, number: usize) -> Value {
    let phones: Vec<String> = (0..10).map(|of_it| phone(number * 10 + of_it)).collect();
    json!({"type": "query", "time": at(number), "actor": actor, "rows": 10, "objects": ["customers"],
        "identifiers": {"phone": phones}})
}

/// The same with changes.
fn changed(mut event: Value, changes: &Value) -> Value {
    let fields = event.as_object_mut().expect("an object");
    fields.extend(changes.as_object().expect("an object").clone());
    event
}

/// What was raised, on whom, and how much at the last line.
fn raised(incidents: &[Incident]) -> BTreeSet<(String, String, String)> {
    let told = |line: &Incident| (line.rule.clone(), line.entity.id.clone(), format!("{}", line.observed));
    incidents.iter().map(told).collect()
}

fn of_rule<'a>(incidents: &'a [Incident], rule: &str) -> Vec<&'a Incident> {
    incidents.iter().filter(|line| line.rule == rule).collect()
}

#[test]
fn a_source_that_is_turned_off_is_silent() {
    let bench = Bench::new(SOURCES);
    bench.write("queries.ndjson", &lines(&(0..READS).map(|number| read("emp0042", number)).collect::<Vec<_>>()));
    let mail = |minute: usize| json!({"time": at(minute), "actor": "emp0043", "destination": "x.example", "bytes": 10});
    bench.write("egress.ndjson", &lines(&(0..180).map(mail).collect::<Vec<_>>()));
    let (incidents, _) = bench.replay(&["db-queries=queries.ndjson", "egress=egress.ndjson"]);
    let silent = of_rule(&incidents, "silent-source");
    let told: BTreeSet<_> = silent.iter().map(|line| (line.entity.id.as_str(), line.severity)).collect();
    assert_eq!(told, BTreeSet::from([("db-queries", Severity::Warning)]), "and not the one that goes on");
}

#[test]
fn one_id_for_everything_hides_nothing() {
    let bench = Bench::new(SOURCES);
    let reads =
        |changes: Value| (0..READS).map(|number| changed(read("emp0042", number), &changes)).collect::<Vec<_>>();
    let (plain, _) = bench.queries(&reads(json!({})));
    assert!(!of_rule(&plain, "many-customers").is_empty(), "{plain:?}");
    let (same_id, _) = bench.queries(&reads(json!({"id": "1"})));
    assert_eq!(raised(&same_id), raised(&plain), "other content is another event");
    // Twice the same within the ten minutes is once.
    let twice: Vec<Value> = reads(json!({"id": "1"})).into_iter().flat_map(|event| [event.clone(), event]).collect();
    let (repeated, _) = bench.queries(&twice);
    assert_eq!(raised(&repeated), raised(&plain));
}

#[test]
fn a_wrong_type_in_every_optional_field_is_counted_and_the_record_is_used() {
    let bench = Bench::new(SOURCES);
    let (plain, _) = bench.queries(&(0..READS).map(|number| read("emp0042", number)).collect::<Vec<_>>());
    let wrong = json!({"id": 7, "session": [], "client_ip": {}, "app": true, "database": 1.5, "objects": "customers",
        "operation": [], "statement": {}, "rows": "many", "bytes": "all", "channel": 1, "destination": [],
        "content": {}, "files": "none"});
    let reads: Vec<Value> = (0..READS).map(|number| changed(read("emp0042", number), &wrong)).collect();
    let (incidents, report) = bench.queries(&reads);
    assert_eq!((report["used"].as_u64(), report["rejected"].as_u64()), (Some(READS as u64), Some(0)), "{report}");
    let on = |incidents: &[Incident]| {
        let customers = of_rule(incidents, "many-customers");
        customers.iter().map(|line| (line.entity.id.clone(), line.severity)).collect::<BTreeSet<_>>()
    };
    assert_eq!(on(&incidents), on(&plain), "the customers are named, whatever else is broken");
    for field in ["id", "session", "client_ip", "app", "database", "objects", "operation", "statement", "rows", "bytes"]
    {
        assert_eq!(report["fields_unknown"][field].as_u64(), Some(READS as u64), "{field}: {report}");
    }
}

#[test]
fn stamps_of_the_future_count_at_their_arrival_and_are_said() {
    let bench = Bench::new(SOURCES);
    let ahead = |number: usize| {
        changed(
            read("emp0042", number),
            &json!({"time": format!("2031-01-{:02}T00:00:00Z", number % 28 + 1),
            "received": at(number)}),
        )
    };
    let (incidents, _) = bench.queries(&(0..READS).map(ahead).collect::<Vec<_>>());
    let skew = of_rule(&incidents, "clock-skew");
    assert!(skew.iter().any(|line| line.entity.id == "db-queries"), "{incidents:?}");
    let customers = of_rule(&incidents, "many-customers");
    assert!(customers.iter().any(|line| line.entity.id == "emp0042"), "{incidents:?}");
    assert!(customers.iter().all(|line| line.time.to_string().starts_with("2012-05-07T08:")), "{customers:?}");
}

#[test]
fn an_account_that_only_looks_like_another_is_said_and_never_taken_for_it() {
    let bench = Bench::new(SOURCES);
    let alike = ["\u{435}mp0042", "em\u{3c1}0042", "emp\u{200b}0042", "\u{202e}emp0042\u{202c}", "ｅmp0042", "empOO42"];
    let others = ["emp0042", "EMP0042", "emp0043", "emp0099", "visitor", "Жанна"];
    let mut reads = Vec::new();
    // Six each: together they were more than the limit, each alone is not.
    for (number, actor) in alike.iter().chain(&others).cycle().take(6 * (alike.len() + others.len())).enumerate() {
        reads.push(changed(read(actor, number % 90), &json!({"time": at(number / 2)})));
    }
    let (incidents, _) = bench.queries(&reads);
    let told: BTreeSet<&str> = of_rule(&incidents, "look-alike").iter().map(|line| line.entity.id.as_str()).collect();
    assert_eq!(told, alike.map(str::to_lowercase).iter().map(String::as_str).collect(), "{incidents:?}");
    for line in of_rule(&incidents, "look-alike") {
        assert_eq!((line.entity.kind, line.severity), (EntityKind::Actor, Severity::Warning));
        assert_eq!(line.actors, std::slice::from_ref(&line.entity.id));
        assert!(line.summary.is_ascii(), "odd letters are shown by number: {}", line.summary);
    }
    let many: BTreeSet<&str> =
        of_rule(&incidents, "many-customers").iter().map(|line| line.entity.id.as_str()).collect();
    assert_eq!(many, BTreeSet::from(["emp0042"]), "two spellings are one account, look-alikes are not");
}

/// Fifteen days of a simulated company with what life brings.
fn simulated(bench: &Bench, out: &str, lives: &[&str]) {
    let fixed = ["simulate", "--out", out, "--actors", "60", "--customers", "2000", "--days", "15"];
    let lives: Vec<&str> = lives.iter().flat_map(|life| ["--life", *life]).collect();
    bench.run(&[&fixed[..], &lives].concat());
}

fn quiet(bench: &Bench, world: &str) -> Vec<String> {
    let [queries, egress] = ["db-queries", "egress"].map(|topic| format!("{topic}={world}/{topic}.ndjson"));
    let (incidents, report) = bench.replay(&[&queries, &egress]);
    assert!(report["used"].as_u64().is_some_and(|used| used > 20_000), "{report}");
    let quiet = of_rule(&incidents, "quiet-source");
    quiet.iter().map(|line| format!("{} {:?}", line.entity.id, line.status)).collect()
}

#[test]
fn a_source_that_is_thinned_out_is_said_and_ordinary_weeks_are_not() {
    let watched = "  - {topic: db-queries, decoder: native, type: query, silent: {after: 12h}}\n  \
        - {topic: egress, decoder: native, type: egress, silent: {after: 12h}}\n";
    let bench = Bench::new(watched);
    simulated(&bench, "ordinary", &["campaign", "holiday", "month-end", "night-etl"]);
    assert_eq!(quiet(&bench, "ordinary"), [""; 0], "weekends and a holiday are ordinary");
    simulated(&bench, "eventful", &["campaign", "sale-day", "outage", "team-moves", "new-hires"]);
    assert_eq!(quiet(&bench, "eventful"), [""; 0], "so are a sale and a backlog");

    fs::create_dir(bench.path().join("thinned")).expect("a folder");
    let queries = fs::read_to_string(bench.path().join("ordinary/db-queries.ndjson")).expect("simulated");
    let thinned = queries.lines().enumerate().filter(|(number, line)| {
        let time = line.split("\"time\":\"").nth(1).expect("a time");
        time < "2012-05-17" || number % 50 == 0
    });
    bench.write("thinned/db-queries.ndjson", &thinned.map(|(_, line)| line).collect::<Vec<_>>().join("\n"));
    fs::copy(bench.path().join("ordinary/egress.ndjson"), bench.path().join("thinned/egress.ndjson")).expect("copied");
    let told = quiet(&bench, "thinned");
    assert!(told.contains(&"db-queries Opened".to_owned()), "{told:?}");
    assert!(told.iter().all(|line| line.starts_with("db-queries")), "only the one that was thinned out: {told:?}");
}
