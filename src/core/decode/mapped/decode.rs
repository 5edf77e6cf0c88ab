//! Reading a record by a map.

use super::super::draft::Draft;
use super::super::fields;
use super::super::json::{Decimal, NodeKind, Value};
use super::super::{DecodeLimits, Reject};
use super::lists::{files, lists};
use super::scope::{MAX_REPEATED_BYTES, Outer, Scope};
use super::{CountRule, FieldMap, KindRule, Path, TextRule, TimeRule, TimeUnit};
use crate::core::event::{Event, EventKind, Field, FieldSet};
use crate::core::time::EventTime;
use crate::core::units::{ByteCount, Rows};
use std::borrow::Cow;

/// Gives `take` the events that `root` holds, or why there are none.
pub(in crate::core::decode) fn decode<'t, 'a>(
    map: &FieldMap,
    root: Value<'t, 'a>,
    text: &str,
    default_kind: Option<EventKind>,
    limits: &DecodeLimits,
    take: &mut dyn FnMut(u32, Result<Event<'a>, Reject>),
) {
    if !root.is_object() {
        return take(0, Err(Reject::not_object(text, root.start())));
    }
    let elements = map.each.as_ref().and_then(|path| path.first(root)).filter(|value| !value.is_null());
    let Some(elements) = elements else {
        return take(0, event(map, Scope { inner: root, outer: None }, text, default_kind));
    };
    let outer = Outer::new(map, root, elements);
    let mut one = |index: u32, element: Value<'t, 'a>| {
        if !element.is_object() {
            return take(index, Err(Reject::not_object(text, element.start())));
        }
        take(index, event(map, Scope { inner: element, outer: Some(&outer) }, text, default_kind));
    };
    if elements.kind() != NodeKind::Array {
        return one(0, elements);
    }
    let number = elements.items().take(limits.max_events.saturating_add(1)).count();
    if number > limits.max_events {
        return take(0, Err(Reject::too_many_events(limits.max_events)));
    }
    if outer.bytes().saturating_mul(number) > MAX_REPEATED_BYTES {
        return take(0, Err(Reject::repeats_too_much(MAX_REPEATED_BYTES)));
    }
    (0..).zip(elements.items()).for_each(|(index, element)| one(index, element));
}

fn event<'a>(
    map: &FieldMap,
    scope: Scope<'_, '_, 'a>,
    text: &str,
    default_kind: Option<EventKind>,
) -> Result<Event<'a>, Reject> {
    let mut draft = Draft::new();
    let is_swapped = map.swap_if.as_ref().is_some_and(|rule| {
        let told = scope.find(&rule.path).and_then(scalar);
        told.is_some_and(|told| rule.equals.0.iter().any(|value| value.eq_ignore_ascii_case(&told)))
    });
    if let Some(rule) = &map.kind {
        draft.kind = kind(&rule.0, scope, &mut draft.event.unknown_fields);
    }
    (draft.time, draft.time_at) = time(&map.time.0, scope);
    if let Some(rule) = &map.received {
        let (received, at) = time(&rule.0, scope);
        draft.event.received = received;
        mark(Field::Received, received.is_none() && at.is_some(), &mut draft.event.unknown_fields);
    }
    for (field, rule) in map.texts() {
        let text = text_of(rule, field, is_swapped, scope, &mut draft.event.unknown_fields);
        if let Some(slot) = text_slot(&mut draft.event, field) {
            *slot = text;
        }
    }
    let unknown = &mut draft.event.unknown_fields;
    let mut number =
        |rule: Option<&CountRule>, field| rule.and_then(|rule| count(rule, field, is_swapped, scope, unknown));
    draft.event.rows = number(map.rows.as_ref().map(|rule| &rule.0), Field::Rows).map(Rows);
    draft.event.bytes = number(map.bytes.as_ref().map(|rule| &rule.0), Field::Bytes).map(ByteCount);
    lists(map, scope, &mut draft.event);
    if let Some(rule) = &map.files {
        files(&rule.0, scope, &mut draft.event);
    }
    draft.finish(default_kind, text).map(|()| draft.event)
}

/// Notes that `field` is unknown, if it is.
pub(super) fn mark(field: Field, is_unknown: bool, unknown: &mut FieldSet) {
    if is_unknown {
        unknown.insert(field);
    }
}

/// Where an event keeps a text field.
fn text_slot<'e, 'a>(event: &'e mut Event<'a>, field: Field) -> Option<&'e mut Option<Cow<'a, str>>> {
    match field {
        Field::Id => Some(&mut event.id),
        Field::Actor => Some(&mut event.actor),
        Field::Session => Some(&mut event.session),
        Field::ClientIp => Some(&mut event.client_ip),
        Field::App => Some(&mut event.app),
        Field::Database => Some(&mut event.database),
        Field::Operation => Some(&mut event.operation),
        Field::Statement => Some(&mut event.statement),
        Field::Channel => Some(&mut event.channel),
        Field::Destination => Some(&mut event.destination),
        Field::Content => Some(&mut event.content),
        Field::ContentBase64 => Some(&mut event.content_base64),
        Field::Type
        | Field::Time
        | Field::Objects
        | Field::Rows
        | Field::Bytes
        | Field::Identifiers
        | Field::Files
        | Field::Received => None,
    }
}

