//! What deploy/compose.yaml starts, started from that file: each service with a network stack, a loopback and mounts of its own, under
//! its name on a network, as in containers. Only the images are not theirs: Kafka is that of the other tests, Prometheus and Alertmanager
//! are Debian's, Leakwatch is the build at hand; Grafana is not started, and ports are not published.

#[path = "../common/mod.rs"]
mod common;
mod containers;

use common::kafka::{self, connection, eventually, produce};
use common::process::{get_from, leakwatch};
use common::watch::is_there;
use containers::{Compose, WITHIN, root};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::metadata::MetadataTopic;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TEST: &str = "what_compose_starts_finds_each_other_and_tells_of_a_leak";
/// Set in the namespaces, to the folder of Kafka's libraries.
const INSIDE: &str = "LEAKWATCH_COMPOSE_LIBRARIES";
/// What the simulated leak meets.
const LEAKED: &str = "bulk-read";
/// As many as `sources` in the compose file creates.
const PARTITIONS: usize = 4;

#[test]
fn what_compose_starts_finds_each_other_and_tells_of_a_leak() {
    if let Some(libraries) = std::env::var_os(INSIDE) {
        return inside(libraries.into());
    }
    let programs = [("prometheus", "prometheus"), ("prometheus-alertmanager", "prometheus-alertmanager")];
    if !programs.iter().all(|(program, package)| is_there(program, package, TEST)) {
        return;
    }
    let Some(separated) = namespaces() else {
        return kafka::skip(TEST, "ip (iproute2) does not run in namespaces of its own by unshare (util-linux)")
            .unwrap_or_default();
    };
    let libraries = match kafka::libraries() {
        Ok(libraries) => libraries,
        Err(why) => return kafka::skip(TEST, &why).unwrap_or_default(),
    };
    let this = std::env::current_exe().expect("a test");
    let mut again = Command::new("unshare");
    again.args(separated).arg(this).args(["--exact", TEST, "--nocapture"]).env(INSIDE, libraries);
    assert!(again.status().expect("starts").success(), "it failed in its namespaces");
}

/// The arguments that give a process a network, mounts and processes of its own, all of which end with it.
fn namespaces() -> Option<Vec<&'static str>> {
    let alone = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let as_nobody = ["--user", "--map-root-user"];
    [alone.to_vec(), [&as_nobody[..], &alone].concat()].into_iter().find(|arguments| {
        let tried = Command::new("unshare").args(arguments).args(["ip", "link", "set", "lo", "up"]).output();
        tried.is_ok_and(|output| output.status.success())
    })
}

fn inside(libraries: PathBuf) {
    let mut compose = Compose::open(libraries);
    compose.network();
    compose.start_all();
    let ready = || get_from("leakwatch:9464", "/readyz").is_some_and(|(status, _)| status.contains("200"));
    compose.await_that("leakwatch", "is ready", ready);
    all_topics_are_there();
    prometheus_knows_all();
    grafana_would_find_its_data();
    an_incident_reaches_alertmanager(compose.directory());
}

fn all_topics_are_there() {
    let consumer: BaseConsumer = connection("kafka:9092").create().expect("a consumer");
    let seen = consumer.fetch_metadata(None, WITHIN).expect("an answer");
    let seen: BTreeSet<&str> = seen.topics().iter().map(MetadataTopic::name).collect();
    for wanted in ["db-queries", "egress", "leakwatch.activity", "leakwatch.incidents", "leakwatch.dead_letters"] {
        assert!(seen.contains(wanted), "{wanted} is not among {seen:?}");
    }
}

fn asked(host: &str, path: &str) -> Option<Value> {
    let (_, body) = get_from(host, path)?;
    serde_json::from_str(&body[body.find(['{', '['])?..=body.rfind(['}', ']'])?]).ok()
}

fn prometheus_knows_all() {
    let about = |path: &str| asked("prometheus:9090", path).unwrap_or_default()["data"].take();
    let up = || {
        let targets = about("/api/v1/targets")["activeTargets"].take();
        targets.as_array().is_some_and(|targets| targets.len() == 1 && targets[0]["health"] == "up")
    };
    eventually("Prometheus scrapes Leakwatch", WITHIN, up);
    let rules = |folder: &Value| {
        let groups = folder["groups"].as_array().into_iter().flatten();
        groups.flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default()).collect::<Vec<Value>>()
    };
    let written: usize = ["alerts", "recording"]
        .into_iter()
        .map(|name| {
            let text = fs::read_to_string(root().join(format!("deploy/prometheus/{name}.yaml"))).expect("a file");
            rules(&serde_saphyr::from_str(&text).expect("YAML")).len()
        })
        .sum();
    let loaded = || {
        let known = rules(&about("/api/v1/rules"));
        known.len() == written && known.iter().all(|rule| rule["health"] == "ok")
    };
    eventually("Prometheus has computed all rules", WITHIN, loaded);
    let known =
        || about("/api/v1/alertmanagers")["activeAlertmanagers"][0]["url"] == "http://alertmanager:9093/api/v2/alerts";
    eventually("Prometheus knows Alertmanager", WITHIN, known);
}

/// It is not started: its data source answers, and the dashboards ask for the one that there is.
fn grafana_would_find_its_data() {
    let file = fs::read_to_string(root().join("deploy/compose/grafana/datasources/prometheus.yaml")).expect("a file");
    let sources: Value = serde_saphyr::from_str(&file).expect("YAML");
    let source = &sources["datasources"][0];
    let host = source["url"].as_str().and_then(|url| url.strip_prefix("http://")).expect("a URL");
    assert!(get_from(host, "/-/healthy").is_some_and(|(status, _)| status.contains("200")), "{host}");
    for dashboard in ["on-call", "operator"] {
        let text = fs::read_to_string(root().join(format!("deploy/grafana/{dashboard}.json"))).expect("a file");
        let uid = format!("\"uid\": {}", source["uid"]);
        assert!(text.contains(&uid) || text.contains("${datasource}"), "{dashboard} asks for another source");
    }
}

fn an_incident_reaches_alertmanager(directory: &Path) {
    let world = directory.join("world").display().to_string();
    leakwatch(&["simulate", "--out", &world, "--actors", "30", "--days", "1", "--attack", "bulk-dump,size=12000"]);
    for topic in ["db-queries", "egress"] {
        let text = fs::read_to_string(format!("{world}/{topic}.ndjson")).expect("simulated");
        let happening_now = text.lines().enumerate().map(|(number, line)| {
            let start = line.find("\"time\":\"").expect("a time") + 8;
            let end = start + line[start..].find('"').expect("its end");
            let line = format!("{}{:.3}{}", &line[..start], jiff::Timestamp::now(), &line[end..]);
            (i32::try_from(number % PARTITIONS).expect("few"), line.into_bytes())
        });
        produce(&connection("kafka:9092"), topic, happening_now);
    }
    let told = || {
        let alerts = asked("alertmanager:9093", "/api/v2/alerts").unwrap_or_default();
        let alerts = alerts.as_array().cloned().unwrap_or_default();
        let of_the_leak = |alert: &Value| alert["labels"]["deployment"] == "local" && alert["labels"]["rule"] == LEAKED;
        alerts.iter().any(of_the_leak)
    };
    eventually("Alertmanager has an incident", WITHIN, told);
}
