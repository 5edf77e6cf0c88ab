//! A customer's identifier that people type, ask for or are attacked with at the console: in no answer, topic, log line or
//! metric.

use super::common::asking::Asking;
use super::common::kafka::{Kafka, eventually, produce, read_all};
use super::common::process::{Process, free_port};
use super::common::service::{create_topics, start_with_console};
use super::{Customer, Outputs, Secrets, leakwatch};
use leakwatch::core::rules::SHIPPED;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

const WITHIN: Duration = Duration::from_mins(2);
const CARD: &str = "4111111111111111";
const DIRECTORY: &str = r#"{"actor":"emp0042","role":"sales","team":"sales-2","kind":"human"}"#;
const TOPICS: [&str; 8] =
    ["activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit", "heartbeats"];

fn marked() -> Customer {
    Customer {
        number: "C7700042".into(),
        phone: "13912345678".into(),
        email: "zhang.wei@mail.example.cn".into(),
        national_id: "110105194912310021".into(),
    }
}

/// As people write them. A customer's own number looks like any other word: nothing masks it, and the pages ask for none.
fn spellings() -> Vec<String> {
    let Customer { phone, email, national_id, .. } = marked();
    let split = format!("+86 {}-{}-{}", &phone[..3], &phone[3..7], &phone[7..]);
    vec![phone, split, email.to_uppercase(), email, national_id, CARD.into(), "4111 1111 1111 1111".into()]
}

/// The service with its customers' filter, and what it was started with.
struct Watched {
    process: Process,
    asking: Asking,
    veiled: bool,
    test: String,
}

impl Watched {
    fn start(kafka: &Kafka, test: &str, dir: &Path, veiled: bool) -> Self {
        create_topics(kafka, test, 2);
        let Customer { number, phone, email, national_id } = marked();
        let mut csv =
            format!("customer_id,phone,email,national_id,card\n{number},{phone},{email},{national_id},{CARD}\n");
        (0..300).for_each(|n| writeln!(csv, "C{n},1380013{n:04},,,").expect("text"));
        for (name, text) in [("customers.csv", &*csv), ("rules.yaml", SHIPPED.yaml), ("directory.ndjson", DIRECTORY)] {
            std::fs::write(dir.join(name), text).expect("written");
        }
        std::fs::write(dir.join("secret"), "a secret of this test alone").expect("written");
        let build = ["filter", "build", "--key-file", "tag.key", "--out", "filters", "customers.csv"];
        for args in [&["filter", "keygen", "tag.key"][..], &build] {
            assert!(leakwatch(dir, args).status.success(), "{args:?}");
        }
        let (at, console) = (dir.display(), free_port());
        let names =
            if veiled { format!("  pseudonyms: true\n  pseudonym_key_file: {at}/secret\n") } else { String::new() };
        let more = format!(
            "{names}  auth: {{kind: header, user: X-Forwarded-User, admins: [ann]}}\nlog: {{level: debug}}\n\
             directory: {{file: {at}/directory.ndjson}}\nfilters: {{dir: {at}/filters, key_files: [{at}/tag.key]}}\n"
        );
        let process = start_with_console(kafka, test, dir, "rules.yaml", &more, console);
        Self { process, asking: Asking::new(console), veiled, test: test.to_owned() }
    }

    /// The case of somebody who reads 300 customers and sends them on, with the marked one in every name.
    fn case(&self, kafka: &Kafka) -> Value {
        let ago = |seconds: i64| format!("{:.3}", jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds));
        let Customer { phone, email, .. } = marked();
        let phones: Vec<String> = (0..300).map(|n| format!("1380013{n:04}")).chain([phone.clone()]).collect();
        let read = json!({"type": "query", "time": ago(20), "actor": "emp0042", "rows": 301, "statement": email,
            "objects": ["customers", format!("export_{phone}")], "identifiers": {"phone": phones}});
        let sent = json!({"type": "egress", "time": ago(5), "actor": "emp0042", "bytes": 9000, "content": email,
            "destination": format!("https://x1.drop.example/{phone}?to={email}"), "identifiers": {"phone": phones}});
        let events = [read, sent].map(|event| (0, event.to_string().into_bytes()));
        produce(&kafka.config(), &format!("{}.source", self.test), events);
        let paged = || {
            let told: Value = serde_json::from_str(&self.asking.get("cases").1).expect("JSON");
            let cases = told["cases"].as_array().expect("cases").clone();
            let told_of =
                |one: &Value| one["rules"].as_array().is_some_and(|rules| rules.contains(&"read-then-out".into()));
            cases.into_iter().find(|one| one["severity"] == "page" && told_of(one))
        };
        eventually("the case is there", WITHIN, || paged().is_some());
        paged().expect("a case")
    }
}

/// What came back, by what was asked.
#[derive(Default)]
struct Heard(Outputs);