/// The paths to try, in order.
fn candidates<'r>(
    path: Option<&'r Path>,
    or: &'r [Path],
    swapped: &'r [Path],
    is_swapped: bool,
) -> impl Iterator<Item = &'r Path> {
    let (first, others) = if is_swapped && !swapped.is_empty() { (None, swapped) } else { (path, or) };
    first.into_iter().chain(others)
}

/// The text that a rule leads to.
pub(super) fn text_of<'a>(
    rule: &TextRule,
    field: Field,
    is_swapped: bool,
    scope: Scope<'_, '_, 'a>,
    unknown: &mut FieldSet,
) -> Option<Cow<'a, str>> {
    for path in candidates(rule.path.as_ref(), &rule.or.0, &rule.swapped.0, is_swapped) {
        let Some(value) = scope.find(path) else { continue };
        let text = match (value.kind(), field) {
            (NodeKind::Number, _) => {
                let digits = fields::digits(value.raw());
                mark(field, digits.is_none(), unknown);
                digits
            }
            (_, Field::Statement | Field::Content | Field::ContentBase64) => fields::verbatim(value, field, unknown),
            (_, _) => fields::text(value, field, unknown),
        };
        if text.is_some() {
            return text;
        }
    }
    rule.fixed.as_ref().map(|text| Cow::Owned(text.clone()))
}

/// The number that a rule leads to.
pub(super) fn count(
    rule: &CountRule,
    field: Field,
    is_swapped: bool,
    scope: Scope<'_, '_, '_>,
    unknown: &mut FieldSet,
) -> Option<u64> {
    for path in candidates(rule.path.as_ref(), &rule.or.0, &rule.swapped.0, is_swapped) {
        let Some(value) = scope.find(path) else { continue };
        let number = number(value, rule.string).and_then(|number| match rule.unit {
            Some(unit) => number.ceil(unit.bytes()),
            None => number.whole(1),
        });
        let number = number.filter(|number| *number <= fields::MAX_COUNT);
        mark(field, number.is_none(), unknown);
        if number.is_some() {
            return number;
        }
    }
    rule.fixed
}

/// A number, also in a string where `from_string`; zeros before a string's digits do not matter.
fn number(value: Value<'_, '_>, from_string: bool) -> Option<Decimal> {
    match value.kind() {
        NodeKind::Number => Decimal::parse(value.raw()),
        NodeKind::Text | NodeKind::EscapedText if from_string => {
            let text = value.text()?;
            let text = text.trim();
            let leading = text.len() - text.trim_start_matches('0').len();
            let digits = text[leading..].bytes().take_while(u8::is_ascii_digit).count();
            Decimal::parse(if digits == 0 && leading > 0 { &text[leading - 1..] } else { &text[leading..] })
        }
        NodeKind::Null
        | NodeKind::Bool
        | NodeKind::Text
        | NodeKind::EscapedText
        | NodeKind::Array
        | NodeKind::Object => None,
    }
}

/// The time, and where something stands for it if it does.
fn time(rule: &TimeRule, scope: Scope<'_, '_, '_>) -> (Option<EventTime>, Option<usize>) {
    let mut at = None;
    for path in [&rule.path].into_iter().chain(&rule.or.0) {
        let Some(value) = scope.find(path) else { continue };
        at.get_or_insert(value.start());
        let time = match (value.kind(), rule.unit) {
            (NodeKind::Number, None) => fields::time(value),
            (_, _) => value.text().and_then(|text| EventTime::parse_rfc3339(&text)).or_else(|| epoch(value, rule)),
        };
        if time.is_some() {
            return (time, at);
        }
    }
    (None, at)
}

/// A time as a number since the epoch, rounded down to milliseconds.
fn epoch(value: Value<'_, '_>, rule: &TimeRule) -> Option<EventTime> {
    let number = number(value, rule.string)?;
    let ms = match rule.unit {
        None => number.whole(1)?,
        Some(TimeUnit::S) => number.floor(1_000)?,
        Some(TimeUnit::Ms) => number.floor(1)?,
        Some(TimeUnit::Us) => number.floor(1)? / 1_000,
        Some(TimeUnit::Ns) => number.floor(1)? / 1_000_000,
    };
    EventTime::from_millis(i64::try_from(ms).ok()?)
}

/// The text of a string, number or boolean.
fn scalar<'a>(value: Value<'_, 'a>) -> Option<Cow<'a, str>> {
    match value.kind() {
        NodeKind::Text | NodeKind::EscapedText => value.text().and_then(fields::trimmed),
        NodeKind::Number | NodeKind::Bool => Some(Cow::Borrowed(value.raw())),
        NodeKind::Null | NodeKind::Array | NodeKind::Object => None,
    }
}

fn kind(rule: &KindRule, scope: Scope<'_, '_, '_>, unknown: &mut FieldSet) -> Option<EventKind> {
    for path in candidates(rule.path.as_ref(), &rule.or.0, &[], false) {
        let Some(value) = scope.find(path) else { continue };
        let kind = scalar(value).and_then(|told| {
            let meant = rule.values.iter().find(|(value, _)| value.eq_ignore_ascii_case(&told));
            meant.map(|(_, kind)| EventKind::from(*kind)).or_else(|| fields::event_kind(&told))
        });
        mark(Field::Type, kind.is_none(), unknown);
        if kind.is_some() {
            return kind;
        }
    }
    rule.fixed.map(EventKind::from)
}
