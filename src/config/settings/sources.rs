//! `sources`, checked.

use super::checker::Checker;
use super::topics::check_name;
use crate::config::document::At;
use crate::config::raw::{Decoder, MapSettings, SilentBy, Source, SourceType};
use crate::core::event::EventKind;
use crate::core::time::Millis;

/// A topic that events come from.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceSettings {
    /// The topic.
    pub topic: String,
    /// The format of its records.
    pub decoder: DecoderSettings,
    /// What its events are, unless every record says it.
    pub kind: Option<EventKind>,
    /// When its silence is an incident.
    pub silent: Option<SilentSettings>,
}

/// The format of a source's records.
#[derive(Clone, Debug, PartialEq)]
pub enum DecoderSettings {
    /// The project's own JSON.
    Native,
    /// Any JSON, by a field map.
    Mapped(MapSettings),
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
    if let Some(preset) = raw.preset {
        let message = format!("`{}` is reserved for a later release, expected a map of your own", preset.name());
        checker.fail(&at.key("preset"), message);
    }
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

fn check_decoder(raw: &Source, at: &At<'_>, checker: &mut Checker<'_>) -> Option<DecoderSettings> {
    match raw.decoder {
        Decoder::Native => {
            if raw.map.is_some() {
                checker.fail(&at.key("map"), "has no effect: expected decoder mapped beside it");
            }
            Some(DecoderSettings::Native)
        }
        Decoder::Mapped => check_map(raw, at, checker).map(DecoderSettings::Mapped),
        reserved @ (Decoder::Pgaudit | Decoder::Ocsf | Decoder::RdsDas) => {
            let message = format!("`{}` is reserved for a later release, expected native or mapped", reserved.name());
            checker.fail(&at.key("decoder"), message);
            None
        }
    }
}

/// The seam to the decoder: it reads the map itself, this only makes sure that there is one.
fn check_map(raw: &Source, at: &At<'_>, checker: &mut Checker<'_>) -> Option<MapSettings> {
    let Some(map) = raw.map.as_ref().filter(|map| map.0.is_object()) else {
        checker.fail(&at.key("map"), "is missing, expected the field map that decoder mapped needs");
        return None;
    };
    if raw.kind.is_none() && map.0.get("type").is_none() {
        checker.fail(&at.key("type"), "is missing, expected query or egress where the map does not say it");
    }
    Some(map.clone())
}
