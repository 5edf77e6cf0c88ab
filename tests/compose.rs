//! What deploy/compose.yaml starts, started from that file: each service with a network stack, a loopback and mounts of its own, under
//! its name on a network, as in containers. Only the images are not theirs: Kafka is that of the other tests, Prometheus and Alertmanager
//! are Debian's, Leakwatch is the build at hand; Grafana is not started, and ports are not published.

mod common;

use common::kafka::{self, connection, eventually, produce};
use common::process::{get_from, leakwatch};
use common::watch::is_there;
use rdkafka::consumer::{BaseConsumer, Consumer};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const TEST: &str = "what_compose_starts_finds_each_other_and_tells_of_a_leak";
/// Set in the namespaces, to the folder of Kafka's libraries.
const INSIDE: &str = "LEAKWATCH_COMPOSE_LIBRARIES";
const WITHIN: Duration = Duration::from_mins(2);
/// What this test knows to do about a service; `user`, `ports` and `build` it leaves out.
const KNOWN: [&str; 12] = [
    "image",
    "build",
    "environment",
    "healthcheck",
    "depends_on",
    "entrypoint",
    "command",
    "volumes",
    "user",
    "read_only",
    "ports",
    "tmpfs",
];
/// The last part of the first service's address.
const FIRST_NUMBER: usize = 10;
/// What the simulated leak meets.
const LEAKED: &str = "bulk-read";
/// As many as `sources` in the compose file creates.
const PARTITIONS: usize = 4;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

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

/// The compose file, and what stands in for its images.
struct Compose {
    services: Map<String, Value>,
    directory: tempfile::TempDir,
    libraries: PathBuf,
    started: BTreeSet<String>,
}

