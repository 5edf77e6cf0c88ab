//! Sinks against real HTTP servers on this machine.

mod common;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use common::stages::incident;
use leakwatch::io::clock::{Clock, SystemClock};
use leakwatch::io::lifecycle::Lifecycle;
use leakwatch::io::metrics::Metrics;
use leakwatch::io::sinks::{
    Alertmanager, AlertmanagerSettings, ConsoleLinks, FileSink, HttpAccess, IncidentLine, Shape, Sink, SinkError,
    Webhook, WebhookSettings,
};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

#[derive(Clone, Default)]
struct Received {
    answers: Arc<Mutex<VecDeque<u16>>>,
    requests: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

async fn take(State(received): State<Received>, headers: HeaderMap, body: Bytes) -> StatusCode {
    received.requests.lock().expect("no panic").push((headers, body));
    let answer = received.answers.lock().expect("no panic").pop_front().unwrap_or(200);
    StatusCode::from_u16(answer).expect("a status")
}

struct Server {
    runtime: Runtime,
    received: Received,
    url: String,
}

/// A server that gives `answers`, then 200s.
fn server(answers: &[u16]) -> Server {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
    let received = Received { answers: Arc::new(Mutex::new(answers.iter().copied().collect())), ..Received::default() };
    let router =
        Router::new().route("/hook", post(take)).route("/api/v2/alerts", post(take)).with_state(received.clone());
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    runtime.spawn(async move { axum::serve(listener, router).await });
    Server { runtime, received, url }
}

fn webhook(server: &Server, key: Option<&std::path::Path>, metrics: &Metrics) -> Webhook {
    let settings = WebhookSettings {
        url: format!("{}/hook", server.url),
        shape: Shape::Line,
        hmac_key_file: key.map(Into::into),
        access: HttpAccess::default(),
    };
    let retries = metrics.sinks.retries.with_label_values(&["soc"]);
    let runtime = server.runtime.handle().clone();
    Webhook::new(&settings, runtime, Lifecycle::new(), Arc::new(SystemClock), retries).expect("a webhook")
}

#[test]
fn a_webhook_signs_tries_again_and_gives_up_on_a_refusal() {
    let server = server(&[503, 200, 400]);
    let metrics = Metrics::new().expect("metrics");
    let key = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(key.path(), "secret\n").expect("written");
    let mut hook = webhook(&server, Some(key.path()), &metrics);
    let incident = incident("emp0042", 100);
    let json = serde_json::to_vec(&incident).expect("json");
    let line = IncidentLine { incident: &incident, json: &json };

    hook.deliver(line).expect("the second attempt is taken");
    assert_eq!(metrics.sinks.retries.with_label_values(&["soc"]).get(), 1);
    assert!(matches!(hook.deliver(line), Err(SinkError::Refused { status: 400 })));

    let requests = server.received.requests.lock().expect("no panic");
    assert_eq!(requests.len(), 3);
    let (headers, body) = &requests[1];
    assert_eq!(body.as_ref(), json);
    assert_eq!(headers["idempotency-key"], format!("{}-1", incident.incident));
    let signature = headers["x-leakwatch-signature"].to_str().expect("text");
    assert!(signature.starts_with("t=") && signature.contains(",v1="), "{signature}");
}

#[test]
fn alertmanager_gets_what_is_open_once_the_topic_is_read() {
    let server = server(&[500]);
    let metrics = Metrics::new().expect("metrics");
    let settings = AlertmanagerSettings {
        urls: vec![server.url.clone()],
        access: HttpAccess::default(),
        links: ConsoleLinks::default(),
    };
    let retries = metrics.sinks.retries.with_label_values(&["am"]);
    let firing = metrics.sinks.firing.with_label_values(&["am"]);
    let (runtime, clock) = (server.runtime.handle().clone(), Arc::new(SystemClock));
    let mut sink =
        Alertmanager::new(&settings, "shop", runtime, clock, retries.clone(), firing.clone()).expect("a sink");
    for (actor, count) in [("emp1", 100), ("emp1", 200), ("emp2", 100)] {
        let incident = incident(actor, count);
        sink.deliver(IncidentLine { incident: &incident, json: b"" }).expect("taken");
    }
    let sent = || server.received.requests.lock().expect("no panic").len();
    sink.tick(SystemClock.now(), false);
    assert_eq!(sent(), 0, "nothing is said before the topic is read");
    sink.tick(SystemClock.now(), true);
    assert_eq!((sent(), retries.get()), (1, 1), "the first round is refused");
    sink.tick(SystemClock.now(), true);
    sink.tick(SystemClock.now(), true);
    assert_eq!((sent(), firing.get()), (2, 2), "said again at once, then not within the minute");
    let requests = server.received.requests.lock().expect("no panic");
    let alerts: serde_json::Value = serde_json::from_slice(&requests[1].1).expect("json");
    let alerts = alerts.as_array().expect("a list");
    let (incidents, others): (Vec<_>, Vec<_>) =
        alerts.iter().partition(|alert| alert["labels"]["alertname"] == "LeakwatchIncident");
    let others: Vec<_> = others.iter().map(|alert| &alert["labels"]["alertname"]).collect();
    assert_eq!(others, ["LeakwatchWatchdog"], "said with every round");
    let entities: Vec<_> = incidents.iter().map(|alert| &alert["labels"]["entity"]).collect();
    assert_eq!(entities.len(), 2);
    assert!(entities.contains(&&"emp1".into()) && entities.contains(&&"emp2".into()));
}

#[test]
fn a_file_gets_a_line_each() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("incidents.ndjson");
    let incident = incident("emp1", 100);
    for _ in 0..2 {
        let mut sink = FileSink::open(&path).expect("opens");
        sink.deliver(IncidentLine { incident: &incident, json: b"{}" }).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("text"), "{}\n{}\n");
}

