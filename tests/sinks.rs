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
    Alertmanager, AlertmanagerSettings, FileSink, HttpAccess, IncidentLine, Sink, SinkError, Webhook, WebhookSettings,
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
    let settings = AlertmanagerSettings { urls: vec![server.url.clone()], access: HttpAccess::default() };
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
    let entities: Vec<_> = alerts.as_array().expect("a list").iter().map(|alert| &alert["labels"]["entity"]).collect();
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
