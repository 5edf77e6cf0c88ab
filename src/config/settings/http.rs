//! `http`, checked.

use super::checker::Checker;
use crate::config::document::At;
use crate::config::raw::{Auth, HeaderAuth, Http, NoAuth, OidcAuth};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

/// Metrics, health and the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// Where metrics and health are served.
    pub metrics: SocketAddr,
    /// Where the console is served.
    pub console: SocketAddr,
    /// Who may use the console.
    pub auth: AuthSettings,
    /// Under which names the console shows accounts.
    pub names: NameSettings,
}

/// Under which names the console shows accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameSettings {
    /// Their own.
    Own,
    /// Pseudonyms, under the secret in a file, or else one that each process makes for itself.
    Pseudonyms(Option<PathBuf>),
}

/// Who may use the console.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the file shapes, which say what they are")]
pub enum AuthSettings {
    /// Whoever reaches it; only ever on loopback.
    None,
    /// Whom a proxy in front of it names in a header.
    Header { user: String, admins: Vec<String> },
    /// Whom an `OpenID` Connect provider vouches for.
    Oidc { issuer: Url, client_id: String, client_secret_file: PathBuf, redirect_url: Url, admins: Vec<String> },
}

pub(super) fn check(raw: &Http, checker: &mut Checker<'_>) -> HttpSettings {
    let at = At::ROOT.key("http");
    let auth_at = at.key("auth");
    let asked = raw.auth.as_ref().filter(|value| !value.is_null());
    // A section that is itself wrong is one problem, not two.
    let broken = |auth: &Option<AuthSettings>| asked.is_some() && auth.is_none();
    let auth = asked.and_then(|value| check_auth(value, &auth_at, checker));
    if !raw.console.0.ip().is_loopback() && !broken(&auth) && matches!(auth, None | Some(AuthSettings::None)) {
        let message = "expected http.auth of kind header or oidc beside an address that is not loopback";
        checker.fail(&at.key("console"), message);
    }
    if raw.console.0 == raw.metrics.0 && raw.console.0.port() != 0 {
        checker.fail(&at.key("console"), "expected another address than http.metrics");
    }
    let names = match (raw.pseudonyms, &raw.pseudonym_key_file) {
        (true, key_file) => NameSettings::Pseudonyms(key_file.clone()),
        (false, None) => NameSettings::Own,
        (false, Some(_)) => {
            checker.fail(&at.key("pseudonym_key_file"), "expected http.pseudonyms: true beside it");
            NameSettings::Own
        }
    };
    HttpSettings { metrics: raw.metrics.0, console: raw.console.0, auth: auth.unwrap_or(AuthSettings::None), names }
}

fn check_auth(value: &Value, at: &At<'_>, checker: &mut Checker<'_>) -> Option<AuthSettings> {
    match checker.kind(at, value, &Auth::KINDS)? {
        "header" => {
            let auth: HeaderAuth = checker.section(at, value)?;
            let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            if auth.user.is_empty() || !auth.user.bytes().all(token) {
                checker.fail(&at.key("user"), "expected the name of a header, such as X-Forwarded-User");
            }
            Some(AuthSettings::Header { user: auth.user, admins: auth.admins })
        }
        "oidc" => {
            let auth: OidcAuth = checker.section(at, value)?;
            let issuer = checker.http_url(&at.key("issuer"), &auth.issuer);
            let redirect_url = checker.http_url(&at.key("redirect_url"), &auth.redirect_url);
            Some(AuthSettings::Oidc {
                issuer: issuer?,
                client_id: checker.text(&at.key("client_id"), &auth.client_id),
                client_secret_file: auth.client_secret_file,
                redirect_url: redirect_url?,
                admins: auth.admins,
            })
        }
        _ => checker.section::<NoAuth>(at, value).map(|_| AuthSettings::None),
    }
}
