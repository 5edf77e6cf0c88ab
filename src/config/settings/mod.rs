//! Checked settings: what the rest of the program may rely on.

mod checker;
mod engine;
mod http;
mod kafka;
mod role;
mod service;
mod sinks;
mod sources;
mod stores;
mod topics;

pub use crate::config::raw::SilentBy;
pub use engine::{
    ClockSettings, DirectorySettings, EngineSettings, FilterSettings, Limits, RejectedSettings, RuleSettings,
};
pub use http::{AuthSettings, HttpSettings, NameSettings, OidcSettings};
pub use kafka::{KafkaSettings, Sasl, SecuritySettings, Tls};
pub use role::Role;
pub use service::{HeartbeatSettings, LogSettings, StateSettings};
pub use sinks::{SinkKind, SinkSettings};
pub use sources::{SilentSettings, SourceSettings};
pub use stores::{AzureStore, Bucket, GcsStore, Reach, S3Store, StateStore};
pub use topics::{InternalTopic, TopicSettings, TopicsSettings};

use super::document::{self, At};
use super::error::{ConfigError, Problem};
use super::raw::Config;
use checker::Checker;
use std::collections::BTreeSet;
use std::path::Path;

/// The version of the configuration format that this build reads.
pub const FORMAT_VERSION: u32 = 1;
const MAX_DEPLOYMENT_BYTES: usize = 63;

/// Everything the service is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of this deployment.
    pub deployment: String,
    /// How to reach Kafka.
    pub kafka: KafkaSettings,
    /// The topics that Leakwatch itself writes.
    pub topics: TopicsSettings,
    /// What the engine is told, in the service as in file commands.
    pub engine: EngineSettings,
    /// Where state is kept, and how much of it.
    pub state: StateSettings,
    /// What the service says of itself.
    pub log: LogSettings,
    /// The synthetic event.
    pub heartbeat: HeartbeatSettings,
    /// Where incidents go.
    pub sinks: Vec<SinkSettings>,
    /// Metrics, health and the console.
    pub http: HttpSettings,
}

impl Settings {
    /// Reads and checks `file`.
    ///
    /// # Errors
    /// [`ConfigError`], with every problem found.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::parse(&read(file)?, &file.display().to_string())
    }

    /// Checks `text`, the content of `file`.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], with every problem found.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        checked(text, file, |raw, checker| {
            let kafka = kafka::check(raw.kafka.as_ref(), checker);
            Some(Self {
                deployment: raw.deployment.clone(),
                topics: topics::check(&raw.topics, checker),
                engine: engine::check(raw, checker),
                state: service::check_state(&raw.state, checker),
                log: LogSettings { level: raw.log.level, format: raw.log.format },
                heartbeat: service::check_heartbeat(raw.heartbeat, checker),
                sinks: sinks::check(&raw.sinks, checker),
                http: http::check(&raw.http, checker),
                kafka: kafka?,
            })
        })
    }

    /// The topics that sinks write to, each once.
    pub fn sink_topics(&self) -> BTreeSet<&str> {
        let topics = self.sinks.iter().filter_map(|sink| match &sink.kind {
            SinkKind::OcsfTopic { topic } => Some(topic.as_str()),
            SinkKind::Alertmanager { .. }
            | SinkKind::Webhook { .. }
            | SinkKind::Slack { .. }
            | SinkKind::Pagerduty { .. }
            | SinkKind::Ocsf { .. }
            | SinkKind::File { .. } => None,
        });
        topics.collect()
    }

    /// The consumer group of `role`.
    pub fn group(&self, role: Role) -> String {
        format!("leakwatch-{}-{}", self.deployment, role.name())
    }

    /// The name by which the console reads; it joins no group.
    pub fn console_group(&self) -> String {
        format!("leakwatch-{}-console", self.deployment)
    }
}

impl EngineSettings {
    /// Reads and checks `file` for a command that needs no Kafka: its `kafka` section may be missing.
    ///
    /// # Errors
    /// [`ConfigError`], with every problem found in the sections that file commands read.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::parse(&read(file)?, &file.display().to_string())
    }

    /// Checks `text`, the content of `file`.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], with every problem found in the sections that file commands read.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        checked(text, file, |raw, checker| Some(engine::check(raw, checker)))
    }
}

fn read(file: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(file).map_err(|source| ConfigError::Read { file: file.to_owned(), source })
}

/// Parses `text`, lets `check` build a `T` and collects what it refuses.
fn checked<T>(
    text: &str,
    file: &str,
    check: impl FnOnce(&Config, &mut Checker<'_>) -> Option<T>,
) -> Result<T, ConfigError> {
    let invalid = |problems: Vec<Problem>| ConfigError::Invalid { file: file.to_owned(), problems };
    let (raw, positions) = document::parse::<Config>(text).map_err(|problem| invalid(vec![problem]))?;
    let mut checker = Checker::new(&positions);
    check_head(&raw, &mut checker);
    let value = check(&raw, &mut checker);
    cross_check(&raw, &mut checker);
    let problems = checker.into_problems();
    match value {
        Some(value) if problems.is_empty() => Ok(value),
        _ => Err(invalid(problems)),
    }
}

fn check_head(raw: &Config, checker: &mut Checker<'_>) {
    if raw.version != FORMAT_VERSION {
        checker.fail(&At::ROOT.key("version"), format!("expected {FORMAT_VERSION}, the version that this build reads"));
    }
    let named = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if raw.deployment.is_empty() || raw.deployment.len() > MAX_DEPLOYMENT_BYTES || !named(&raw.deployment) {
        let message = format!("expected 1 to {MAX_DEPLOYMENT_BYTES} of the characters a-z, A-Z, 0-9, `.`, `-`, `_`");
        checker.fail(&At::ROOT.key("deployment"), message);
    }
}

/// What no section can see by itself.
fn cross_check(raw: &Config, checker: &mut Checker<'_>) {
    let sources = At::ROOT.key("sources");
    for (index, source) in raw.sources.iter().enumerate() {
        let item = sources.item(index);
        let at = item.key("topic");
        if let Some(first) = raw.sources[..index].iter().position(|other| other.topic == source.topic) {
            checker.fail(&at, format!("expected a topic of its own, but it is that of sources[{first}]"));
        }
        if let Some(internal) = InternalTopic::ALL.into_iter().find(|topic| topic.raw_name(&raw.topics) == source.topic)
        {
            checker.fail(&at, format!("expected a source, but this is the internal topic topics.{}", internal.key()));
        }
    }
    cross_check_sinks(raw, checker);
}

/// What a sink writes must not come back as something else.
fn cross_check_sinks(raw: &Config, checker: &mut Checker<'_>) {
    let sinks = At::ROOT.key("sinks");
    for (index, sink) in raw.sinks.iter().enumerate() {
        let Some(topic) = sink.get("topic").and_then(serde_json::Value::as_str) else { continue };
        let item = sinks.item(index);
        let at = item.key("topic");
        if let Some(internal) = InternalTopic::ALL.into_iter().find(|one| one.raw_name(&raw.topics) == topic) {
            checker.fail(&at, format!("expected a topic of its own, but it is that of topics.{}", internal.key()));
        }
        if let Some(source) = raw.sources.iter().position(|source| source.topic == topic) {
            checker.fail(&at, format!("expected a topic of its own, but it is that of sources[{source}]"));
        }
    }
}

#[cfg(test)]
mod tests;
