//! Incidents and health as on-call gets them: through a real Alertmanager and a real Prometheus.

mod common;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use common::kafka::{Kafka, eventually, produce};
use common::process::{free_port, get};
use common::service::{create_topics, start};
use common::watch::{alertmanager, is_there, prometheus};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const WITHIN: Duration = Duration::from_mins(2);
/// Where people's browsers would reach the console.
const CONSOLE: &str = "https://leakwatch.corp.example";

/// One event warns, three page, and a minute later it is over.
const RULES: &str = r"version: 1
rules:
  - {id: busy, count: events, of: {type: query}, over: 1m, limit: {warn: 1, page: 3}, hold: 1s}
tests:
  - name: pages
    events: [{at: '10:00', times: 3, every: 1m, event: {type: query, actor: e1, rows: 1}}]
    expect: [{rule: busy, severity: warning}]
  - name: pages at three
    events: [{at: '10:00', times: 3, every: 10s, event: {type: query, actor: e1, rows: 1}}]
    expect: [{rule: busy, severity: page}]
  - {name: silent, expect: []}
";

fn query(kafka: &Kafka, test: &str) {
    let now = jiff::Timestamp::now();
    let event = format!(r#"{{"type":"query","time":"{now:.3}","actor":"e1","objects":["customers"],"rows":3}}"#);
    produce(&kafka.config(), &format!("{test}.source"), [(0, event.into_bytes())]);
}

type Notified = Arc<Mutex<Vec<Value>>>;

async fn take(State(notified): State<Notified>, body: axum::Json<Value>) {
    notified.lock().expect("no panic").push(body.0);
}

/// Whoever is on call: its address, and what it was told.
fn on_call(runtime: &tokio::runtime::Runtime) -> (String, Notified) {
    let notified = Notified::default();
    let router = Router::new().route("/", post(take)).with_state(Arc::clone(&notified));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    runtime.spawn(async move { axum::serve(listener, router).await });
    (url, notified)
}

/// Each notification: its status, and of each alert the severity and the status.
fn told(notified: &Notified) -> Vec<(String, Vec<(String, String)>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let alerts = |one: &Value| {
        let alerts = one["alerts"].as_array().expect("alerts").iter();
        let mut alerts: Vec<_> =
            alerts.map(|alert| (text(&alert["labels"]["severity"]), text(&alert["status"]))).collect();
        alerts.sort();
        alerts
    };
    let all = notified.lock().expect("no panic");
    // The watchdog is of no case.
    let of_a_case = |one: &&Value| one["groupLabels"]["case"].as_str().is_some_and(|case| !case.is_empty());
    all.iter().filter(of_a_case).map(|one| (text(&one["status"]), alerts(one))).collect()
}

fn pair(severity: &str, status: &str) -> (String, String) {
    (severity.to_owned(), status.to_owned())
}

/// Each alert of a case says where it is judged, and the whole notification does, for templates.
fn links_to_its_verdict(notified: &Notified) {
    let all = notified.lock().expect("no panic");
    let one = all.iter().find(|one| one["groupLabels"]["case"].as_str().is_some_and(|case| !case.is_empty()));
    let one = one.expect("a notification of a case");
    let expected = format!("{CONSOLE}/cases/{}/verdict", one["groupLabels"]["case"].as_str().expect("text"));
    assert_eq!(one["commonAnnotations"]["verdict_url"], expected.as_str(), "{one}");
    assert_eq!(one["alerts"][0]["annotations"]["verdict_url"], expected.as_str(), "{one}");
}

#[test]
fn on_call_is_told_once_a_case_again_as_it_escalates_and_when_it_is_over() {
    const TEST: &str = "alerting";
    if !is_there("prometheus-alertmanager", "prometheus-alertmanager", TEST) {
        return;
    }
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("busy.yaml"), RULES).expect("written");
    create_topics(&kafka, TEST, 1);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
    let (url, notified) = on_call(&runtime);
    let config = format!(
        "route: {{receiver: on-call, group_by: [case], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}\n\
         receivers:\n  - name: on-call\n    webhook_configs: [{{url: \"{url}\", send_resolved: true}}]\n"
    );
    let first = alertmanager(dir.path(), free_port(), &config);
    let sinks = format!(
        "  console_url: \"{CONSOLE}\"\nsinks:\n  - {{name: am, kind: alertmanager, urls: [\"http://127.0.0.1:{}\"], min_severity: info}}\n",
        first.port
    );
    let start_again = || start(&kafka, TEST, dir.path(), "busy.yaml", &sinks);
    let service = start_again();

    let leaked = Instant::now();
    query(&kafka, TEST);
    eventually("on-call is told", WITHIN, || !told(&notified).is_empty());
    println!("from the event to the receiver, through Alertmanager: {:.1} s", leaked.elapsed().as_secs_f64());
    assert_eq!(told(&notified), [("firing".to_owned(), vec![pair("warning", "firing")])]);
    links_to_its_verdict(&notified);

    // Both sides start anew, Alertmanager with no memory of it: what is open is said again.
    drop(service);
    let port = first.port;
    drop(first);
    let second = alertmanager(dir.path(), port, &config);
    let service = start_again();
    eventually("it is told again", WITHIN, || told(&notified).len() >= 2);
    let before = told(&notified).len();
    (0..3).for_each(|_| query(&kafka, TEST));
    let paged = |one: &(String, Vec<(String, String)>)| one.1.contains(&pair("page", "firing"));
    eventually("it pages", WITHIN, || told(&notified)[before..].iter().any(paged));
    eventually("the warning is over, since it is a page", WITHIN, || {
        told(&notified).iter().any(|one| one.1.contains(&pair("warning", "resolved")))
    });
    eventually("it is over", WITHIN, || {
        told(&notified).last().is_some_and(|one| one.0 == "resolved" && one.1.contains(&pair("page", "resolved")))
    });
    let groups: std::collections::BTreeSet<String> =
        notified.lock().expect("no panic").iter().map(|one| one["groupLabels"]["case"].to_string()).collect();
    assert_eq!(groups.len(), 2, "one case, one group, and the watchdog's: {groups:?}");
    drop((service, second));
}

