//! What a JSON value means as a field of an event. Null is *absent*; what does not fit is *unknown*, and said so.

use super::json::{Decimal, NodeKind, Value};
use crate::core::event::{Event, EventKind, Field, FieldSet, NamedIdentifiers, SentFile};
use crate::core::time::EventTime;
use crate::core::units::ByteCount;
use std::borrow::Cow;

/// The largest count or size that is taken: 2^53, beyond which JSON numbers do not interoperate (RFC 8259, section 6).
pub const MAX_COUNT: u64 = 1 << 53;

/// Whether a value of the wrong type stood somewhere inside one that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Whole,
    Partly,
}

impl Fit {
    /// Marks `field` unless all of it fitted.
    pub(super) fn note(self, field: Field, unknown: &mut FieldSet) {
        match self {
            Self::Whole => {}
            Self::Partly => {
                unknown.insert(field);
            }
        }
    }
}

/// A text without the white space around it; blank is absent.
pub(super) fn trimmed(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!text.is_empty()).then_some(text)
}

/// A name or other short text, without the white space around it.
#[inline]
pub(super) fn text<'a>(value: Value<'_, 'a>, field: Field, unknown: &mut FieldSet) -> Option<Cow<'a, str>> {
    if let Some(text) = plain(value) {
        return Some(Cow::Borrowed(text));
    }
    verbatim(value, field, unknown).and_then(trimmed)
}

/// The common case of a text: no escapes, and nothing to trim.
#[inline]
fn plain<'a>(value: Value<'_, 'a>) -> Option<&'a str> {
    if value.kind() != NodeKind::Text {
        return None;
    }
    let raw = value.raw();
    matches!(raw.as_bytes(), [b'!'..=b'~', .., b'!'..=b'~']).then_some(raw)
}

/// A text as it is; blank is absent.
pub(super) fn verbatim<'a>(value: Value<'_, 'a>, field: Field, unknown: &mut FieldSet) -> Option<Cow<'a, str>> {
    let text = value.text();
    if text.is_none() && value.kind() != NodeKind::Null {
        unknown.insert(field);
    }
    text.filter(|text| matches!(text.as_bytes().first(), Some(b'!'..=b'~')) || !text.trim().is_empty())
}

/// A count: a whole number up to [`MAX_COUNT`], however it is written.
pub(super) fn count(value: Value<'_, '_>, field: Field, unknown: &mut FieldSet) -> Option<u64> {
    let count = match value.kind() {
        NodeKind::Number => whole(value.raw()).filter(|count| *count <= MAX_COUNT),
        NodeKind::Null => return None,
        NodeKind::Bool | NodeKind::Text | NodeKind::EscapedText | NodeKind::Array | NodeKind::Object => None,
    };
    if count.is_none() {
        unknown.insert(field);
    }
    count
}

/// A whole number that is not negative: `20`, `20.0` or `2e1`.
pub(super) fn whole(raw: &str) -> Option<u64> {
    raw.parse().ok().or_else(|| Decimal::parse(raw)?.whole(1))
}

/// A time: RFC 3339 text, or integer epoch milliseconds.
pub(super) fn time(value: Value<'_, '_>) -> Option<EventTime> {
    match value.kind() {
        NodeKind::Text | NodeKind::EscapedText => EventTime::parse_rfc3339(&value.text()?),
        NodeKind::Number => EventTime::from_millis(i64::try_from(whole(value.raw())?).ok()?),
        NodeKind::Null | NodeKind::Bool | NodeKind::Array | NodeKind::Object => None,
    }
}

/// The kind of event that a text names.
pub(super) fn event_kind(text: &str) -> Option<EventKind> {
    match text {
        "query" => Some(EventKind::Query),
        "egress" => Some(EventKind::Egress),
        _ => None,
    }
}

