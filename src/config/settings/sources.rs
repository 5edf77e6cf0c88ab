//! `sources`, checked.

use super::checker::Checker;
use super::topics::check_name;
use crate::config::document::At;
use crate::config::raw::{SilentBy, Source, SourceType};
use crate::core::decode::{Decoder, DecoderName, DecoderNameError, FieldMap};
use crate::core::event::EventKind;
use crate::core::time::Millis;
use serde_json::Value;

/// A topic that events come from.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// The topic.
    pub topic: String,
    /// The format of its records.
    pub decoder: Decoder,
    /// What its events are, unless every record says it.
    pub kind: Option<EventKind>,
    /// When its silence is an incident.
    pub silent: Option<SilentSettings>,
}

/// When a source's silence is an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SilentSettings {
    /// After how long without an event.
    pub after: Millis,
    /// Each value of this field is watched by itself.
    pub by: Option<SilentBy>,
}

const SILENT_MIN: Millis = Millis::from_mins(1);
const SILENT_MAX: Millis = Millis::from_days(30);
/// More sources than this are refused.
const MAX_SOURCES: usize = 1_000;

pub(super) fn check(raw: &[Source], checker: &mut Checker<'_>) -> Vec<SourceSettings> {
    let at = At::ROOT.key("sources");
    if raw.len() > MAX_SOURCES {
        checker.fail(&at, format!("expected at most {MAX_SOURCES} sources"));
    }
    raw.iter().enumerate().filter_map(|(index, source)| check_source(source, &at.item(index), checker)).collect()
}

fn check_source(raw: &Source, at: &At<'_>, checker: &mut Checker<'_>) -> Option<SourceSettings> {
    check_name(&raw.topic, &at.key("topic"), checker);
    let silent = raw.silent.map(|silent| SilentSettings {
        after: checker.span(&at.key("silent").key("after"), silent.after, SILENT_MIN..=SILENT_MAX),
        by: silent.by,
    });
    let kind = raw.kind.map(|kind| match kind {
        SourceType::Query => EventKind::Query,
        SourceType::Egress => EventKind::Egress,
    });
    let decoder = check_decoder(raw, at, checker)?;
    Some(SourceSettings { topic: raw.topic.clone(), decoder, kind, silent })
}

fn check_decoder(raw: &Source, at: &At<'_>, checker: &mut Checker<'_>) -> Option<Decoder> {
    match known(&raw.decoder, &at.key("decoder"), checker)? {
        DecoderName::Native => {
            if raw.map.is_some() {
                checker.fail(&at.key("map"), "has no effect: expected decoder mapped beside it");
            }
            Some(Decoder::Native)
        }
        DecoderName::Mapped => check_map(raw, at, checker).map(|map| Decoder::Mapped(Box::new(map))),
    }
}

/// The decoder called `name`; a problem where this release has none.
fn known(name: &str, at: &At<'_>, checker: &mut Checker<'_>) -> Option<DecoderName> {
    let error = match DecoderName::parse(name) {
        Ok(name) => return Some(name),
        Err(error) => error,
    };
    match error {
        DecoderNameError::Reserved(_) | DecoderNameError::ReservedPreset(_) => checker.fail(at, error.to_string()),
        DecoderNameError::Unknown(_) => checker.fail(at, "expected native or mapped"),
    }
    None
}

fn check_map(raw: &Source, at: &At<'_>, checker: &mut Checker<'_>) -> Option<FieldMap> {
    let map_at = at.key("map");
    let Some(map) = raw.map.as_ref().filter(|map| map.is_object()) else {
        checker.fail(&map_at, "is missing, expected the field map that decoder mapped needs");
        return None;
    };
    // A preset stands for the other keys, so it is looked at before their absence is.
    if let Some(preset) = map.get("preset").and_then(Value::as_str) {
        known(preset, &map_at.key("preset"), checker);
        return None;
    }
    let map: FieldMap = checker.section(&map_at, map)?;
    if let Err(error) = map.check() {
        checker.fail_inside(&map_at, &error.field, &error.problem);
    }
    if raw.kind.is_none() && map.kind.is_none() {
        checker.fail(&at.key("type"), "is missing, expected query or egress where the map does not say it");
    }
    Some(map)
}
