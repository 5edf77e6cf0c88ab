//! The shape of a directory file's lines, for `leakwatch schema directory` and for whoever writes such a file.

use schemars::JsonSchema;
use serde::Serialize;

/// One line of a directory file (NDJSON). Keys that are not named here are ignored, and a notice names them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "directory")]
pub enum DirectoryLine {
    /// An account.
    Actor(ActorSchema),
    /// A destination and its subdomains.
    Destination(DestinationSchema),
    /// Who held an address when.
    Lease(LeaseSchema),
}

/// An account.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ActorSchema {
    /// What incidents call it.
    pub actor: String,
    /// Its other logins, mail addresses and so on. Case does not matter; no two actors share one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub aliases: Vec<String>,
    /// What it does; the role's colleagues are its peers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// With whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// A person or a program; a person where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindSchema>,
    /// Its time zone, of the IANA database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tz: Option<String>,
    /// When notice was given: RFC 3339, or integer milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_at: Option<TimeSchema>,
    /// When it left, or will.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<TimeSchema>,
}

/// A destination and its subdomains.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DestinationSchema {
    /// A host, domain, address, network (`10.0.0.0/8`) or bucket (`s3://name`).
    pub destination: String,
    /// How close it is.
    pub class: ClassSchema,
    /// Whom to ask about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// Who held an address when.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct LeaseSchema {
    /// The address.
    pub client_ip: String,
    /// Who held it.
    pub actor: String,
    /// Since when; for ever where it is missing. Among leases that cover a time, the one that began last counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeSchema>,
    /// Until when, exclusive; for ever where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<TimeSchema>,
}

/// A person or a program.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KindSchema {
    /// A person.
    Human,
    /// A program.
    Service,
}

/// How close a destination is.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClassSchema {
    /// Inside the company.
    Internal,
    /// A company with a contract.
    Partner,
    /// Everybody else.
    External,
}

/// A time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TimeSchema {
    /// RFC 3339, with an offset.
    Text(String),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Millis(u64),
}