/// One text of a list. A number stands for its digits: phone numbers and customer ids often come so.
#[inline]
pub(super) fn element<'a>(value: Value<'_, 'a>) -> (Option<Cow<'a, str>>, Fit) {
    if let Some(text) = plain(value) {
        return (Some(Cow::Borrowed(text)), Fit::Whole);
    }
    match value.kind() {
        NodeKind::Null => (None, Fit::Whole),
        NodeKind::Text | NodeKind::EscapedText => match value.text() {
            Some(text) => (trimmed(text), Fit::Whole),
            None => (None, Fit::Partly),
        },
        NodeKind::Number => (digits(value.raw()), Fit::Partly),
        NodeKind::Bool | NodeKind::Array | NodeKind::Object => (None, Fit::Partly),
    }
}

/// The digits of a whole number that is not negative: `13800138000`, also of `13800138000.0`.
pub(super) fn digits(raw: &str) -> Option<Cow<'_, str>> {
    if raw.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Cow::Borrowed(raw));
    }
    Decimal::parse(raw)?.whole(1).map(|whole| Cow::Owned(whole.to_string()))
}

/// A list of texts: an array, or one text (or number) in place of one with one element. Gives each to `take`.
pub(super) fn list<'a>(value: Value<'_, 'a>, take: &mut dyn FnMut(Cow<'a, str>)) -> Fit {
    match value.kind() {
        NodeKind::Null => Fit::Whole,
        NodeKind::Array => {
            let mut fit = Fit::Whole;
            for item in value.items() {
                let (text, own) = element(item);
                text.into_iter().for_each(&mut *take);
                if own == Fit::Partly {
                    fit = Fit::Partly;
                }
            }
            fit
        }
        NodeKind::Bool | NodeKind::Number | NodeKind::Text | NodeKind::EscapedText | NodeKind::Object => {
            element(value).0.into_iter().for_each(take);
            Fit::Partly
        }
    }
}

/// `objects`: an array of texts.
pub(super) fn objects<'a>(value: Value<'_, 'a>, event: &mut Event<'a>) {
    let objects = &mut event.objects;
    list(value, &mut |object| objects.push(object)).note(Field::Objects, &mut event.unknown_fields);
}

/// `identifiers`: an object of kind → array of texts.
pub(super) fn identifiers<'a>(value: Value<'_, 'a>, event: &mut Event<'a>) {
    match value.kind() {
        NodeKind::Null => return,
        NodeKind::Object => {}
        NodeKind::Bool | NodeKind::Number | NodeKind::Text | NodeKind::EscapedText | NodeKind::Array => {
            event.unknown_fields.insert(Field::Identifiers);
            return;
        }
    }
    for (kind, values) in value.entries() {
        let mut named = Vec::with_capacity(values.size_hint());
        let fit = list(values, &mut |text| named.push(text));
        fit.note(Field::Identifiers, &mut event.unknown_fields);
        match kind.text() {
            Some(_) if named.is_empty() => {}
            Some(kind) => event.identifiers.push(NamedIdentifiers { kind, values: named }),
            None => {
                event.unknown_fields.insert(Field::Identifiers);
            }
        }
    }
}

/// `files`: an array of `{name, size, type}`, or one of them.
pub(super) fn files<'a>(value: Value<'_, 'a>, event: &mut Event<'a>) {
    let mut unknown = FieldSet::EMPTY;
    match value.kind() {
        NodeKind::Null => {}
        NodeKind::Array => event.files.extend(value.items().filter_map(|item| sent_file(item, &mut unknown))),
        NodeKind::Bool | NodeKind::Number | NodeKind::Text | NodeKind::EscapedText | NodeKind::Object => {
            unknown.insert(Field::Files);
            event.files.extend(sent_file(value, &mut unknown));
        }
    }
    if !unknown.is_empty() {
        event.unknown_fields.insert(Field::Files);
    }
}

fn sent_file<'a>(value: Value<'_, 'a>, unknown: &mut FieldSet) -> Option<SentFile<'a>> {
    if value.kind() != NodeKind::Object {
        unknown.insert(Field::Files);
        return None;
    }
    let mut file = SentFile::default();
    for (key, value) in value.entries() {
        match key.text().as_deref() {
            Some("name") => file.name = text(value, Field::Files, unknown),
            Some("size") => file.size = count(value, Field::Files, unknown).map(ByteCount),
            Some("type") => file.media_type = text(value, Field::Files, unknown),
            Some(_) | None => {}
        }
    }
    Some(file)
}
