//! The native format: the contract's event table, one JSON object an event.

use super::draft::Draft;
use super::fields;
use super::json::Value;
use super::reject::Reject;
use crate::core::event::{Event, EventKind, Field};
use crate::core::units::{ByteCount, Rows};

/// Gives `take` the event that `root` describes, or why there is none.
pub(super) fn decode<'a>(
    root: Value<'_, 'a>,
    text: &str,
    default_kind: Option<EventKind>,
    take: &mut dyn FnMut(u32, Result<Event<'a>, Reject>),
) {
    if !root.is_object() {
        return take(0, Err(Reject::not_object(text, root.start())));
    }
    let mut draft = Draft::new();
    for (key, value) in root.entries() {
        let field = if key.is_escaped() { key.text().as_deref().and_then(field_named) } else { field_named(key.raw()) };
        if let Some(field) = field {
            set(&mut draft, field, value);
        }
    }
    match draft.finish(default_kind, text) {
        Ok(()) => take(0, Ok(draft.event)),
        Err(reject) => take(0, Err(reject)),
    }
}

/// The field that a key of the native format names. By length first: a match over texts compares one after another.
fn field_named(key: &str) -> Option<Field> {
    let key = key.as_bytes();
    let field = match (key.len(), key) {
        (2, b"id") => Field::Id,
        (3, b"app") => Field::App,
        (4, b"type") => Field::Type,
        (4, b"time") => Field::Time,
        (4, b"rows") => Field::Rows,
        (5, b"actor") => Field::Actor,
        (5, b"bytes") => Field::Bytes,
        (5, b"files") => Field::Files,
        (7, b"session") => Field::Session,
        (7, b"objects") => Field::Objects,
        (7, b"channel") => Field::Channel,
        (7, b"content") => Field::Content,
        (8, b"database") => Field::Database,
        (8, b"received") => Field::Received,
        (9, b"client_ip") => Field::ClientIp,
        (9, b"operation") => Field::Operation,
        (9, b"statement") => Field::Statement,
        (11, b"destination") => Field::Destination,
        (11, b"identifiers") => Field::Identifiers,
        (14, b"content_base64") => Field::ContentBase64,
        _ => return None,
    };
    Some(field)
}

fn set<'a>(draft: &mut Draft<'a>, field: Field, value: Value<'_, 'a>) {
    let event = &mut draft.event;
    let unknown = &mut event.unknown_fields;
    match field {
        Field::Type => set_kind(draft, value),
        Field::Id => event.id = fields::text(value, field, unknown),
        Field::Time => {
            draft.time = fields::time(value);
            draft.time_at = Some(value.start());
        }
        Field::Actor => event.actor = fields::text(value, field, unknown),
        Field::Session => event.session = fields::text(value, field, unknown),
        Field::ClientIp => event.client_ip = fields::text(value, field, unknown),
        Field::App => event.app = fields::text(value, field, unknown),
        Field::Database => event.database = fields::text(value, field, unknown),
        Field::Objects => fields::objects(value, event),
        Field::Operation => event.operation = fields::text(value, field, unknown),
        Field::Statement => event.statement = fields::verbatim(value, field, unknown),
        Field::Rows => event.rows = fields::count(value, field, unknown).map(Rows),
        Field::Bytes => event.bytes = fields::count(value, field, unknown).map(ByteCount),
        Field::Channel => event.channel = fields::text(value, field, unknown),
        Field::Destination => event.destination = fields::text(value, field, unknown),
        Field::Identifiers => fields::identifiers(value, event),
        Field::Content => event.content = fields::verbatim(value, field, unknown),
        Field::ContentBase64 => event.content_base64 = fields::verbatim(value, field, unknown),
        Field::Files => fields::files(value, event),
        Field::Received => {
            event.received = fields::time(value);
            if event.received.is_none() && !value.is_null() {
                unknown.insert(field);
            }
        }
    }
}

fn set_kind(draft: &mut Draft<'_>, value: Value<'_, '_>) {
    let unknown = &mut draft.event.unknown_fields;
    draft.kind = fields::text(value, Field::Type, unknown).and_then(|text| {
        let kind = fields::event_kind(&text);
        if kind.is_none() {
            unknown.insert(Field::Type);
        }
        kind
    });
}
