//! `sources`.

use super::values::Span;
use crate::core::decode::FieldMap;
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
    #[serde(default = "native")]
    #[schemars(with = "Decoder")]
    pub decoder: String,
    /// What its events are; may be left out where every record says it.
    #[serde(rename = "type", default)]
    pub kind: Option<SourceType>,
    /// When its silence is an incident.
    #[serde(default)]
    pub silent: Option<Silent>,
    /// With decoder `mapped`: where each field of an event is found.
    #[serde(default)]
    #[schemars(with = "Option<FieldMap>")]
    pub map: Option<Value>,
}

fn native() -> String {
    "native".to_owned()
}

/// The format of a source's records.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used; the decoders read their names themselves")]
enum Decoder {
    /// The project's own JSON.
    Native,
    /// Any JSON, by a field map.
    Mapped,
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