/// The alert file with its minutes made seconds, for the sake of the test's time.
fn sped_up() -> String {
    let rules = include_str!("../deploy/prometheus/alerts.yaml");
    let from = rules.find("      - alert: LeakwatchNoEvents").expect("the alert");
    let end = from + rules[from + 8..].find("      - alert:").expect("another") + 8;
    let alert = rules[from..end].replace("[10m]", "[10s]").replace("for: 10m", "for: 2s");
    format!("groups:\n  - name: leakwatch\n    rules:\n{alert}")
}

#[test]
fn prometheus_says_when_no_events_come() {
    const TEST: &str = "watched";
    if !is_there("prometheus", "prometheus", TEST) {
        return;
    }
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("busy.yaml"), RULES).expect("written");
    create_topics(&kafka, TEST, 1);
    let service = start(&kafka, TEST, dir.path(), "busy.yaml", "");
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yaml]\n\
         scrape_configs:\n  - job_name: leakwatch\n    static_configs: [{{targets: [\"127.0.0.1:{}\"]}}]\n",
        service.port()
    );
    let prometheus = prometheus(dir.path(), free_port(), &config, &sped_up());
    let asked = |path: &str| -> Option<Value> {
        let (_, body) = get(prometheus.port, path)?;
        let body = &body[body.find('{')?..=body.rfind('}')?];
        serde_json::from_str(body).ok()
    };
    let rate = || {
        let query = "/api/v1/query?query=sum(rate(leakwatch_records_total%5B10s%5D))";
        asked(query)?["data"]["result"][0]["value"][1].as_str()?.parse::<f64>().ok()
    };
    let firing = || {
        let alerts = asked("/api/v1/alerts").unwrap_or_default();
        let alerts = alerts["data"]["alerts"].as_array().cloned().unwrap_or_default();
        let is = |alert: &Value| {
            alert["labels"]["alertname"] == "LeakwatchNoEvents"
                && alert["labels"]["source"] == format!("{TEST}.source")
                && alert["state"] == "firing"
        };
        alerts.iter().any(is)
    };
    eventually("Prometheus sees events come in", WITHIN, || {
        query(&kafka, TEST);
        rate().is_some_and(|rate| rate > 0.0)
    });
    assert!(!firing(), "events come");
    eventually("the source has stopped, and that is said", WITHIN, firing);
}
