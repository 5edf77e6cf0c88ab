//! Fields of several values, by their rules.

use super::super::fields::{self, Fit};
use super::super::json::{NodeKind, Value};
use super::decode::{count, mark, text_of};
use super::scope::Scope;
use super::{FieldMap, FilesRule, ListRule, Path};
use crate::core::event::{Event, Field, NamedIdentifiers, SentFile};
use crate::core::units::ByteCount;
use std::borrow::Cow;

/// `objects` and `identifiers`.
pub(super) fn lists<'a>(map: &FieldMap, scope: Scope<'_, '_, 'a>, event: &mut Event<'a>) {
    for (field, kind, rule) in map.lists() {
        let mut texts = Vec::new();
        list(rule, scope, &mut texts).note(field, &mut event.unknown_fields);
        match kind {
            None => event.objects.extend(texts),
            Some(_) if texts.is_empty() => {}
            Some(kind) => {
                event.identifiers.push(NamedIdentifiers { kind: Cow::Owned(kind.to_owned()), values: texts });
            }
        }
    }
}

fn list<'a>(rule: &ListRule, scope: Scope<'_, '_, 'a>, texts: &mut Vec<Cow<'a, str>>) -> Fit {
    let mut fit = Fit::Whole;
    let mut take = |path: &Path, texts: &mut Vec<_>| {
        scope.find_all(path, &mut |value| {
            if list_values(value, texts) == Fit::Partly {
                fit = Fit::Partly;
            }
        });
    };
    rule.path.0.iter().for_each(|path| take(path, texts));
    for path in &rule.or.0 {
        if texts.is_empty() {
            take(path, texts);
        }
    }
    if texts.is_empty() {
        texts.extend(rule.fixed.0.iter().map(|text| Cow::Owned(text.clone())));
    }
    fit
}

/// A text, an integer, or an array of them: here a map says that they are meant, so none of them is a wrong type.
fn list_values<'a>(value: Value<'_, 'a>, texts: &mut Vec<Cow<'a, str>>) -> Fit {
    let mut fit = Fit::Whole;
    let mut take = |value: Value<'_, 'a>| {
        let (text, own) = fields::element(value);
        if own == Fit::Partly && text.is_none() {
            fit = Fit::Partly;
        }
        texts.extend(text);
    };
    match value.kind() {
        NodeKind::Array => value.items().for_each(take),
        NodeKind::Null
        | NodeKind::Bool
        | NodeKind::Number
        | NodeKind::Text
        | NodeKind::EscapedText
        | NodeKind::Object => take(value),
    }
    fit
}

/// `files`.
pub(super) fn files<'a>(rule: &FilesRule, scope: Scope<'_, '_, 'a>, event: &mut Event<'a>) {
    let Event { files, unknown_fields, .. } = event;
    let mut one = |value: Value<'_, 'a>| {
        if !value.is_object() {
            mark(Field::Files, !value.is_null(), unknown_fields);
            return;
        }
        let inside = Scope { inner: value, outer: None };
        files.push(SentFile {
            name: text_of(&rule.name.0, Field::Files, false, inside, unknown_fields),
            size: count(&rule.size.0, Field::Files, false, inside, unknown_fields).map(ByteCount),
            media_type: text_of(&rule.media_type.0, Field::Files, false, inside, unknown_fields),
        });
    };
    scope.find_all(&rule.path, &mut |value| match value.kind() {
        NodeKind::Array => value.items().for_each(&mut one),
        NodeKind::Null
        | NodeKind::Bool
        | NodeKind::Number
        | NodeKind::Text
        | NodeKind::EscapedText
        | NodeKind::Object => one(value),
    });
}
