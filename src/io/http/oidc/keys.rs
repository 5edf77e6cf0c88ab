//! The keys that an issuer publishes: fetched when they are needed, kept for a while, asked for again at a bounded rate.

use crate::core::time::{EventTime, Millis};
use crate::io::clock::Clock;
use crate::io::lifecycle::chain;
use arc_swap::ArcSwapOption;
use jsonwebtoken::jwk::Jwk;
use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Mutex;
use url::Url;

/// Keys are asked for anew once they are this old: a key that was withdrawn is believed no longer.
pub const FRESH_FOR: Millis = Millis::from_mins(10);
/// While the issuer cannot be reached, its keys are believed for this long.
pub const USABLE_FOR: Millis = Millis::from_hours(4);
/// Whatever tokens name, the issuer is asked at most this often.
pub const ASK_EVERY: Millis = Millis::from_secs(30);
/// The largest answer of an issuer, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// Keys that are kept, at most.
const MAX_KEYS: usize = 100;
/// Where an issuer says what it has (`OpenID` Connect Discovery 1.0).
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The issuer has no such key.
    Unknown,
    /// The issuer's keys are not known.
    Unreachable,
}

/// Why keys could not be fetched.
#[derive(Debug, Error)]
enum FetchError {
    #[error("the issuer")]
    Http(#[from] reqwest::Error),
    #[error("the issuer's answer: expected at most {MAX_ANSWER_BYTES} bytes")]
    TooLarge,
    #[error("the issuer's answer: expected {0}")]
    Shape(&'static str),
}

struct Known {
    keys: Vec<Jwk>,
    fetched: EventTime,
}

/// An issuer's keys.
pub(super) struct Keys {
    client: Client,
    issuer: String,
    jwks_url: Option<Url>,
    clock: Arc<dyn Clock>,
    known: ArcSwapOption<Known>,
    /// When the issuer was asked last; held while it is asked.
    asked: Mutex<Option<EventTime>>,
}

impl Keys {
    pub fn new(client: Client, issuer: String, jwks_url: Option<Url>, clock: Arc<dyn Clock>) -> Self {
        Self { client, issuer, jwks_url, clock, known: ArcSwapOption::empty(), asked: Mutex::new(None) }
    }

    /// The key of that id. The issuer is asked where it is not known, or what is known is old.
    pub async fn find(&self, kid: &str) -> Result<Jwk, NoKey> {
        if let Some(Ok(key)) = self.known_within(kid, FRESH_FOR) {
            return Ok(key);
        }
        let mut asked = self.asked.lock().await;
        // Somebody else may have asked meanwhile.
        if let Some(Ok(key)) = self.known_within(kid, FRESH_FOR) {
            return Ok(key);
        }
        let now = self.clock.now();
        if asked.is_none_or(|asked| !within(now, asked, ASK_EVERY)) {
            *asked = Some(now);
            match self.fetch().await {
                Ok(keys) => self.known.store(Some(Arc::new(Known { keys, fetched: now }))),
                Err(error) => tracing::warn!(error = chain(&error), "the issuer's keys could not be fetched"),
            }
        }
        self.known_within(kid, USABLE_FOR).unwrap_or(Err(NoKey::Unreachable))
    }

    /// `None` where nothing is known that is young enough.
    fn known_within(&self, kid: &str, age: Millis) -> Option<Result<Jwk, NoKey>> {
        let known = self.known.load();
        let known = known.as_ref().filter(|known| within(self.clock.now(), known.fetched, age))?;
        let found = known.keys.iter().find(|key| key.common.key_id.as_deref() == Some(kid));
        Some(found.cloned().ok_or(NoKey::Unknown))
    }

    async fn fetch(&self) -> Result<Vec<Jwk>, FetchError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let url = match &self.jwks_url {
            Some(url) => url.clone(),
            None => self.discover().await?,
        };
        let set: Set = self.get(url, "a key set").await?;
        // A key of a kind that is not known here is no reason to refuse the others.
        let keys = set.keys.into_iter().take(MAX_KEYS).filter_map(|key| serde_json::from_value(key).ok());
        Ok(keys.collect())
    }

    async fn discover(&self) -> Result<Url, FetchError> {
        #[derive(Deserialize)]
        struct Discovered {
            issuer: String,
            jwks_uri: String,
        }
        let url = format!("{}{DISCOVERY}", self.issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| FetchError::Shape("a URL as issuer"))?;
        let secure = url.scheme() == "https";
        let found: Discovered = self.get(url, "a discovery document").await?;
        if found.issuer != self.issuer {
            return Err(FetchError::Shape("the discovery document of http.auth.issuer"));
        }
        let keys = Url::parse(&found.jwks_uri).ok().filter(|keys| !secure || keys.scheme() == "https");
        keys.ok_or(FetchError::Shape("a URL as jwks_uri, with https where the issuer has it"))
    }

    async fn get<T: DeserializeOwned>(&self, url: Url, what: &'static str) -> Result<T, FetchError> {
        let mut answer = self.client.get(url).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER_BYTES {
                return Err(FetchError::TooLarge);
            }
        }
        serde_json::from_slice(&body).map_err(|_| FetchError::Shape(what))
    }
}

/// Whether `then` is at most `span` before `now`. A clock that was set back makes nothing young.
fn within(now: EventTime, then: EventTime, span: Millis) -> bool {
    (Millis::ZERO..span).contains(&now.since(then))
}
