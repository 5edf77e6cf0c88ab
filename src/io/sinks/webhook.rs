//! Incidents as HTTP requests: one `POST` a line, signed, with a key that recognises what comes twice.

use super::http_client::{HttpAccess, read_secret};
use super::{IncidentLine, Shape, Sink, SinkError, SinkSetupError};
use crate::core::time::EventTime;
use crate::io::clock::Clock;
use crate::io::lifecycle::Lifecycle;
use backon::{ExponentialBuilder, Retryable};
use hmac::{Hmac, KeyInit, Mac};
use prometheus::IntCounter;
use reqwest::{Client, StatusCode};
use sha2::Sha256;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::Handle;

/// A line is tried this often, over about five minutes; then it goes to the dead letters.
pub const ATTEMPTS: usize = 12;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// `t=<seconds since the epoch>,v1=<HMAC-SHA256 of "<t>.<body>" in hexadecimal>`.
pub const SIGNATURE_HEADER: &str = "X-Leakwatch-Signature";
const KEY_HEADER: &str = "Idempotency-Key";

/// Where to, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSettings {
    /// The URL.
    pub url: String,
    /// In which shape.
    pub shape: Shape,
    /// A file with the key that signs.
    pub hmac_key_file: Option<PathBuf>,
    /// Whom to trust and how to say who asks.
    pub access: HttpAccess,
}

/// A webhook.
pub struct Webhook {
    url: String,
    shape: Shape,
    key: Option<Vec<u8>>,
    client: Client,
    attempts: usize,
    runtime: Handle,
    lifecycle: Lifecycle,
    clock: Arc<dyn Clock>,
    retries: IntCounter,
}

/// Why one attempt failed.
#[derive(Debug, Error)]
enum AttemptError {
    #[error("status {0}")]
    Status(u16),
    #[error("{0}")]
    Sending(&'static str),
}

impl AttemptError {
    /// Whether another attempt may do better (RFC 9110, section 15: time-outs, too many requests, server errors).
    fn is_transient(&self) -> bool {
        match self {
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500..),
            Self::Sending(_) => true,
        }
    }
}

impl Webhook {
    /// Makes the client and reads the key.
    ///
    /// # Errors
    /// [`SinkSetupError`].
    pub fn new(
        settings: &WebhookSettings,
        runtime: Handle,
        lifecycle: Lifecycle,
        clock: Arc<dyn Clock>,
        retries: IntCounter,
    ) -> Result<Self, SinkSetupError> {
        let key = settings.hmac_key_file.as_deref().map(|file| read_secret("a webhook's key", file)).transpose()?;
        let client = settings.access.client()?;
        let (url, shape) = (settings.url.clone(), settings.shape.clone());
        Ok(Self { url, shape, key, client, attempts: ATTEMPTS, runtime, lifecycle, clock, retries })
    }

    async fn attempt(&self, line: IncidentLine<'_>) -> Result<(), AttemptError> {
        let key = format!("{}-{}", line.incident.incident, line.incident.revision);
        let body = self.shape.body(line).into_owned();
        let signed = self.key.as_deref().and_then(|key| signature(key, self.clock.now(), &body));
        let mut request =
            self.client.post(&self.url).header("Content-Type", "application/json").header(KEY_HEADER, key).body(body);
        if let Some(signature) = signed {
            request = request.header(SIGNATURE_HEADER, signature);
        }
        let answer = request.send().await.map_err(|error| AttemptError::Sending(kind_of(&error)))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(AttemptError::Status(StatusCode::as_u16(&status))),
        }
    }

    async fn persist(&self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        let backoff = ExponentialBuilder::default()
            .with_min_delay(FIRST_WAIT)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(self.attempts - 1)
            .with_jitter();
        let delivered = (|| self.attempt(line))
            .retry(backoff)
            .when(AttemptError::is_transient)
            .notify(|error, wait| {
                self.retries.inc();
                tracing::warn!(%error, ?wait, "webhook: trying again");
            })
            .await;
        delivered.map_err(|error| match error {
            AttemptError::Status(status) if !error.is_transient() => SinkError::Refused { status },
            other => SinkError::GaveUp { attempts: self.attempts, last: other.to_string() },
        })
    }
}

impl Sink for Webhook {
    fn prove(&mut self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        let attempts = std::mem::replace(&mut self.attempts, 1);
        let proved = self.deliver(line);
        self.attempts = attempts;
        proved
    }

    fn deliver(&mut self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        self.runtime.block_on(async {
            tokio::select! {
                delivered = self.persist(line) => delivered,
                () = self.lifecycle.stopping() => Err(SinkError::Stopped),
            }
        })
    }
}

/// The signature of `body` sent at `now`.
fn signature(key: &[u8], now: EventTime, body: &[u8]) -> Option<String> {
    let seconds = now.as_millis() / 1_000;
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    Some(format!("t={seconds},v1={}", crate::core::hex::lower(&mac.finalize().into_bytes())))
}

/// The failure without the address, which may hold a secret.
pub(super) fn kind_of(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the request failed"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_covers_time_and_body() {
        let now = EventTime::from_millis(1_335_830_400_999).expect("a time");
        let signed = signature(b"key", now, b"{}").expect("signs");
        // printf '1335830400.{}' | openssl dgst -sha256 -hmac key
        assert_eq!(signed, "t=1335830400,v1=df3e0d71d22e93a9626b75061127dad7da601e6ca6f6c740e6fb3ee5a02f089f");
        assert_ne!(signature(b"key", now, b"{} "), Some(signed.clone()));
        assert_ne!(signature(b"other", now, b"{}"), Some(signed));
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (status, transient) in [(400, false), (401, false), (404, false), (408, true), (429, true), (503, true)] {
            assert_eq!(AttemptError::Status(status).is_transient(), transient, "{status}");
        }
    }
}