impl Heard {
    fn answer(&mut self, name: &str, expected: &[u16], (status, body): (u16, String)) {
        assert!(expected.contains(&status), "{name}: {status} {body}");
        self.0.bytes(name, body.as_bytes());
    }
}

/// Pages, drawings, explanations, backtests, events and figures, as whoever looks has them.
fn looked_at(watched: &Watched, case: &str, actor: &str, heard: &mut Heard) {
    let curve = || watched.asking.get("rules/read-then-out/curve");
    eventually("the slider's backtest is there", WITHIN, || curve().1.contains(r#""state":"ready""#));
    let of_case = [format!("cases/{case}"), format!("cases/{case}/timeline")];
    let of_actor = [format!("actors/{actor}"), format!("actors/{actor}/explain")];
    let rest = ["cases", "rules", "rules/read-then-out/curve", "health"].map(ToOwned::to_owned);
    for path in of_case.iter().chain(&of_actor).chain(&rest) {
        heard.answer(path, &[200], watched.asking.get(path));
    }
    let (_, rules) = watched.asking.get("rules");
    let judged = [r#""judged":1,"raised":1,"#, r#""week":"20"#].iter().all(|part| rules.contains(part));
    assert!(judged, "the weeks of the rules are there: {rules}");
    let (_, explained) = watched.asking.get(&of_actor[1]);
    assert!(explained.contains("read-then-out"), "{explained}");
    heard.0.bytes("events", watched.asking.events().as_bytes());
}

/// Notes, owners, tickets, reasons and ends that name the customer.
fn typed(watched: &Watched, case: &str, actor: &str, heard: &mut Heard) {
    let asking = &watched.asking;
    for spelling in spellings() {
        let note = json!({"verdict": "expected", "note": format!("ask {spelling} why")});
        heard.answer("verdict", &[201], asking.post(&format!("cases/{case}/verdict"), "ann", &note));
        let why = json!({"reason": format!("to call {spelling}")});
        let expected = if watched.veiled { 201 } else { 409 };
        heard.answer("unmask", &[expected], asking.post(&format!("actors/{actor}/unmask"), "ann", &why));
    }
    eventually("the verdict is shown", WITHIN, || asking.get(&format!("cases/{case}")).1.contains("‹card› why"));
    let last = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(240)).to_string()[..10].to_owned();
    let [phone, _, _, email, national_id, card, _] = &spellings()[..] else { panic!("seven") };
    for until in [phone, email, &last] {
        let exception = json!({"owner": email, "ticket": format!("T {card}"), "reason": format!("{phone}, {national_id}"),
            "until": until, "accept_losses": true});
        heard.answer("exception", &[201], asking.post(&format!("cases/{case}/exception"), "ann", &exception));
    }
    let (_, body) = &heard.0.texts.last().expect("an answer");
    let told: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(told["passed"], true, "{told}");
}

/// Bodies, paths, queries, headers and methods that are none, and name the customer.
fn refused(watched: &Watched, case: &str, heard: &mut Heard) {
    let (asking, client) = (&watched.asking, &watched.asking.client);
    for spelling in spellings() {
        let bodies = [
            json!({"verdict": spelling}).to_string(),
            json!({"verdict": "true", "note": {&spelling: spelling}}).to_string(),
            json!({&spelling: 1}).to_string(),
            format!("{{{spelling}"),
            spelling.clone(),
        ];
        for (body, what) in bodies.iter().flat_map(|body| ["verdict", "exception"].map(|what| (body, what))) {
            let request = client.post(asking.url(&format!("/api/v1/cases/{case}/{what}"))).body(body.clone());
            let request = request.header("x-leakwatch-request", "1");
            let json = request.try_clone().expect("text").header("content-type", "application/json");
            heard.answer("a wrong body", &[400, 422], asking.send(json, "ann"));
            heard.answer("no JSON", &[415], asking.send(request, "ann"));
        }
        let part = spelling.replace(' ', "%20").replace('+', "%2B");
        for path in
            ["cases/{}", "cases/{}/timeline", "actors/{}", "actors/{}/explain", "rules/{}/curve", "cases?{}", "{}"]
        {
            heard.answer(path, &[200, 404], asking.get(&path.replace("{}", &part)));
        }
        let body = json!({"verdict": "true", "reason": "x", "owner": "o", "ticket": "t", "until": "u"});
        for path in ["cases/{}/verdict", "cases/{}/exception", "actors/{}/unmask"] {
            heard.answer(path, &[404, 409], asking.post(&path.replace("{}", &part), "ann", &body));
        }
        for path in ["/{}", "/assets/{}", "/runbooks/{}", "/cases/{}/verdict", "/?{}"] {
            let request = client.get(asking.url(&path.replace("{}", &part)));
            heard.answer(path, &[200, 404], asking.send(request, "bob"));
        }
        let verdict = json!({"verdict": "true"});
        let stranger = asking.post(&format!("cases/{case}/verdict"), &spelling, &verdict);
        heard.answer("a stranger's name", &[403], stranger);
        let foreign = client.post(asking.url(&format!("/api/v1/cases/{case}/verdict"))).json(&verdict);
        let foreign = foreign.header("x-leakwatch-request", &spelling).header("sec-fetch-site", &spelling);
        heard.answer("another site", &[403], asking.send(foreign, "ann"));
        // As it is, with its blanks: a request line that is none.
        let (status, body) = asking.raw(&format!("/api/v1/{spelling}")).expect("an answer");
        heard.0.bytes("a raw line", format!("{status} {body}").as_bytes());
    }
}

/// Verdicts and reports on the command line, and rule files with exceptions in them.
fn on_the_command_line(dir: &Path, case: &str, heard: &mut Heard) {
    let config = ["--config", "service.yaml"];
    for spelling in spellings() {
        let note = format!("{spelling} asked");
        let given = ["verdict", "give", "--case", case, "expected", "--by", &spelling, "--note", &note];
        heard.0.run(dir, 0, &[&given[..], &config].concat());
        heard.0.run(dir, 1, &[&["verdict", "give", "--case", &spelling, "true", "--by", "ann"][..], &config].concat());
        for wrong in [["verdict", "give", &spelling], ["verdict", &spelling, "x"], ["explain", &spelling, &spelling]] {
            heard.0.run(dir, 2, &wrong);
        }
        let line = "{rule: bulk-read, actor: e1, from: 2012-05-01, until: 2012-06-01, owner: crm, ticket: T-1, reason: 'ask SOMEBODY'}";
        let line = line.replace("SOMEBODY", &spelling);
        let exception = format!("{}exceptions:\n  - {line}\n", SHIPPED.yaml);
        std::fs::write(dir.join("typed.yaml"), exception).expect("written");
        heard.0.run(dir, 2, &["rules", "check", "typed.yaml"]);
    }
    for format in ["text", "json"] {
        heard.0.run(dir, 0, &[&["verdict", "report", "--format", format][..], &config].concat());
    }
}

/// What the console proposed, put in force.
fn applied(watched: &Watched, dir: &Path, heard: &mut Heard) {
    let proposed = heard.0.texts.iter().rev().find(|(name, _)| name == "exception").expect("an exception");
    let proposed: Value = serde_json::from_str(&proposed.1).expect("JSON");
    let yaml = proposed["yaml"].as_str().expect("YAML").to_owned();
    std::fs::write(dir.join("rules.yaml"), format!("{}{yaml}", SHIPPED.yaml)).expect("written");
    eventually("it is in force", WITHIN, || watched.process.log().contains("changed rule files were read"));
    assert!(yaml.contains("‹mailbox›@mail.example.cn") && yaml.contains("‹phone›"), "{yaml}");
    assert!(!watched.process.log().contains("changed rule files are refused"), "what the console proposes is right");
}

fn walk(veiled: bool) {
    let test = if veiled { "nobody_veiled" } else { "nobody_named" };
    let Some(kafka) = Kafka::shared(test) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let watched = Watched::start(&kafka, test, dir.path(), veiled);
    let told = watched.case(&kafka);
    let (case, actor) = (told["case"].as_str().expect("an id"), told["actors"][0].as_str().expect("an actor"));
    assert_eq!(actor.starts_with("actor-"), veiled, "{told}");
    let mut heard = Heard::default();
    typed(&watched, case, actor, &mut heard);
    applied(&watched, dir.path(), &mut heard);
    looked_at(&watched, case, actor, &mut heard);
    refused(&watched, case, &mut heard);
    on_the_command_line(dir.path(), case, &mut heard);
    for topic in TOPICS {
        for line in read_all(&kafka.config(), &format!("{test}.{topic}")) {
            heard.0.bytes(topic, &line.value);
        }
    }
    heard.0.bytes("metrics", watched.process.get("/metrics").expect("metrics").1.as_bytes());
    heard.0.bytes("log", watched.process.log().as_bytes());
    let audit: Vec<&String> = heard.0.texts.iter().filter(|(name, _)| name == "audit").map(|(_, line)| line).collect();
    let of = |action: &str| audit.iter().filter(|line| line.contains(&format!(r#""action":"{action}""#))).count();
    let unmasked = if veiled { spellings().len() } else { 0 };
    assert_eq!((of("verdict"), of("unmask"), of("exception")), (2 * spellings().len(), unmasked, 3), "{audit:?}");
    assert!(audit.iter().any(|line| line.contains("‹national-id›")), "they were typed: {audit:?}");
    let secrets = Secrets::of(&[marked()], &[CARD.to_owned()]);
    heard.0.assert_clear_of(&secrets);
    assert!(spellings().iter().all(|spelling| !secrets.found_in(spelling).is_empty()), "the search finds each of them");
}

#[test]
fn the_console_shows_and_keeps_nobody() {
    walk(false);
}

#[test]
fn nor_does_it_under_pseudonyms() {
    walk(true);
}
