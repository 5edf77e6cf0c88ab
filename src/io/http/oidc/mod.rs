//! Users whom an `OpenID` Connect provider vouches for: bearer tokens, signed under keys that the provider publishes.
//!
//! A token is believed if an asymmetric key of the issuer signed it, and if it is for this console and of this time.

mod crypto;
mod keys;

use super::super::clock::Clock;
use super::super::sinks::{HttpAccess, SinkSetupError};
use crate::config::settings::OidcSettings;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use keys::{Keys, NoKey};
use serde_json::{Map, Value};
use std::sync::Arc;
use thiserror::Error;

/// What signatures are made with: asymmetric, so that who verifies cannot sign. Never what a token merely claims.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];
/// Clocks of issuer and console may differ by so much, in seconds.
const LEEWAY_S: u64 = 30;
/// The longest token, in bytes.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// The longest name of a user, in bytes.
const MAX_NAME_BYTES: usize = 256;
/// The shortest RSA modulus, in characters of base64: 2,048 bits.
const MIN_MODULUS_CHARACTERS: usize = 342;

/// Why a token names no user. None of these quotes it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TokenRefused {
    /// It is no such token, not for this console, not of this time, or not signed by a key of the issuer.
    #[error("expected a token of http.auth.issuer for http.auth.audience that is valid now: {0}")]
    Wrong(&'static str),
    /// The user may not look.
    #[error("expected a member of http.auth.viewer_groups")]
    NoViewer,
    /// The issuer's keys cannot be had.
    #[error("the issuer's keys cannot be had")]
    NoKeys,
}

/// Whom a token names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// The user.
    pub name: String,
    /// Whether the user may decide.
    pub admin: bool,
}

/// Reads tokens.
pub struct Verifier {
    settings: OidcSettings,
    keys: Keys,
}

impl Verifier {
    /// Trusts `settings.issuer`, which is asked for its keys at the first token.
    ///
    /// # Errors
    /// [`SinkSetupError`] if the certificate authorities cannot be read.
    pub fn new(settings: OidcSettings, clock: Arc<dyn Clock>) -> Result<Self, SinkSetupError> {
        crypto::install();
        let access = HttpAccess { bearer_token_file: None, ca_file: settings.ca_file.clone() };
        let keys = Keys::new(access.client()?, settings.issuer.clone(), settings.jwks_url.clone(), clock);
        Ok(Self { settings, keys })
    }

    /// Whom `token` names.
    ///
    /// # Errors
    /// [`TokenRefused`]
    pub async fn user(&self, token: &str) -> Result<Vouched, TokenRefused> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenRefused::Wrong("it is too long"));
        }
        let header = decode_header(token).map_err(|_| TokenRefused::Wrong("it is no signed token"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(TokenRefused::Wrong("its algorithm is neither RS256 nor ES256"));
        }
        if header.crit.is_some() {
            return Err(TokenRefused::Wrong("it has critical headers"));
        }
        let kid = header.kid.as_deref().ok_or(TokenRefused::Wrong("it names no key"))?;
        let key = self.keys.find(kid).await.map_err(|none| match none {
            NoKey::Unknown => TokenRefused::Wrong("the issuer has no such key"),
            NoKey::Unreachable => TokenRefused::NoKeys,
        })?;
        if !is_for(&key, header.alg) {
            return Err(TokenRefused::Wrong("its key is not for its algorithm"));
        }
        let key = DecodingKey::from_jwk(&key).map_err(|_| TokenRefused::Wrong("its key is damaged"))?;
        let read = decode::<Map<String, Value>>(token, &key, &self.validation(header.alg));
        self.vouched(&read.map_err(|_| TokenRefused::Wrong("its signature, issuer, audience or time"))?.claims)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_S;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation
    }

    fn vouched(&self, claims: &Map<String, Value>) -> Result<Vouched, TokenRefused> {
        let named = claims.get(&self.settings.user_claim).and_then(Value::as_str).map(str::trim);
        let named = named.filter(|name| !name.is_empty() && name.len() <= MAX_NAME_BYTES);
        let name = named.ok_or(TokenRefused::Wrong("it lacks http.auth.user_claim"))?;
        // Whoever may enter any address at the provider must not become the user who has it.
        if self.settings.user_claim == "email" && claims.get("email_verified") == Some(&Value::Bool(false)) {
            return Err(TokenRefused::Wrong("its mail address is not verified"));
        }
        let groups = groups(claims.get(&self.settings.groups_claim));
        let any_of = |wanted: &[String]| groups.iter().any(|group| wanted.iter().any(|one| one == group));
        let admin = self.settings.admins.iter().any(|admin| admin == name) || any_of(&self.settings.admin_groups);
        let viewers = &self.settings.viewer_groups;
        if !admin && !viewers.is_empty() && !any_of(viewers) {
            return Err(TokenRefused::NoViewer);
        }
        Ok(Vouched { name: name.to_owned(), admin })
    }
}

/// A list of names, or one name.
fn groups(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(name)) => vec![name],
        _ => Vec::new(),
    }
}

/// Whether a published key is one for signatures by `algorithm`, and long enough.
fn is_for(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let said = common.key_algorithm.is_none_or(|said| said == KeyAlgorithm::from(algorithm));
    let signs = common.public_key_use.as_ref().is_none_or(|for_what| *for_what == PublicKeyUse::Signature);
    let fits = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(key), Algorithm::RS256) => key.n.len() >= MIN_MODULUS_CHARACTERS,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        _ => false,
    };
    said && signs && fits
}
