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

/// A configuration for them: one native source, state and `rules` (a file's name) in `directory`, metrics on `port`, and
/// `more` at the end.
fn configuration(kafka: &Kafka, test: &str, directory: &Path, rules: &str, port: u16, more: &str) -> String {
    let topics = OWN.map(|topic| format!("  {topic}: {test}.{topic}\n")).concat();
    let (config, directory) = (kafka.config(), directory.display());
    let brokers = config.get("bootstrap.servers").expect("set");
    format!(
        "version: 1\ndeployment: {test}\nkafka: {{brokers: [\"{brokers}\"]}}\ntopics:\n{topics}\
         sources:\n  - {{topic: {test}.source, decoder: native}}\nrules: {{files: [{directory}/{rules}]}}\n\
         state: {{store: {directory}/state}}\nhttp: {{metrics: \"127.0.0.1:{port}\", console: \"127.0.0.1:0\"}}\n{more}"
    )
}

/// Starts the service with `configuration` on topics that are there, and waits until it is ready.
pub fn start(kafka: &Kafka, test: &str, directory: &Path, rules: &str, more: &str) -> Process {
    let port = free_port();
    let process = Process::start(directory, "service", &configuration(kafka, test, directory, rules, port, more), port);
    eventually("it is ready", READY_WITHIN, || process.is_ready());
    process
}
