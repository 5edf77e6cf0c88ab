//! `kafka`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How to reach Kafka.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// Brokers to ask first, each as `host:port`.
    pub brokers: Vec<String>,
    /// How connections are secured.
    #[serde(default)]
    pub security: Security,
    /// Further settings of the Kafka client (librdkafka's names). Those that carry correctness are refused.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, ClientValue>")]
    pub client: BTreeMap<String, String>,
}

/// What YAML may write for a client setting.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used; the parser takes any scalar as text")]
enum ClientValue {
    Text(String),
    Number(f64),
    Switch(bool),
}

/// How connections to Kafka are secured. Secrets are read from files.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Security {
    /// Encryption and authentication.
    pub protocol: Protocol,
    /// The SASL mechanism; with a `sasl_` protocol only.
    pub mechanism: Option<Mechanism>,
    /// A file that holds the user name.
    pub username_file: Option<PathBuf>,
    /// A file that holds the password.
    pub password_file: Option<PathBuf>,
    /// Certificate authorities to trust (PEM); without it, the system's.
    pub ca_file: Option<PathBuf>,
    /// The client's certificate (PEM).
    pub certificate_file: Option<PathBuf>,
    /// The client's private key (PEM).
    pub key_file: Option<PathBuf>,
    /// A file that holds the private key's pass phrase.
    pub key_password_file: Option<PathBuf>,
}

/// Encryption and authentication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Neither.
    #[default]
    Plaintext,
    /// TLS; with a client certificate, mutual.
    Ssl,
    /// SASL, unencrypted.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

/// A SASL mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// User name and password as they are.
    Plain,
    /// SCRAM with SHA-256 (RFC 7677).
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// SCRAM with SHA-512.
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
}
