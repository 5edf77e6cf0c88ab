//! The configured sinks, made.

use super::AppError;
use crate::config::settings::{SinkKind, SinkSettings};
use crate::io::clock::Clock;
use crate::io::kafka::sinks::TopicSink;
use crate::io::lifecycle::Lifecycle;
use crate::io::metrics::SinkMetrics;
use crate::io::sinks::{
    Alertmanager, AlertmanagerSettings, ConsoleLinks, FileSink, HttpAccess, LogSink, Shape, Sink, SinkSetupError,
    Webhook, WebhookSettings, read_text,
};
use rdkafka::config::ClientConfig;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Handle;
use url::Url;

/// The name of the sink that there is where none is configured.
pub(super) const LOG_SINK: &str = "log";

/// What sinks are made with.
pub(super) struct Parts<'a> {
    /// Whose incidents they are.
    pub deployment: &'a str,
    /// Where people judge what they are told of.
    pub links: ConsoleLinks,
    /// Where they wait.
    pub runtime: Handle,
    /// When they stop waiting.
    pub lifecycle: Lifecycle,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What they did.
    pub metrics: &'a SinkMetrics,
    /// How to reach the cluster.
    pub connection: &'a ClientConfig,
}

/// Makes a sink.
///
/// # Errors
/// [`AppError::Sink`]; [`AppError::Run`] where a topic cannot be had.
pub(super) fn make(parts: &Parts<'_>, settings: &SinkSettings) -> Result<Box<dyn Sink>, AppError> {
    let name = settings.name.clone();
    let made = match &settings.kind {
        SinkKind::File { path } => FileSink::open(path).map(boxed),
        SinkKind::Webhook { url, hmac_key_file, bearer_token_file, ca_file } => {
            let access = access(bearer_token_file.as_ref(), ca_file.as_ref());
            let (url, hmac_key_file) = (url.to_string(), hmac_key_file.clone());
            webhook(parts, &name, &WebhookSettings { url, shape: Shape::Line, hmac_key_file, access })
        }
        SinkKind::Alertmanager { urls, bearer_token_file, ca_file } => {
            let access = access(bearer_token_file.as_ref(), ca_file.as_ref());
            let urls = urls.iter().map(Url::to_string).collect();
            let links = parts.links.clone();
            alertmanager(parts, &name, &AlertmanagerSettings { urls, access, links })
        }
        SinkKind::Slack { url_file } => read_text("a Slack webhook's URL", url_file).and_then(|url| {
            webhook(parts, &name, &shaped(url, Shape::Slack { links: parts.links.clone() }, HttpAccess::default()))
        }),
        SinkKind::Pagerduty { routing_key_file, url } => read_text("a PagerDuty routing key", routing_key_file)
            .and_then(|routing_key| {
                let shape = Shape::Pagerduty { routing_key, links: parts.links.clone() };
                webhook(parts, &name, &shaped(url.to_string(), shape, HttpAccess::default()))
            }),
        SinkKind::Ocsf { url, bearer_token_file, ca_file } => {
            let access = access(bearer_token_file.as_ref(), ca_file.as_ref());
            webhook(parts, &name, &shaped(url.to_string(), Shape::Ocsf, access))
        }
        SinkKind::OcsfTopic { topic } => {
            let (runtime, lifecycle) = (parts.runtime.clone(), parts.lifecycle.clone());
            return Ok(boxed(TopicSink::new(topic, Shape::Ocsf, parts.connection, runtime, lifecycle)?));
        }
    };
    made.map_err(|source| AppError::Sink { name, source })
}

/// The sink that there is where none is configured: incidents must be seen somewhere.
pub(super) fn log() -> Box<dyn Sink> {
    Box::new(LogSink)
}

fn boxed(sink: impl Sink + 'static) -> Box<dyn Sink> {
    Box::new(sink)
}

fn shaped(url: String, shape: Shape, access: HttpAccess) -> WebhookSettings {
    WebhookSettings { url, shape, hmac_key_file: None, access }
}

fn access(bearer_token_file: Option<&PathBuf>, ca_file: Option<&PathBuf>) -> HttpAccess {
    HttpAccess { bearer_token_file: bearer_token_file.cloned(), ca_file: ca_file.cloned() }
}

fn webhook(parts: &Parts<'_>, name: &str, settings: &WebhookSettings) -> Result<Box<dyn Sink>, SinkSetupError> {
    let retries = parts.metrics.retries.with_label_values(&[name]);
    let (runtime, clock) = (parts.runtime.clone(), Arc::clone(&parts.clock));
    Webhook::new(settings, runtime, parts.lifecycle.clone(), clock, retries).map(boxed)
}

fn alertmanager(
    parts: &Parts<'_>,
    name: &str,
    settings: &AlertmanagerSettings,
) -> Result<Box<dyn Sink>, SinkSetupError> {
    let retries = parts.metrics.retries.with_label_values(&[name]);
    let firing = parts.metrics.firing.with_label_values(&[name]);
    let (runtime, clock) = (parts.runtime.clone(), Arc::clone(&parts.clock));
    Alertmanager::new(settings, parts.deployment, runtime, clock, retries, firing).map(boxed)
}
