//! What the checks let pass, and what they say where they do not.

use super::*;
use crate::core::decode::Decoder;
use crate::core::event::EventKind;
use crate::core::incident::Severity;
use crate::core::time::Millis;

const CONTRACT: &str = r#"version: 1
deployment: shop-prod
kafka:
  brokers: [kafka-0:9093]
  security: {protocol: sasl_ssl, mechanism: scram-sha-512, username_file: /s/user, password_file: /s/pass, ca_file: /s/ca}
  client: {}                  # further client settings
topics: {activity: leakwatch.activity, incidents: leakwatch.incidents, rejected: leakwatch.rejected}
sources:
  - {topic: db-queries, decoder: native, type: query, silent: {after: 15m, by: database}}
  - {topic: egress, decoder: native, type: egress, silent: {after: 15m}}
  - topic: proxy
    decoder: mapped
    type: egress
    map: {each: records, time: {path: ts, unit: s}, actor: {path: user.name, or: src.ip}, destination: {path: http.host}, bytes: {path: resp.sent, string: true}}
customer_objects: [customer, customers, "*.customer", "*.customers"]
filters: {dir: /filters/current, key_files: [/s/tag.key], stale_after: 26h}
directory: {file: /dir/directory.ndjson, timezone: Asia/Shanghai, max_loss_percent: 10}
clock: {max_future: 10m, lateness: 1h}
state: {store: "s3://leakwatch/state", snapshot_every: 30s, keep_days: 31, max_entities: 2000000}
rules: {files: [/rules/*.yaml]}
rejected: {keep_value: false}
log: {level: info, format: json}
heartbeat: {every: 1m}
sinks:
  - {name: am, kind: alertmanager, urls: ["http://am:9093"], min_severity: warning}
  - {name: soc, kind: webhook, url: "https://soc/x", hmac_key_file: /s/hook, min_severity: info}
http: {metrics: "0.0.0.0:9464", console: "127.0.0.1:8080", auth: {kind: header, user: X-Forwarded-User, admins: [sec-oncall]}}
"#;

const LEAST: &str = "kafka: {brokers: [localhost:9092]}\n";

fn refused(text: &str) -> String {
    Settings::parse(text, "leakwatch.yaml").expect_err("refused").to_string()
}

#[test]
fn the_contracts_example_is_read_whole() {
    let settings = Settings::parse(CONTRACT, "leakwatch.yaml").expect("valid");
    assert_eq!(settings.deployment, "shop-prod");
    let sasl = settings.kafka.security.sasl.as_ref().expect("sasl");
    assert_eq!(sasl.password_file, Path::new("/s/pass"));
    let sources = &settings.engine.sources;
    assert_eq!(sources.iter().map(|source| &*source.topic).collect::<Vec<_>>(), ["db-queries", "egress", "proxy"]);
    assert_eq!(sources[0].silent.map(|silent| silent.after), Some(Millis::from_mins(15)));
    assert_eq!(sources[1].kind, Some(EventKind::Egress));
    let Decoder::Mapped(map) = &sources[2].decoder else { panic!("expected a map") };
    assert!(map.each.is_some() && map.actor.is_some() && map.client_ip.is_none());
    let StateStore::S3(store) = &settings.state.store else { panic!("expected S3") };
    assert_eq!((&*store.bucket.name, &*store.bucket.prefix), ("leakwatch", "state"));
    assert_eq!(settings.sinks[0].min_severity, Severity::Warning);
    assert!(matches!(settings.http.auth, AuthSettings::Header { .. }));
    assert_eq!(settings.group(Role::Detect), "leakwatch-shop-prod-detect");
}

#[test]
fn brokers_are_enough() {
    let settings = Settings::parse(LEAST, "leakwatch.yaml").expect("valid");
    let activity = settings.topics.get(InternalTopic::Activity);
    assert_eq!(
        (&*activity.name, activity.retention, activity.partitions),
        ("leakwatch.activity", Millis::from_days(35), 8)
    );
    assert_eq!(settings.topics.get(InternalTopic::Audit).retention, Millis::from_days(400));
    assert_eq!(settings.engine.clock.lateness, Millis::from_hours(1));
    assert!(settings.engine.customer_objects.matches("crm.Customers"));
    assert!(settings.http.console.ip().is_loopback());
    assert_eq!(settings.topics, TopicsSettings::default());
}

#[test]
fn file_commands_need_no_kafka() {
    let engine = EngineSettings::parse("clock: {lateness: 30m}\n", "leakwatch.yaml").expect("valid");
    assert_eq!(engine.clock.lateness, Millis::from_mins(30));
    assert_eq!(engine.clock.max_future, EngineSettings::default().clock.max_future);
    insta::assert_snapshot!(refused("clock: {lateness: 30m}\n"), @"leakwatch.yaml: kafka.brokers: is missing and has no default; expected a list of host:port");
}

#[test]
fn every_problem_is_named_at_once_by_line_and_field() {
    let text = include_str!("fixtures/wrong.yaml");
    let report = refused(text);
    assert!(!report.contains("hunter2"));
    insta::assert_snapshot!(report);
}

#[test]
fn shapes_are_refused_one_at_a_time() {
    let texts = [
        "clock: {lateness: an hour}\n",
        "http: {console: localhost:8080}\n",
        "kafka: {broker: [a:1]}\n",
        "kafka: {brokers: a:1}\n",
        "sources: [{decoder: native}]\n",
        "sources:\n  - topic: x\n    silent: {after: 15m, by: moon}\n",
        "directory: {max_loss_percent: 300}\n",
        "kafka:\n  security:\n    password: hunter2\n",
        "log: {level: loud}\n",
        "topics: {retention: {activities: 35d}}\n",
    ];
    let report: Vec<String> = texts.into_iter().map(refused).collect();
    assert!(!report.join("").contains("hunter2"));
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn a_console_that_strangers_reach_asks_who_they_are() {
    for (auth, fine) in [
        ("", false),
        (", auth: {kind: none}", false),
        (", auth: {kind: header, user: X-User}", true),
        (", auth: {kind: oidc, issuer: 'https://id', audience: lw}", true),
        (", auth: {kind: oidc, issuer: 'http://127.0.0.1:5556/dex', audience: lw, admin_groups: [sec]}", true),
        (", auth: {kind: oidc, issuer: 'http://id', audience: lw}", false),
        (", auth: {kind: oidc, issuer: 'https://id', jwks_url: 'http://id/keys', audience: lw}", false),
        (", auth: {kind: oidc, issuer: 'https://id'}", false),
    ] {
        let text = format!("{LEAST}http: {{console: '0.0.0.0:8080'{auth}}}\n");
        assert_eq!(Settings::parse(&text, "f").is_ok(), fine, "{auth}");
    }
    insta::assert_snapshot!(refused(&format!("{LEAST}http: {{console: '0.0.0.0:8080', auth: {{kind: header}}}}\n")), @"leakwatch.yaml:2: http.auth.user: is missing and has no default");
}

#[test]
fn links_lead_to_the_root_of_a_host() {
    let url = |text: &str| Settings::parse(&format!("{LEAST}http: {{console_url: '{text}'}}\n"), "leakwatch.yaml");
    let read = url("https://leakwatch.corp.example:8443").expect("valid").http.console_url;
    assert_eq!(read.map(String::from).as_deref(), Some("https://leakwatch.corp.example:8443/"));
    for wrong in [
        "leakwatch.corp.example",
        "ftp://x.example",
        "https://x.example/leakwatch",
        "https://x.example/?a",
        "https://a:b@x.example",
    ] {
        let told = url(wrong).expect_err("refused").to_string();
        assert!(told.starts_with("leakwatch.yaml:2: http.console_url: expected a URL"), "{wrong}: {told}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = Settings::load(Path::new("/no/such/leakwatch.yaml")).expect_err("no file");
    let told = format!("{:#}", anyhow::Error::new(error));
    assert!(told.starts_with("/no/such/leakwatch.yaml: No such file"), "{told}");
}

#[test]
fn a_store_is_reached_by_its_own_section() {
    let parse = |state: &str| Settings::parse(&format!("{LEAST}state: {state}\n"), "leakwatch.yaml");
    let keys = "access_key_file: /s/id, secret_key_file: /s/secret";
    let s3 =
        format!("{{store: \"s3://b.u-k/a/b/\", s3: {{endpoint: \"http://minio:9000\", allow_http: true, {keys}}}}}");
    let StateStore::S3(store) = parse(&s3).expect("valid").state.store else { panic!("expected S3") };
    assert_eq!((&*store.bucket.name, &*store.bucket.prefix), ("b.u-k", "a/b"));
    assert!(store.key_files.is_some() && store.region.is_none());
    let azure = "{store: \"az://box\", azure: {account: shop}}";
    assert!(matches!(parse(azure).expect("valid").state.store, StateStore::Azure(store) if store.account == "shop"));
    let gcs = "{store: \"gs://box/p\", gcs: {service_account_file: /s/sa.json}}";
    assert!(matches!(parse(gcs).expect("valid").state.store, StateStore::Gcs(_)));
    let file = "{store: \"file:///var/a%20b\"}";
    assert_eq!(parse(file).expect("valid").state.store, StateStore::Directory("/var/a b".into()));
}

#[test]
fn a_store_that_could_not_be_opened_is_refused_by_line_and_field() {
    for (state, field) in [
        ("{store: \"\"}", "state.store"),
        ("{store: \"s3://\"}", "state.store"),
        ("{store: \"s3://user:pass@bucket\"}", "state.store"),
        ("{store: \"s3://bucket:9000/x\"}", "state.store"),
        ("{store: \"s3://bucket/a/../b\"}", "state.store"),
        ("{store: \"s3://bucket/a//b\"}", "state.store"),
        ("{store: \"s3://bucket/x?y\"}", "state.store"),
        ("{store: \"ftp://host/x\"}", "state.store"),
        ("{store: /var, s3: {}}", "state.s3"),
        ("{store: \"s3://box\", gcs: {}}", "state.gcs"),
        ("{store: \"s3://box\", s3: {access_key_file: /x}}", "state.s3.access_key_file"),
        ("{store: \"s3://box\", s3: {secret_key_file: /x}}", "state.s3.secret_key_file"),
        ("{store: \"s3://box\", s3: {endpoint: \"http://x\"}}", "state.s3.endpoint"),
        ("{store: \"s3://box\", s3: {endpoint: \"https://u:p@x\"}}", "state.s3.endpoint"),
        ("{store: \"s3://box\", s3: {endpoint: \"https://x?y=1\"}}", "state.s3.endpoint"),
        ("{store: \"s3://box\", s3: {allow_http: true}}", "state.s3.allow_http"),
        ("{store: \"s3://box\", s3: {region: \"a.b/c\"}}", "state.s3.region"),
        ("{store: \"s3://box\", s3: {secret_key: x}}", "state.s3.secret_key"),
        ("{store: \"az://box\"}", "state.azure.account"),
    ] {
        let told = refused(&format!("{LEAST}state: {state}\n"));
        assert!(told.contains("leakwatch.yaml:2") && told.contains(field), "{state}: {told}");
        assert_eq!(told.lines().filter(|line| line.contains("leakwatch.yaml:")).count(), 1, "{told}");
    }
}
