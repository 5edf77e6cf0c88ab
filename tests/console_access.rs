//! Who may do what at the console: through a real service on a real Kafka, and a proxy's header.

mod common;

use common::kafka::{Kafka, eventually, produce, read_all};
use common::process::{Process, free_port};
use common::stages::incident;
use serde_json::{Value, json};
use std::time::Duration;

const TEST: &str = "access";
/// What keeps the console's pages apart from others, in every answer whatever it says.
const APART: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "frame-ancestors 'none'"),
];
/// More than any caller may ask at once.
const FLOOD: usize = 3_000;
const WITHIN: Duration = Duration::from_mins(1);

/// Status and body of an answer.
async fn ask(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

fn service(kafka: &Kafka, test: &str, directory: &std::path::Path, console: u16) -> Process {
    let names =
        ["source", "activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit", "heartbeats"];
    let topics = names.map(|what| format!("{test}.{what}"));
    kafka.create_topics(&topics.each_ref().map(|topic| (topic.as_str(), 1)), &[]);
    let named = names[1..].iter().map(|topic| format!("  {topic}: {test}.{topic}\n")).collect::<Vec<_>>().concat();
    let (config, port) = (kafka.config(), free_port());
    let yaml = format!(
        "version: 1\ndeployment: {test}\nkafka: {{brokers: [\"{}\"]}}\ntopics:\n{named}\
         sources:\n  - {{topic: {test}.source, decoder: native}}\nstate: {{store: {}/state}}\n\
         http:\n  metrics: \"127.0.0.1:{port}\"\n  console: \"127.0.0.1:{console}\"\n  \
         auth: {{kind: header, user: X-Forwarded-User, admins: [ann]}}\n",
        config.get("bootstrap.servers").expect("set"),
        directory.display()
    );
    let process = Process::start(directory, "service", &yaml, port);
    eventually("it is ready", WITHIN, || process.is_ready());
    process
}

/// Asks until the answer is no; the answer.
async fn flood(client: &reqwest::Client, url: &str, user: Option<&str>) -> reqwest::Response {
    for _ in 0..FLOOD {
        let request = user.iter().fold(client.get(url), |request, user| request.header("X-Forwarded-User", *user));
        let answer = request.send().await.expect("an answer");
        if answer.status() == reqwest::StatusCode::TOO_MANY_REQUESTS {
            return answer;
        }
    }
    panic!("{FLOOD} requests of {user:?} were answered");
}

#[test]
fn whoever_asks_too_often_waits_alone_and_every_answer_keeps_pages_apart() {
    const LIMITS: &str = "access_limits";
    let Some(kafka) = Kafka::shared(LIMITS) else { return };
    let (dir, console) = (tempfile::tempdir().expect("a directory"), free_port());
    let process = service(&kafka, LIMITS, dir.path(), console);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://127.0.0.1:{console}{path}");
    runtime.block_on(async {
        let refused = flood(&client, &url("/assets/none"), Some("eve")).await;
        let wait: u64 = refused.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
        let others = client.get(url("/")).header("X-Forwarded-User", "bob").send().await.expect("an answer");
        assert_eq!(others.status(), 200, "eve's flood is eve's");
        let nobody = flood(&client, &url("/"), None).await;
        let again = client.get(url("/none")).header("X-Forwarded-User", "bob").send().await.expect("an answer");
        assert_eq!(again.status(), 404, "strangers take no user's place");
        for answer in [refused, others, nobody, again] {
            for (name, value) in APART {
                let given = answer.headers().get(name).map(|given| given.to_str().expect("text"));
                assert!(given.is_some_and(|given| given.contains(value)), "{}: {name}: {given:?}", answer.status());
            }
        }
    });
    drop(process);
}

#[test]
fn the_proxy_names_the_user_admins_decide_and_it_is_audited() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let console = free_port();
    let process = service(&kafka, TEST, dir.path(), console);
    let line = incident("emp0042", 500);
    let value = serde_json::to_vec(&line).expect("JSON");
    produce(&kafka.config(), &format!("{TEST}.incidents"), [(0, value)]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://127.0.0.1:{console}{path}");
    let case = url(&format!("/api/v1/cases/{}", line.case));
    let seen = |user: &str| runtime.block_on(ask(client.get(&case).header("X-Forwarded-User", user))).0;
    eventually("the case is there", WITHIN, || seen("bob") == 200);
    assert_eq!(runtime.block_on(ask(client.get(&case))).0, 401, "nobody is no user");
    let two = client.get(&case).header("X-Forwarded-User", "bob").header("X-Forwarded-User", "ann");
    assert_eq!(runtime.block_on(ask(two)).0, 401, "two names are none");

    let judge = |user: &str, headers: &[(&str, &str)], body: Value| {
        let request = client.post(format!("{case}/verdict")).header("X-Forwarded-User", user).json(&body);
        runtime.block_on(ask(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))))
    };
    let own = ("x-leakwatch-request", "1");
    let verdict = json!({"verdict": "true", "note": "13800138000 says so"});
    for (user, headers, expected) in [
        ("bob", &[own][..], "http.auth.admins"),
        ("ann", &[], "x-leakwatch-request"),
        ("ann", &[own, ("sec-fetch-site", "cross-site")], "a page of this console"),
    ] {
        let (status, why) = judge(user, headers, verdict.clone());
        assert_eq!(status, 403, "{user} {headers:?}: {why}");
        assert!(why.contains(expected), "{why}");
    }
    let (status, _) = judge("ann", &[own], json!({"verdict": "true", "note": "x".repeat(20_000)}));
    assert_eq!(status, 413, "a body is no place for a flood");
    // The link in an alert opens a page, for whoever may look, and takes nothing.
    let link = url(&format!("/cases/{}/verdict", line.case));
    let opened =
        |request: reqwest::RequestBuilder, user| runtime.block_on(ask(request.header("X-Forwarded-User", user)));
    let (status, page) = opened(client.get(&link), "bob");
    assert!(status == 200 && page.contains("<main id=\"main\""), "{status} {page}");
    assert_eq!(opened(client.post(&link).header("x-leakwatch-request", "1").json(&verdict), "ann").0, 405);
    assert_eq!(runtime.block_on(ask(client.get(&link))).0, 401, "nobody is no user");
    let (status, kept) = judge("ann", &[own, ("sec-fetch-site", "same-origin")], verdict);
    assert_eq!(status, 201, "{kept}");
    let audit = read_all(&kafka.config(), &format!("{TEST}.audit"));
    assert_eq!(audit.len(), 1, "what was refused changed nothing");
    let audited: Value = serde_json::from_slice(&audit[0].value).expect("JSON");
    assert_eq!((audited["by"].as_str(), audited["action"].as_str()), (Some("ann"), Some("verdict")));
    assert_eq!((&audited["before"], audited["after"]["verdict"].as_str()), (&Value::Null, Some("true")));
    assert!(!audited.to_string().contains("13800138000"), "{audited}");
    drop(process);
}
