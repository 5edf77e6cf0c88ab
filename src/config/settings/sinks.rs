//! `sinks`, checked.

use super::checker::Checker;
use super::topics::check_name;
use crate::config::document::At;
use crate::config::raw::{
    AlertmanagerSink, FileSink, MinSeverity, OcsfSink, PagerdutySink, Sink, SlackSink, WebhookSink,
};
use crate::core::incident::Severity;
use serde_json::Value;
use std::path::PathBuf;
use url::Url;

/// Where incidents go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkSettings {
    /// Its name, in metrics and logs.
    pub name: String,
    /// The least severity that is sent.
    pub min_severity: Severity,
    /// What it is.
    pub kind: SinkKind,
}

/// What a sink is, and what only its kind has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the file shapes, which say what they are")]
pub enum SinkKind {
    /// Prometheus Alertmanager.
    Alertmanager { urls: Vec<Url>, bearer_token_file: Option<PathBuf>, ca_file: Option<PathBuf> },
    /// Any HTTP endpoint.
    Webhook { url: Url, hmac_key_file: Option<PathBuf>, bearer_token_file: Option<PathBuf>, ca_file: Option<PathBuf> },
    /// A Slack incoming webhook.
    Slack { url_file: PathBuf },
    /// `PagerDuty` events.
    Pagerduty { routing_key_file: PathBuf, url: Url },
    /// An HTTP endpoint that takes OCSF Detection Findings.
    Ocsf { url: Url, bearer_token_file: Option<PathBuf>, ca_file: Option<PathBuf> },
    /// A topic that takes OCSF Detection Findings.
    OcsfTopic { topic: String },
    /// A file, one incident a line.
    File { path: PathBuf },
}

/// More sinks than this are refused.
const MAX_SINKS: usize = 100;
const MAX_NAME_BYTES: usize = 63;

pub(super) fn check(raw: &[Value], checker: &mut Checker<'_>) -> Vec<SinkSettings> {
    let at = At::ROOT.key("sinks");
    if raw.len() > MAX_SINKS {
        checker.fail(&at, format!("expected at most {MAX_SINKS} sinks"));
    }
    let mut sinks: Vec<SinkSettings> = Vec::new();
    for (index, value) in raw.iter().enumerate() {
        let item = at.item(index);
        let Some(sink) = check_sink(value, &item, checker) else { continue };
        if sinks.iter().any(|other| other.name == sink.name) {
            checker.fail(&item.key("name"), "expected a name of its own, but another sink has it");
        }
        sinks.push(sink);
    }
    sinks
}

fn check_sink(value: &Value, at: &At<'_>, checker: &mut Checker<'_>) -> Option<SinkSettings> {
    let (name, min_severity, kind) = match checker.kind(at, value, &Sink::KINDS)? {
        "alertmanager" => alertmanager(value, at, checker)?,
        "webhook" => webhook(value, at, checker)?,
        "slack" => {
            let sink: SlackSink = checker.section(at, value)?;
            (sink.name, sink.min_severity, SinkKind::Slack { url_file: sink.url_file })
        }
        "pagerduty" => {
            let sink: PagerdutySink = checker.section(at, value)?;
            let url = checker.http_url(&at.key("url"), &sink.url)?;
            (sink.name, sink.min_severity, SinkKind::Pagerduty { routing_key_file: sink.routing_key_file, url })
        }
        "ocsf" => ocsf(value, at, checker)?,
        _ => {
            let sink: FileSink = checker.section(at, value)?;
            (sink.name, sink.min_severity, SinkKind::File { path: sink.path })
        }
    };
    // It is part of a consumer group's name, and a metric's label.
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(named) {
        let message = format!("expected 1 to {MAX_NAME_BYTES} of the characters a-z, A-Z, 0-9, `.`, `-`, `_`");
        checker.fail(&at.key("name"), message);
    }
    Some(SinkSettings { name, min_severity: severity(min_severity), kind })
}

type Parts = (String, MinSeverity, SinkKind);

fn alertmanager(value: &Value, at: &At<'_>, checker: &mut Checker<'_>) -> Option<Parts> {
    let sink: AlertmanagerSink = checker.section(at, value)?;
    let urls_at = at.key("urls");
    if sink.urls.is_empty() {
        checker.fail(&urls_at, "expected at least one URL");
    }
    let urls = sink.urls.iter().enumerate();
    let urls = urls.filter_map(|(index, url)| checker.http_url(&urls_at.item(index), url)).collect();
    let kind = SinkKind::Alertmanager { urls, bearer_token_file: sink.bearer_token_file, ca_file: sink.ca_file };
    Some((sink.name, sink.min_severity, kind))
}

fn webhook(value: &Value, at: &At<'_>, checker: &mut Checker<'_>) -> Option<Parts> {
    let sink: WebhookSink = checker.section(at, value)?;
    let kind = SinkKind::Webhook {
        url: checker.http_url(&at.key("url"), &sink.url)?,
        hmac_key_file: sink.hmac_key_file,
        bearer_token_file: sink.bearer_token_file,
        ca_file: sink.ca_file,
    };
    Some((sink.name, sink.min_severity, kind))
}

fn ocsf(value: &Value, at: &At<'_>, checker: &mut Checker<'_>) -> Option<Parts> {
    let sink: OcsfSink = checker.section(at, value)?;
    let kind = match (&sink.url, sink.topic) {
        (Some(url), None) => {
            let url = checker.http_url(&at.key("url"), url)?;
            SinkKind::Ocsf { url, bearer_token_file: sink.bearer_token_file, ca_file: sink.ca_file }
        }
        (None, Some(topic)) => {
            check_name(&topic, &at.key("topic"), checker);
            for (key, file) in [("bearer_token_file", &sink.bearer_token_file), ("ca_file", &sink.ca_file)] {
                if file.is_some() {
                    checker.fail(&at.key(key), "expected nothing: the topic is reached as `kafka` says");
                }
            }
            SinkKind::OcsfTopic { topic }
        }
        (Some(_), Some(_)) | (None, None) => {
            checker.fail(at, "expected either `url` or `topic`");
            return None;
        }
    };
    Some((sink.name, sink.min_severity, kind))
}

const fn severity(least: MinSeverity) -> Severity {
    match least {
        MinSeverity::Info => Severity::Info,
        MinSeverity::Warning => Severity::Warning,
        MinSeverity::Page => Severity::Page,
    }
}
