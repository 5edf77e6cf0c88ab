//! The shapes of the configuration file, section 9 of the contract: what YAML may say, before anything is checked.
//!
//! Defaults stand here, so that the JSON Schema shows them.

mod engine;
mod http;
mod kafka;
mod service;
mod sinks;
mod sources;
mod stores;
mod topics;
mod values;

pub use engine::{Clock, Directory, Filters, Rejected, Rules};
pub use http::{Auth, HeaderAuth, Http, NoAuth, OidcAuth};
pub use kafka::{Kafka, Mechanism, Protocol, Security};
pub use service::{Heartbeat, Log, LogFormat, LogLevel, State};
pub use sinks::{AlertmanagerSink, FileSink, MinSeverity, OcsfSink, PagerdutySink, Sink, SlackSink, WebhookSink};
pub use sources::{Silent, SilentBy, Source, SourceType};
pub use stores::{Azure, Gcs, S3};
pub use topics::{Partitions, Retention, Topics};
pub use values::{Address, Span};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// The configuration of Leakwatch. Everything has a default but `kafka.brokers`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["kafka"]))]
pub struct Config {
    /// The version of this format: 1.
    pub version: u32,
    /// The name of this deployment. It is part of consumer group names, so two deployments on one Kafka do not meet.
    pub deployment: String,
    /// How to reach Kafka.
    #[schemars(with = "Kafka")]
    pub kafka: Option<Kafka>,
    /// The topics that Leakwatch itself writes.
    pub topics: Topics,
    /// The topics that events come from.
    pub sources: Vec<Source>,
    /// Which tables, views or collections hold customers: exact names, or patterns with `*`. Case does not matter.
    pub customer_objects: Vec<String>,
    /// The customer filters.
    pub filters: Option<Filters>,
    /// Who is who, and which destinations are whose.
    pub directory: Directory,
    /// How far events may be off the clock.
    pub clock: Clock,
    /// Where state is kept, and how much of it.
    pub state: State,
    /// The rule files. Without any, the shipped rules apply.
    pub rules: Rules,
    /// What is kept of rejected records.
    pub rejected: Rejected,
    /// What the service says of itself.
    pub log: Log,
    /// The synthetic event that proves that the whole chain works.
    pub heartbeat: Heartbeat,
    /// Where incidents go.
    #[schemars(with = "Vec<Sink>")]
    pub sinks: Vec<Value>,
    /// Metrics, health and the console.
    pub http: Http,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            version: 1,
            deployment: "default".to_owned(),
            kafka: None,
            topics: Topics::default(),
            sources: Vec::new(),
            customer_objects: ["customer", "customers", "*.customer", "*.customers"].map(str::to_owned).to_vec(),
            filters: None,
            directory: Directory::default(),
            clock: Clock::default(),
            state: State::default(),
            rules: Rules::default(),
            rejected: Rejected::default(),
            log: Log::default(),
            heartbeat: Heartbeat::default(),
            sinks: Vec::new(),
            http: Http::default(),
        }
    }
}
