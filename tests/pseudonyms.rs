//! The console with `http.pseudonyms`: no answer names an account, and an admin who says why is told the name.

mod common;

use common::asking::Asking;
use common::kafka::{Kafka, eventually, produce, read_all};
use common::process::{Process, free_port};
use common::service::{create_topics, start_with_console};
use leakwatch::core::rules::SHIPPED;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const TEST: &str = "pseudonyms";
const WITHIN: Duration = Duration::from_mins(1);
const SECRET: &str = "a secret of this test alone";

fn service(kafka: &Kafka, directory: &Path) -> (Process, u16) {
    create_topics(kafka, TEST, 2);
    std::fs::write(directory.join("rules.yaml"), SHIPPED.yaml).expect("written");
    std::fs::write(directory.join("secret"), SECRET).expect("written");
    let console = free_port();
    let more = format!(
        "  pseudonyms: true\n  pseudonym_key_file: {}/secret\n  auth: {{kind: header, user: X-Forwarded-User, admins: [ann]}}\n",
        directory.display()
    );
    (start_with_console(kafka, TEST, directory, "rules.yaml", &more, console), console)
}

/// `emp0042` reads customers and sends them on.
fn leak(kafka: &Kafka) {
    let ago = |seconds: i64| format!("{:.3}", jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds));
    let phones = (0..100).map(|n| format!("\"1380013{n:04}\"")).collect::<Vec<_>>().join(",");
    let read = format!(
        r#"{{"type":"query","time":"{}","actor":"emp0042","objects":["customers"],"rows":100,"identifiers":{{"phone":[{phones}]}}}}"#,
        ago(20)
    );
    let sent = format!(
        r#"{{"type":"egress","time":"{}","actor":"emp0042","destination":"emp0042.drop.example","bytes":9000,"identifiers":{{"phone":[{phones}]}}}}"#,
        ago(5)
    );
    produce(&kafka.config(), &format!("{TEST}.source"), [read, sent].map(|event| (0, event.into_bytes())));
}

fn page_case(asking: &Asking) -> Option<Value> {
    let told: Value = serde_json::from_str(&asking.get("cases").1).expect("JSON");
    let cases = told["cases"].as_array().expect("cases").clone();
    cases.into_iter().find(|one| one["severity"] == "page" && one["rules"][0] == "read-then-out")
}

#[test]
fn no_answer_names_an_account_but_to_an_admin_who_says_why() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let (process, console) = service(&kafka, dir.path());
    let asking = Asking::new(console);
    leak(&kafka);
    eventually("the case is there", WITHIN, || page_case(&asking).is_some());
    let case = page_case(&asking).expect("a case");
    let shown = case["actors"][0].as_str().expect("an actor").to_owned();
    assert!(shown.starts_with("actor-") && case["summary"].as_str().expect("text").contains(&shown), "{case}");

    let id = case["case"].as_str().expect("an id");
    let verdict = json!({"verdict": "expected", "note": "EMP0042 was asked to"});
    let mut told = vec![asking.post(&format!("cases/{id}/verdict"), "ann", &verdict)];
    eventually("the verdict is shown", WITHIN, || asking.get(&format!("cases/{id}")).1.contains("was asked to"));
    let exception = json!({"owner": "crm", "ticket": "S-1", "reason": "a mailing", "until": "", "accept_losses": true});
    told.push(asking.post(&format!("cases/{id}/exception"), "ann", &exception));
    let last = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(240)).to_string()[..10].to_owned();
    let exception =
        json!({"owner": "crm", "ticket": "S-1", "reason": "a mailing", "until": last, "accept_losses": true});
    told.push(asking.post(&format!("cases/{id}/exception"), "ann", &exception));
    assert!(told[1].1.contains("until") && told[1].1.contains(r#""passed":false"#), "{told:?}");
    assert!(told[2].1.contains(&shown) && told[2].1.contains(r#""passed":true"#), "{told:?}");
    for path in ["cases", &format!("cases/{id}"), &format!("cases/{id}/timeline"), "rules", "health"] {
        told.push(asking.get(path));
    }
    for path in [format!("actors/{shown}"), format!("actors/{shown}/explain")] {
        let answer = asking.get(&path);
        assert!(answer.0 == 200 && answer.1.contains("read-then-out"), "{path}: {answer:?}");
        told.push(answer);
    }
    for (status, answer) in &told {
        assert!((200..300).contains(status), "{status} {answer}");
        assert!(!answer.to_lowercase().contains("emp0042"), "{answer}");
    }
    assert!(told.iter().any(|(_, answer)| answer.contains(&format!("{shown} was asked to"))), "{told:?}");
    assert!(asking.get(&format!("cases/{id}/timeline")).1.contains(r#""overlap":100"#), "it is drawn all the same");

    // Who knows a name learns nothing of it by asking.
    let (_, by_name) = asking.get("actors/emp0042");
    assert!(by_name.contains(r#""told":[]"#), "{by_name}");
    assert_eq!(asking.get("actors/emp0042/explain").0, 404);
    unmasked(&kafka, &asking, &shown);
    drop(process);
}

fn unmasked(kafka: &Kafka, asking: &Asking, shown: &str) {
    let path = format!("actors/{shown}/unmask");
    let why = json!({"reason": "to call them, 13800138000"});
    assert_eq!(asking.post(&path, "bob", &why).0, 403, "viewers are not told");
    assert_eq!(asking.post(&path, "ann", &json!({"reason": " "})).0, 400);
    assert_eq!(asking.post("actors/emp0042/unmask", "ann", &why).0, 404);
    let foreign = asking.client.post(asking.url(&format!("/api/v1/{path}"))).json(&why);
    assert_eq!(asking.send(foreign, "ann").0, 403, "a page elsewhere has no header of its own");
    let audit = || -> Vec<Value> {
        let lines = read_all(&kafka.config(), &format!("{TEST}.audit"));
        lines.iter().map(|line| serde_json::from_slice(&line.value).expect("JSON")).collect()
    };
    let of = |action: &str| -> Vec<Value> { audit().into_iter().filter(|line| line["action"] == action).collect() };
    assert!(of("unmask").is_empty(), "what was refused told nothing");
    let (status, told) = asking.post(&path, "ann", &why);
    assert_eq!((status, told.contains("emp0042")), (201, true), "{told}");
    let [line] = &of("unmask")[..] else { panic!("{:?}", audit()) };
    assert_eq!((line["by"].as_str(), line["about"].as_str()), (Some("ann"), Some("emp0042")));
    assert!(line["reason"].as_str().is_some_and(|reason| reason.starts_with("to call them, ‹")), "{line}");
    assert!(line["at"].is_string());
    let proposed = of("exception");
    assert_eq!(proposed.iter().map(|line| line["passed"] == true).collect::<Vec<_>>(), [false, true]);
    assert!(proposed[1]["exception"].as_str().is_some_and(|yaml| yaml.contains("emp0042")), "{proposed:?}");
}