fn words(value: &Value) -> Vec<String> {
    let word = |word: &Value| word.as_str().expect("a word").replace("$$", "$");
    value.as_array().map(|all| all.iter().map(word).collect()).unwrap_or_default()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

impl Compose {
    fn open(libraries: PathBuf) -> Self {
        let text = fs::read_to_string(root().join("deploy/compose.yaml")).expect("a file");
        let mut file: Value = serde_saphyr::from_str(&text).expect("YAML");
        let Value::Object(services) = file["services"].take() else { panic!("expected services") };
        let directory = tempfile::tempdir().expect("a directory");
        Self { services, directory, libraries, started: BTreeSet::new() }
    }

    fn number(&self, name: &str) -> usize {
        FIRST_NUMBER + self.services.keys().position(|service| service == name).expect("a service")
    }

    /// Makes the network, on which each service has its name.
    fn network(&self) {
        let hosts = self.directory.path().join("hosts");
        let names = self.services.keys().map(|name| format!("10.99.0.{} {name}\n", self.number(name)));
        fs::write(&hosts, format!("127.0.0.1 localhost\n{}", names.collect::<String>())).expect("written");
        let made = Command::new(root().join("tests/compose/network")).arg(hosts).status();
        assert!(made.expect("starts").success(), "there is no network");
    }

    /// Starts `name` once what it depends on is as far as it is to be.
    fn start(&mut self, name: &str) {
        if !self.started.insert(name.to_owned()) {
            return;
        }
        let service = self.services[name].clone();
        let unknown: Vec<&String> =
            service.as_object().expect("a service").keys().filter(|key| !KNOWN.contains(&key.as_str())).collect();
        assert!(unknown.is_empty(), "{name}: this test does not know what to do about {unknown:?}");
        for (needed, _) in service["depends_on"].as_object().into_iter().flatten() {
            self.start(needed);
        }
        let Some(program) = self.program(name) else { return };
        let ends =
            self.services.values().any(|one| one["depends_on"][name]["condition"] == "service_completed_successfully");
        let mut command = self.inside_of(name, &program);
        let log = File::create(self.directory.path().join(format!("{name}.log"))).expect("a file");
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        if ends {
            let status = command.status().expect("starts");
            assert!(status.success(), "{name}: {status}: {}", self.log(name));
        } else {
            // It ends with the namespaces.
            drop(command.spawn().expect("starts"));
        }
        if let [kind, check @ ..] = &words(&service["healthcheck"]["test"])[..] {
            assert_eq!(kind, "CMD");
            let healthy = || self.inside_of(name, check).output().is_ok_and(|checked| checked.status.success());
            self.await_that(name, "is healthy", healthy);
        }
    }

    /// Waits for something about a service, whose log is told where it does not come.
    fn await_that(&self, name: &str, what: &str, done: impl FnMut() -> bool) {
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| eventually(what, WITHIN, done)));
        assert!(waited.is_ok(), "{name}: {what}: {}", self.log(name));
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(format!("{name}.log"))).unwrap_or_default()
    }

    fn inside_of(&self, name: &str, program: &[String]) -> Command {
        let service = &self.services[name];
        let mut command = Command::new(root().join("tests/compose/service"));
        command.arg(name).arg(self.number(name).to_string()).args(self.mounts(service)).arg("--").args(program);
        command.env("READ_ONLY", if service["read_only"] == true { "yes" } else { "no" });
        command.current_dir("/").stdin(Stdio::null());
        command
    }

    /// What is mounted, as SOURCE:TARGET[:ro] with a whole path of the source; and what the image would bring.
    fn mounts(&self, service: &Value) -> Vec<String> {
        let source = |volume: String| {
            let (source, target) = volume.split_once(':').expect("a source and a target");
            if source.starts_with('.') {
                let there = root().join("deploy").join(source).canonicalize().expect("is there");
                return format!("{}:{target}", there.display());
            }
            let kept = self.directory.path().join("volumes").join(source);
            fs::create_dir_all(&kept).expect("made");
            format!("{}:{target}", kept.display())
        };
        let brought = match image(service) {
            "apache/kafka" => format!("{}:/opt/kafka/bin/kafka-topics.sh", self.kafka_topics().display()),
            "leakwatch" => format!("{}:/usr/local/bin/leakwatch:ro", env!("CARGO_BIN_EXE_leakwatch")),
            _ => return words(&service["volumes"]).into_iter().map(source).collect(),
        };
        words(&service["volumes"]).into_iter().map(source).chain([brought]).collect()
    }

    /// What the image would run, and its arguments; nothing for an image that nothing stands in for.
    fn program(&self, name: &str) -> Option<Vec<String>> {
        let service = &self.services[name];
        let own = [words(&service["entrypoint"]), words(&service["command"])].concat();
        let program = match image(service) {
            "apache/kafka" if own.is_empty() => self.broker(&service["environment"]),
            "apache/kafka" => own,
            "leakwatch" => [entrypoint(), own].concat(),
            "prom/prometheus" => owned(&[
                "prometheus",
                "--config.file=/etc/prometheus/prometheus.yml",
                "--storage.tsdb.path=/var/lib/prometheus/compose",
            ]),
            "prom/alertmanager" => owned(&[
                "prometheus-alertmanager",
                "--config.file=/etc/alertmanager/alertmanager.yml",
                "--storage.path=/var/lib/prometheus/alertmanager",
            ]),
            "grafana/grafana" => return None,
            other => panic!("{name}: this test does not know the image {other}"),
        };
        Some(program)
    }

    fn java(&self, log: &str) -> Vec<String> {
        let java = kafka::java(&self.libraries, self.directory.path(), log).expect("a command");
        let words = std::iter::once(java.get_program()).chain(java.get_args());
        words.map(|word| word.to_string_lossy().into_owned()).collect()
    }

    fn kafka_topics(&self) -> PathBuf {
        let script = self.directory.path().join("kafka-topics.sh");
        let java =
            self.java("kafka-topics.log").into_iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        fs::write(&script, format!("#!/bin/sh\nexec {java} org.apache.kafka.tools.TopicCommand \"$@\"\n"))
            .expect("written");
        let chmod = Command::new("chmod").arg("+x").arg(&script).status();
        assert!(chmod.expect("starts").success());
        script
    }

    /// A broker with the settings that the image makes of its environment: KAFKA_LOG_DIRS is log.dirs.
    fn broker(&self, environment: &Value) -> Vec<String> {
        let settings = environment.as_object().expect("settings").iter().map(|(name, value)| {
            let key = name.strip_prefix("KAFKA_").expect("a setting of Kafka").to_lowercase().replace('_', ".");
            format!("{key}={}\n", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        });
        let directory = self.directory.path();
        let properties = directory.join("server.properties");
        let data = directory.join("kafka");
        let text = format!("{}log.dirs={}\n", settings.collect::<String>(), data.display());
        fs::write(&properties, text).expect("written");
        kafka::write_log_settings(directory).expect("written");
        kafka::format(&self.libraries, &properties, directory, &[]).expect("formatted");
        let heap = owned(&["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "kafka.Kafka"]);
        [self.java("kafka.log"), heap, vec![properties.display().to_string()]].concat()
    }
}

fn image(service: &Value) -> &str {
    service["image"].as_str().and_then(|image| image.split(':').next()).expect("an image")
}

/// That of deploy/Dockerfile.
fn entrypoint() -> Vec<String> {
    let dockerfile = fs::read_to_string(root().join("deploy/Dockerfile")).expect("a file");
    let words = dockerfile.lines().find_map(|line| line.strip_prefix("ENTRYPOINT ")).expect("an entry point");
    serde_json::from_str(words).expect("words")
}

fn inside(libraries: PathBuf) {
    let mut compose = Compose::open(libraries);
    compose.network();
    let names: Vec<String> = compose.services.keys().cloned().collect();
    names.iter().for_each(|name| compose.start(name));
    let ready = || get_from("leakwatch:9464", "/readyz").is_some_and(|(status, _)| status.contains("200"));
    compose.await_that("leakwatch", "is ready", ready);
    all_topics_are_there();
    prometheus_knows_all();
    grafana_would_find_its_data();
    an_incident_reaches_alertmanager(compose.directory.path());
}

fn all_topics_are_there() {
    let consumer: BaseConsumer = connection("kafka:9092").create().expect("a consumer");
    let seen = consumer.fetch_metadata(None, WITHIN).expect("an answer");
    let seen: BTreeSet<&str> = seen.topics().iter().map(|topic| topic.name()).collect();
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
