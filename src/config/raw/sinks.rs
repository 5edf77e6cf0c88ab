//! `sinks`: a closed list of kinds, each with its own keys.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where incidents go.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Sink {
    /// Prometheus Alertmanager.
    Alertmanager(AlertmanagerSink),
    /// Any HTTP endpoint; bodies are signed.
    Webhook(WebhookSink),
    /// A Slack incoming webhook.
    Slack(SlackSink),
    /// `PagerDuty` events.
    Pagerduty(PagerdutySink),
    /// An HTTP endpoint or a Kafka topic that takes OCSF Detection Findings.
    Ocsf(OcsfSink),
    /// A file, one incident a line.
    File(FileSink),
}

impl Sink {
    /// The names of the kinds.
    pub const KINDS: [&'static str; 6] = ["alertmanager", "webhook", "slack", "pagerduty", "ocsf", "file"];
}

/// The least severity that a sink sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MinSeverity {
    /// Everything.
    #[default]
    Info,
    /// Warnings and pages.
    Warning,
    /// Pages only.
    Page,
}

/// Prometheus Alertmanager.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertmanagerSink {
    /// Its name; no two sinks share one.
    pub name: String,
    /// The least severity that is sent.
    #[serde(default)]
    pub min_severity: MinSeverity,
    /// Every Alertmanager of the cluster.
    pub urls: Vec<String>,
    /// A file that holds a bearer token.
    #[serde(default)]
    pub bearer_token_file: Option<PathBuf>,
    /// Certificate authorities to trust (PEM); without it, the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// Any HTTP endpoint.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSink {
    /// Its name; no two sinks share one.
    pub name: String,
    /// The least severity that is sent.
    #[serde(default)]
    pub min_severity: MinSeverity,
    /// Where to post.
    pub url: String,
    /// A file that holds the key which signs bodies (HMAC-SHA-256).
    #[serde(default)]
    pub hmac_key_file: Option<PathBuf>,
    /// A file that holds a bearer token.
    #[serde(default)]
    pub bearer_token_file: Option<PathBuf>,
    /// Certificate authorities to trust (PEM); without it, the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// A Slack incoming webhook.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlackSink {
    /// Its name; no two sinks share one.
    pub name: String,
    /// The least severity that is sent.
    #[serde(default)]
    pub min_severity: MinSeverity,
    /// A file that holds the webhook's URL, which is itself a secret.
    pub url_file: PathBuf,
}

/// `PagerDuty` events.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PagerdutySink {
    /// Its name; no two sinks share one.
    pub name: String,
    /// The least severity that is sent.
    #[serde(default)]
    pub min_severity: MinSeverity,
    /// A file that holds the integration's routing key.
    pub routing_key_file: PathBuf,
    /// Where to post.
    #[serde(default = "pagerduty_url")]
    pub url: String,
}

fn pagerduty_url() -> String {
    "https://events.pagerduty.com/v2/enqueue".to_owned()
}

/// An HTTP endpoint or a Kafka topic that takes OCSF Detection Findings: either `url` or `topic`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OcsfSink {
    /// Its name; no two sinks share one.
    pub name: String,
    /// The least severity that is sent.
    #[serde(default)]
    pub min_severity: MinSeverity,
    /// Where to post.
    #[serde(default)]
    pub url: Option<String>,
    /// A topic of the cluster that `kafka` names; `topics apply` creates it where it is missing, and then leaves it alone.
    #[serde(default)]
    pub topic: Option<String>,
    /// With `url`: a file that holds a bearer token.
    #[serde(default)]
    pub bearer_token_file: Option<PathBuf>,
    /// With `url`: certificate authorities to trust (PEM); without it, the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// A file, one incident a line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileSink {
    /// Its name; no two sinks share one.
    pub name: String,
    /// The least severity that is sent.
    #[serde(default)]
    pub min_severity: MinSeverity,
    /// The file; appended to.
    pub path: PathBuf,
}
