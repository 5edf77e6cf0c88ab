//! The configured sinks, made.

use super::{AppError, Base};
use crate::config::settings::{SinkKind, SinkSettings};
use crate::io::sinks::{
    Alertmanager, AlertmanagerSettings, FileSink, HttpAccess, LogSink, Sink, SinkSetupError, Webhook, WebhookSettings,
};
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// The name of the sink that there is where none is configured.
pub(super) const LOG_SINK: &str = "log";

/// Makes a sink.
///
/// # Errors
/// [`AppError::Sink`] or [`AppError::SinkKind`].
pub(super) fn make(base: &Base, settings: &SinkSettings) -> Result<Box<dyn Sink>, AppError> {
    let name = settings.name.clone();
    let later = |kind| Err(AppError::SinkKind { name: settings.name.clone(), kind });
    let made = match &settings.kind {
        SinkKind::File { path } => FileSink::open(path).map(boxed),
        SinkKind::Webhook { url, hmac_key_file, bearer_token_file, ca_file } => {
            let access = access(bearer_token_file.as_ref(), ca_file.as_ref());
            let settings = WebhookSettings { url: url.to_string(), hmac_key_file: hmac_key_file.clone(), access };
            webhook(base, &name, &settings)
        }
        SinkKind::Alertmanager { urls, bearer_token_file, ca_file } => {
            let access = access(bearer_token_file.as_ref(), ca_file.as_ref());
            let urls = urls.iter().map(Url::to_string).collect();
            alertmanager(base, &name, &AlertmanagerSettings { urls, access })
        }
        SinkKind::Slack { .. } => return later("slack"),
        SinkKind::Pagerduty { .. } => return later("pagerduty"),
        SinkKind::Ocsf { .. } => return later("ocsf"),
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

fn access(bearer_token_file: Option<&PathBuf>, ca_file: Option<&PathBuf>) -> HttpAccess {
    HttpAccess { bearer_token_file: bearer_token_file.cloned(), ca_file: ca_file.cloned() }
}

fn webhook(base: &Base, name: &str, settings: &WebhookSettings) -> Result<Box<dyn Sink>, SinkSetupError> {
    let (services, runtime) = (&base.services, base.runtime.handle().clone());
    let retries = services.metrics.sinks.retries.with_label_values(&[name]);
    Webhook::new(settings, runtime, services.lifecycle.clone(), Arc::clone(&services.clock), retries).map(boxed)
}

fn alertmanager(base: &Base, name: &str, settings: &AlertmanagerSettings) -> Result<Box<dyn Sink>, SinkSetupError> {
    let (services, runtime) = (&base.services, base.runtime.handle().clone());
    let (clock, sinks) = (Arc::clone(&services.clock), &services.metrics.sinks);
    let (retries, firing) = (sinks.retries.with_label_values(&[name]), sinks.firing.with_label_values(&[name]));
    let deployment = &base.plan.settings.deployment;
    Alertmanager::new(settings, deployment, runtime, clock, retries, firing).map(boxed)
}
