//! A whole service's topics and configuration, each test's under its own names.

use super::kafka::{Kafka, eventually};
use super::process::{Process, free_port};
use std::path::Path;
use std::time::Duration;

const READY_WITHIN: Duration = Duration::from_mins(2);

/// The topics that a service has of its own, in the configuration's words.
const OWN: [&str; 8] =
    ["activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit", "heartbeats"];

/// Creates the source's topic and all of the service's own, the activity log with so many partitions.
pub fn create_topics(kafka: &Kafka, test: &str, activity_partitions: i32) {
    create_topics_with(kafka, test, activity_partitions, &[]);
}

/// The same, with settings for each.
pub fn create_topics_with(kafka: &Kafka, test: &str, activity_partitions: i32, settings: &[(&str, &str)]) {
    let names = OWN.map(|topic| format!("{test}.{topic}"));
    let partitions = |name: &str| if name.ends_with(".activity") { activity_partitions } else { 1 };
    let mut topics: Vec<(&str, i32)> = names.iter().map(|name| (name.as_str(), partitions(name))).collect();
    let source = format!("{test}.source");
    topics.push((&source, 1));
    kafka.create_topics(&topics, settings);
}

/// A configuration for them: one native source, state and `rules` (a file's name) in `directory`, metrics and console on
/// `ports`, and `more` at the end. Lines of `more` that are indented belong to `http`.
pub fn configuration(kafka: &Kafka, test: &str, directory: &Path, rules: &str, ports: [u16; 2], more: &str) -> String {
    let topics = OWN.map(|topic| format!("  {topic}: {test}.{topic}\n")).concat();
    let (config, directory) = (kafka.config(), directory.display());
    let brokers = config.get("bootstrap.servers").expect("set");
    let [metrics, console] = ports;
    format!(
        "version: 1\ndeployment: {test}\nkafka: {{brokers: [\"{brokers}\"]}}\ntopics:\n{topics}\
         sources:\n  - {{topic: {test}.source, decoder: native}}\nrules: {{files: [{directory}/{rules}]}}\n\
         state: {{store: {directory}/state}}\n\
         http:\n  metrics: \"127.0.0.1:{metrics}\"\n  console: \"127.0.0.1:{console}\"\n{more}"
    )
}

/// Starts the service with `configuration` on topics that are there, and waits until it is ready.
pub fn start(kafka: &Kafka, test: &str, directory: &Path, rules: &str, more: &str) -> Process {
    start_with_console(kafka, test, directory, rules, more, 0)
}

/// The same, with the console on a port that is known.
pub fn start_with_console(
    kafka: &Kafka,
    test: &str,
    directory: &Path,
    rules: &str,
    more: &str,
    console: u16,
) -> Process {
    let port = free_port();
    let yaml = configuration(kafka, test, directory, rules, [port, console], more);
    let process = Process::start(directory, "service", &yaml, port);
    eventually("it is ready", READY_WITHIN, || process.is_ready());
    process
}
