//! `http`, checked.

use super::checker::Checker;
use crate::config::document::At;
use crate::config::raw::{Auth, HeaderAuth, Http, NoAuth, OidcAuth};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::{Host, Url};

/// Metrics, health and the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// Where metrics and health are served.
    pub metrics: SocketAddr,
    /// Where the console is served.
    pub console: SocketAddr,
    /// Where people's browsers reach it.
    pub console_url: Option<Url>,
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
    Oidc(Box<OidcSettings>),
}

/// An `OpenID` Connect provider.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the file shapes, which say what they are")]
pub struct OidcSettings {
    pub issuer: String,
    pub audience: String,
    pub jwks_url: Option<Url>,
    pub ca_file: Option<PathBuf>,
    pub user_claim: String,
    pub groups_claim: String,
    pub admins: Vec<String>,
    pub admin_groups: Vec<String>,
    pub viewer_groups: Vec<String>,
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
    HttpSettings {
        metrics: raw.metrics.0,
        console: raw.console.0,
        console_url: raw.console_url.as_deref().and_then(|url| root_url(&at.key("console_url"), url, checker)),
        auth: auth.unwrap_or(AuthSettings::None),
        names,
    }
}

/// A URL of a host alone: the console's pages know no other place than the root.
fn root_url(at: &At<'_>, text: &str, checker: &mut Checker<'_>) -> Option<Url> {
    let url = checker.http_url(at, text)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        checker.fail(at, "expected a URL without a path, such as https://leakwatch.corp.example");
        return None;
    }
    Some(url)
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
            check_oidc(auth, at, checker).map(|oidc| AuthSettings::Oidc(Box::new(oidc)))
        }
        _ => checker.section::<NoAuth>(at, value).map(|_| AuthSettings::None),
    }
}

fn check_oidc(auth: OidcAuth, at: &At<'_>, checker: &mut Checker<'_>) -> Option<OidcSettings> {
    secure_url(&at.key("issuer"), &auth.issuer, checker)?;
    let jwks_url = match &auth.jwks_url {
        Some(url) => Some(secure_url(&at.key("jwks_url"), url, checker)?),
        None => None,
    };
    Some(OidcSettings {
        issuer: auth.issuer,
        audience: checker.text(&at.key("audience"), &auth.audience),
        jwks_url,
        ca_file: auth.ca_file,
        user_claim: checker.text(&at.key("user_claim"), &auth.user_claim),
        groups_claim: checker.text(&at.key("groups_claim"), &auth.groups_claim),
        admins: auth.admins,
        admin_groups: auth.admin_groups,
        viewer_groups: auth.viewer_groups,
    })
}

/// Keys that come in clear are whoever's keys; on this machine nobody is in between.
fn secure_url(at: &At<'_>, text: &str, checker: &mut Checker<'_>) -> Option<Url> {
    let url = checker.http_url(at, text)?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !here {
        checker.fail(at, "expected https");
        return None;
    }
    Some(url)
}
