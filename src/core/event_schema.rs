//! The shape of an event on the wire, for `leakwatch schema event` and for whoever writes events.
//!
//! The decoder reads bytes without such a type: it must tell a field of a wrong type from a missing one.

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// An event in the native format: a JSON object, as a Kafka value or a line of a file. Unknown fields are ignored. A
/// field of a wrong type counts as unknown; without a usable `time`, or with neither `actor` nor `client_ip`, the event
/// is rejected.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "event", extend("anyOf" = [{"required": ["actor"]}, {"required": ["client_ip"]}]))]
pub struct EventSchema {
    /// What happened; may be left out where the source's configuration says it.
    #[serde(rename = "type")]
    pub kind: Option<EventKindSchema>,
    /// The producer's own id. The same id with the same content within 10 minutes counts once.
    pub id: Option<String>,
    /// When it happened.
    pub time: TimeSchema,
    /// Login, mail address or service name, as the source spells it. Without it `client_ip` stands in.
    pub actor: Option<String>,
    /// The session it belongs to.
    pub session: Option<String>,
    /// The address it came from.
    pub client_ip: Option<String>,
    /// The application used.
    pub app: Option<String>,
    /// Query: the database.
    pub database: Option<String>,
    /// Query: tables, views or collections.
    pub objects: Option<Vec<String>>,
    /// Query: `select`, `copy`, `export`, …
    pub operation: Option<String>,
    /// Query: the statement's text. It never leaves ingest.
    pub statement: Option<String>,
    /// Query: records returned. `null` or absent means unknown, which is never 0.
    pub rows: Option<u64>,
    /// Bytes returned, or sent out.
    pub bytes: Option<u64>,
    /// Egress: `http`, `email`, `s3`, `usb`, `ftp`, `dns`, `chat`, `print`, …
    pub channel: Option<String>,
    /// Egress: host name, URL, address, bucket or mailbox.
    pub destination: Option<String>,
    /// Identifiers by kind: `phone`, `email`, `national_id`, `card`, `iban`, `customer_id`; values of any other kind are
    /// exact text. May be a sample of the rows.
    pub identifiers: Option<BTreeMap<String, Vec<String>>>,
    /// Egress: a sample of what left; searched for identifiers.
    pub content: Option<String>,
    /// Egress: the same, base64-encoded.
    pub content_base64: Option<String>,
    /// Egress: the files that left.
    pub files: Option<Vec<FileSchema>>,
    /// In files of events only: when it arrived. On Kafka the record's timestamp has this part.
    pub received: Option<TimeSchema>,
}

/// What happened.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventKindSchema {
    /// Data was read.
    Query,
    /// Data left.
    Egress,
}

/// RFC 3339 with an offset, or integer milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TimeSchema {
    /// `2012-05-01T10:00:00.123+08:00`.
    Text(String),
    /// Milliseconds.
    Millis(u64),
}

/// A file that left.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct FileSchema {
    /// Its name.
    pub name: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Its media type.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Field;
    use std::collections::BTreeSet;

    #[test]
    fn the_schema_has_the_decoders_fields_and_requires_the_time() {
        let schema = schemars::schema_for!(EventSchema).to_value();
        let properties = schema["properties"].as_object().expect("properties");
        let named: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(named, Field::ALL.into_iter().map(Field::name).collect());
        assert_eq!(schema["required"], serde_json::json!(["time"]));
    }
}
