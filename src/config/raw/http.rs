//! `http`.

use super::values::Address;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Metrics, health and the console.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Where `/metrics`, `/healthz` and `/readyz` are served.
    pub metrics: Address,
    /// Where the console is served. Anything but loopback needs `auth`.
    pub console: Address,
    /// Who may use the console.
    #[schemars(with = "Option<Auth>")]
    pub auth: Option<Value>,
    /// Whether the console shows accounts under pseudonyms; an admin may unmask one, which is audited.
    pub pseudonyms: bool,
    /// A file that holds the secret that pseudonyms follow from, at least 16 bytes. Without it they change with each process.
    pub pseudonym_key_file: Option<PathBuf>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            metrics: Address(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 9464)),
            console: Address(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080)),
            auth: None,
            pseudonyms: false,
            pseudonym_key_file: None,
        }
    }
}

/// Who may use the console.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Auth {
    /// Whoever reaches it; on loopback only.
    None(NoAuth),
    /// Whom a proxy in front of it names in a header.
    Header(HeaderAuth),
    /// Whom an `OpenID` Connect provider vouches for.
    Oidc(OidcAuth),
}

impl Auth {
    /// The names of the kinds.
    pub const KINDS: [&'static str; 3] = ["none", "header", "oidc"];
}

/// Nobody is asked.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoAuth {}

/// A proxy names the user.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderAuth {
    /// The header that holds the user's name. The proxy must remove it from what clients send.
    pub user: String,
    /// Who may decide about incidents.
    #[serde(default)]
    pub admins: Vec<String>,
}

/// An `OpenID` Connect provider vouches for the user.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OidcAuth {
    /// The provider's issuer URL.
    pub issuer: String,
    /// The console's client id there.
    pub client_id: String,
    /// A file that holds the client secret.
    pub client_secret_file: PathBuf,
    /// Where the provider sends users back to: the console's own URL as browsers see it.
    pub redirect_url: String,
    /// Who may decide about incidents.
    #[serde(default)]
    pub admins: Vec<String>,
}
