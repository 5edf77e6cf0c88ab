//! The Alertmanager sink: rebuilds what is open from the topic, says it every minute, to every Alertmanager.

use super::alerts::{Alert, Alerts, RESEND_EVERY};
use super::http_client::HttpAccess;
use super::webhook::kind_of;
use super::{ConsoleLinks, IncidentLine, Sink, SinkError, SinkSetupError};
use crate::core::time::EventTime;
use crate::io::clock::Clock;
use prometheus::{IntCounter, IntGauge};
use reqwest::Client;
use std::sync::Arc;
use tokio::runtime::Handle;

/// One request carries at most this many alerts.
const CHUNK: usize = 500;
const PATH: &str = "api/v2/alerts";

/// Where to, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertmanagerSettings {
    /// Every Alertmanager of the cluster: they tell each other of silences, not of alerts.
    pub urls: Vec<String>,
    /// Whom to trust and how to say who asks.
    pub access: HttpAccess,
    /// Where people judge what they are told of.
    pub links: ConsoleLinks,
}

/// The sink.
pub struct Alertmanager {
    urls: Vec<String>,
    client: Client,
    runtime: Handle,
    clock: Arc<dyn Clock>,
    alerts: Alerts,
    first_round: Option<EventTime>,
    last_round: Option<EventTime>,
    retries: IntCounter,
    firing: IntGauge,
}

impl Alertmanager {
    /// Makes the client.
    ///
    /// # Errors
    /// [`SinkSetupError`].
    pub fn new(
        settings: &AlertmanagerSettings,
        deployment: &str,
        runtime: Handle,
        clock: Arc<dyn Clock>,
        retries: IntCounter,
        firing: IntGauge,
    ) -> Result<Self, SinkSetupError> {
        let urls = settings.urls.iter().map(|url| format!("{}/{PATH}", url.trim_end_matches('/'))).collect();
        let (client, alerts) = (settings.access.client()?, Alerts::new(deployment, settings.links.clone()));
        Ok(Self { urls, client, runtime, clock, alerts, first_round: None, last_round: None, retries, firing })
    }

    /// Says `alerts` to every Alertmanager; the last answer of one that did not take them.
    async fn post(&self, alerts: &[Alert]) -> Option<String> {
        let mut refused = None;
        for url in &self.urls {
            for chunk in alerts.chunks(CHUNK) {
                let outcome = match self.client.post(url).json(chunk).send().await {
                    Ok(answer) if answer.status().is_success() => continue,
                    Ok(answer) => answer.status().to_string(),
                    Err(error) => kind_of(&error).to_owned(),
                };
                self.retries.inc();
                tracing::warn!(%outcome, "alertmanager: saying it again with the next round");
                refused = Some(outcome);
                break;
            }
        }
        refused
    }
}

impl Sink for Alertmanager {
    fn rebuilds(&self) -> bool {
        true
    }

    fn deliver(&mut self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        self.alerts.take(line.incident, self.clock.now());
        Ok(())
    }

    fn prove(&mut self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        let now = self.clock.now();
        self.alerts.take(line.incident, now);
        let round = self.alerts.round(now);
        match self.runtime.block_on(self.post(&round)) {
            None => Ok(()),
            Some(last) => Err(SinkError::GaveUp { attempts: 1, last }),
        }
    }

    fn tick(&mut self, now: EventTime, caught_up: bool) {
        let due = self.last_round.is_none_or(|last| now.since(last) >= RESEND_EVERY);
        if !caught_up || !(due || self.alerts.has_news()) {
            return;
        }
        let since = *self.first_round.get_or_insert(now);
        let mut round = self.alerts.round(now);
        round.push(self.alerts.watchdog(since, now));
        self.firing.set(i64::try_from(self.alerts.open()).unwrap_or(i64::MAX));
        if self.runtime.block_on(self.post(&round)).is_none() {
            self.alerts.said();
            self.last_round = Some(now);
        }
    }
}
