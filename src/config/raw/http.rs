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
    /// Where people's browsers reach the console, such as `https://leakwatch.corp.example`: what sinks send has links to it.
    pub console_url: Option<String>,
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
            console_url: None,
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

/// An `OpenID` Connect provider vouches for the user: requests carry a token of it as `Authorization: Bearer`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OidcAuth {
    /// The provider's issuer URL, exactly as its tokens have it in `iss`.
    pub issuer: String,
    /// What its tokens for this console have in `aud`: mostly a client id.
    pub audience: String,
    /// Where its keys are; by default its discovery document says it.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// Further certificate authorities for the provider, PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The claim that names the user.
    #[serde(default = "default_user_claim")]
    pub user_claim: String,
    /// The claim that lists the user's groups.
    #[serde(default = "default_groups_claim")]
    pub groups_claim: String,
    /// Users who may decide about incidents.
    #[serde(default)]
    pub admins: Vec<String>,
    /// Groups whose members may decide about incidents.
    #[serde(default)]
    pub admin_groups: Vec<String>,
    /// Groups whose members may look; without any, whoever has a token.
    #[serde(default)]
    pub viewer_groups: Vec<String>,
}

fn default_user_claim() -> String {
    "sub".to_owned()
}

fn default_groups_claim() -> String {
    "groups".to_owned()
}
