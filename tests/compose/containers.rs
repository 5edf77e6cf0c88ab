//! Services of deploy/compose.yaml as processes, each with what a container would give it: tests/compose/network makes their network,
//! tests/compose/service starts one.

use super::common::kafka::{self, eventually};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

pub const WITHIN: Duration = Duration::from_mins(2);
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

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The compose file, and what stands in for its images.
pub struct Compose {
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
    /// Reads deploy/compose.yaml.
    pub fn open(libraries: PathBuf) -> Self {
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
    pub fn network(&self) {
        let hosts = self.directory.path().join("hosts");
        let names = self.services.keys().map(|name| format!("10.99.0.{} {name}\n", self.number(name)));
        fs::write(&hosts, format!("127.0.0.1 localhost\n{}", names.collect::<String>())).expect("written");
        let made = Command::new(root().join("tests/compose/network")).arg(hosts).status();
        assert!(made.expect("starts").success(), "there is no network");
    }

    /// Where logs and what is kept are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Starts every service, each once what it depends on is as far as it is to be.
    pub fn start_all(&mut self) {
        let names: Vec<String> = self.services.keys().cloned().collect();
        for name in &names {
            self.start(name);
        }
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
    pub fn await_that(&self, name: &str, what: &str, done: impl FnMut() -> bool) {
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| eventually(what, WITHIN, done)));
        assert!(waited.is_ok(), "{name}: {what}: {}", self.log(name));
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(format!("{name}.log"))).unwrap_or_default()
    }

    fn inside_of(&self, name: &str, program: &[String]) -> Command {
        let service = &self.services[name];
        let mut command = Command::new(root().join("tests/compose/service"));
        command.arg(name).args(self.mounts(service)).arg("--").args(program);
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

    /// A broker with the settings that the image makes of its environment: `KAFKA_LOG_DIRS` is `log.dirs`.
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
