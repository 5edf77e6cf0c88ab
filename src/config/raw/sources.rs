//! `sources`.

use super::values::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A topic that events come from.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The topic.
    pub topic: String,
    /// The format of its records.
    #[serde(default)]
    pub decoder: Decoder,
    /// What its events are; may be left out where every record says it.
    #[serde(rename = "type", default)]
    pub kind: Option<SourceType>,
    /// When its silence is an incident.
    #[serde(default)]
    pub silent: Option<Silent>,
    /// With decoder `mapped`: where each field of an event is found.
    #[serde(default)]
    pub map: Option<MapSettings>,
    /// With decoder `mapped`: a ready-made map. Reserved.
    #[serde(default)]
    #[schemars(skip)]
    pub preset: Option<Preset>,
}

/// The format of a source's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decoder {
    /// The project's own JSON.
    #[default]
    Native,
    /// Any JSON, by a field map.
    Mapped,
    /// PostgreSQL jsonlog with pgAudit lines. Reserved.
    #[schemars(skip)]
    Pgaudit,
    /// Open Cybersecurity Schema Framework. Reserved.
    #[schemars(skip)]
    Ocsf,
    /// Decrypted Database Activity Streams. Reserved.
    #[schemars(skip)]
    RdsDas,
}

impl Decoder {
    /// The name in configuration files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Mapped => "mapped",
            Self::Pgaudit => "pgaudit",
            Self::Ocsf => "ocsf",
            Self::RdsDas => "rds-das",
        }
    }
}

/// A ready-made field map. All are reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each variant is the producer of the same name")]
pub enum Preset {
    SuricataEve,
    ZeekJson,
    EnvoyJson,
    #[serde(rename = "cloudtrail-s3")]
    CloudtrailS3,
}

impl Preset {
    /// The name in configuration files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SuricataEve => "suricata-eve",
            Self::ZeekJson => "zeek-json",
            Self::EnvoyJson => "envoy-json",
            Self::CloudtrailS3 => "cloudtrail-s3",
        }
    }
}

/// What a source's events are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceType {
    /// Data was read.
    Query,
    /// Data left.
    Egress,
}

/// When a source's silence is an incident.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Silent {
    /// After how long without an event.
    pub after: Span,
    /// Each value of this field is watched by itself.
    #[serde(default)]
    pub by: Option<SilentBy>,
}

/// A field whose values can fall silent one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SilentBy {
    /// The database queried.
    Database,
    /// The application used.
    App,
}

/// The field map of the `mapped` decoder, as written; the decoder checks it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct MapSettings(pub Value);