fn test_sinks(directory: &std::path::Path, sinks: &str) -> std::process::Output {
    let config = format!("version: 1\nkafka: {{brokers: [\"127.0.0.1:1\"]}}\nsinks:\n{sinks}");
    std::fs::write(directory.join("sinks.yaml"), config).expect("written");
    std::process::Command::new(env!("CARGO_BIN_EXE_leakwatch"))
        .args(["sinks", "test", "--config", "sinks.yaml"])
        .current_dir(directory)
        .output()
        .expect("runs")
}

#[test]
fn a_test_incident_goes_through_every_sink_and_is_over_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let (hook, alerts) = (server(&[]), server(&[]));
    let sinks = format!(
        "  - {{name: soc, kind: webhook, url: \"{}/hook\", min_severity: page}}\n  \
         - {{name: am, kind: alertmanager, urls: [\"{}\"]}}\n  - {{name: disk, kind: file, path: told.ndjson}}\n",
        hook.url, alerts.url
    );
    let output = test_sinks(dir.path(), &sinks);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "soc: taken\nam: taken\ndisk: taken\n");
    let statuses = |lines: &[serde_json::Value]| -> Vec<String> {
        lines.iter().map(|line| line["status"].as_str().expect("a status").to_owned()).collect()
    };
    let hooked: Vec<serde_json::Value> = hook
        .received
        .requests
        .lock()
        .expect("no panic")
        .iter()
        .map(|(_, body)| serde_json::from_slice(body).expect("JSON"))
        .collect();
    assert_eq!(statuses(&hooked), ["opened", "resolved"]);
    assert!(hooked[0]["summary"].as_str().is_some_and(|text| text.starts_with("TEST: ")), "{hooked:?}");
    let told = std::fs::read_to_string(dir.path().join("told.ndjson")).expect("lines");
    assert_eq!(
        statuses(&told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<_>>()),
        ["opened", "resolved"]
    );
    let said = alerts.received.requests.lock().expect("no panic").len();
    assert_eq!(said, 2, "firing, then over");
}

#[test]
fn a_sink_that_does_not_take_the_test_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let hook = server(&[500]);
    let sinks = format!(
        "  - {{name: soc, kind: webhook, url: \"{}/hook\"}}\n  - {{name: am, kind: alertmanager, urls: [\"http://127.0.0.1:1\"]}}\n",
        hook.url
    );
    let output = test_sinks(dir.path(), &sinks);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("soc: not delivered in 1 attempts") && told.contains("am: not delivered"), "{told}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("2 of 2 sinks"), "{told}");
    let none = test_sinks(dir.path(), "  []\n");
    assert_eq!(none.status.code(), Some(2));
}

#[test]
fn slack_pagerduty_and_ocsf_get_their_own_shapes_and_no_secret_is_shown() {
    let dir = tempfile::tempdir().expect("a directory");
    let [slack, pager, finding] = [server(&[]), server(&[]), server(&[])];
    std::fs::write(dir.path().join("slack-url"), format!("{}/hook\n", slack.url)).expect("written");
    std::fs::write(dir.path().join("routing-key"), "R-secret\n").expect("written");
    let sinks = format!(
        "  - {{name: chat, kind: slack, url_file: slack-url}}\n  \
         - {{name: pager, kind: pagerduty, routing_key_file: routing-key, url: \"{}/hook\"}}\n  \
         - {{name: lake, kind: ocsf, url: \"{}/hook\"}}\n",
        pager.url, finding.url
    );
    let output = test_sinks(dir.path(), &sinks);
    let told = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert_eq!(told, "chat: taken\npager: taken\nlake: taken\n");
    let first = |server: &Server| -> serde_json::Value {
        serde_json::from_slice(&server.received.requests.lock().expect("no panic")[0].1).expect("JSON")
    };
    assert!(first(&slack)["blocks"].is_array());
    let event = first(&pager);
    assert_eq!((event["routing_key"].as_str(), event["event_action"].as_str()), (Some("R-secret"), Some("trigger")));
    assert_eq!(first(&finding)["class_uid"], 2_004);
}
