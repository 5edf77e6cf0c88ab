//! One line of a directory file.

use super::error::{DirectoryError, DirectoryProblem};
use crate::core::activity::{ActorKind, DestinationClass};
use crate::core::time::EventTime;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// A longer line is refused.
pub(super) const MAX_LINE_BYTES: usize = 64 * 1024;
/// An actor has at most this many aliases.
pub(super) const MAX_ALIASES: usize = 1_000;

/// What a line says.
#[derive(Debug)]
pub(super) enum Line {
    Actor(ActorLine),
    Destination(DestinationLine),
    Lease(LeaseLine),
}

#[derive(Debug)]
pub(super) struct ActorLine {
    pub actor: String,
    pub aliases: Vec<String>,
    pub role: Option<String>,
    pub team: Option<String>,
    pub kind: ActorKind,
    pub tz: Option<String>,
    pub notice_at: Option<EventTime>,
    pub left_at: Option<EventTime>,
}

#[derive(Debug)]
pub(super) struct DestinationLine {
    pub destination: String,
    pub class: DestinationClass,
    pub owner: Option<String>,
}

#[derive(Debug)]
pub(super) struct LeaseLine {
    pub client_ip: String,
    pub actor: String,
    pub from: Option<EventTime>,
    pub to: Option<EventTime>,
}

/// A read line, and the names of its keys that mean nothing here.
pub(super) struct Read {
    pub line: Line,
    pub ignored: Vec<String>,
}

/// Reads line number `number`.
pub(super) fn read(text: &str, number: usize) -> Result<Read, DirectoryError> {
    let error = |problem| DirectoryError { line: number, field: "", problem };
    if text.len() > MAX_LINE_BYTES {
        return Err(error(DirectoryProblem::TooLong { max: MAX_LINE_BYTES }));
    }
    let keys: Keys = serde_json::from_str(text).map_err(|json| {
        error(if json.is_data() {
            DirectoryProblem::NotObject
        } else {
            DirectoryProblem::NotJson { column: json.column() }
        })
    })?;
    let mut fields = Fields { keys: keys.entries, line: number };
    if keys.repeated {
        return Err(error(DirectoryProblem::RepeatedKey));
    }
    let line = match (fields.has("actor"), fields.has("destination"), fields.has("client_ip")) {
        (true, false, false) => Line::Actor(fields.actor()?),
        (false, true, false) => Line::Destination(fields.destination()?),
        (_, false, true) => Line::Lease(fields.lease()?),
        (false, false, false) => return Err(error(DirectoryProblem::NoKind)),
        (true, true, _) | (false, true, true) => return Err(error(DirectoryProblem::TwoKinds)),
    };
    Ok(Read { line, ignored: fields.keys.into_iter().map(|(key, _)| key).collect() })
}

/// The fields of a line that were not taken yet.
struct Fields {
    keys: Vec<(String, Value)>,
    line: usize,
}

const TEXT: &str = "text that is not empty";
const TEXTS: &str = "a list of texts, at most 1,000";
const TIME: &str = "an RFC 3339 time, or integer milliseconds since 1970";

impl Fields {
    fn has(&self, field: &str) -> bool {
        self.keys.iter().any(|(key, value)| key == field && !value.is_null())
    }

    fn take(&mut self, field: &str) -> Option<Value> {
        let at = self.keys.iter().position(|(key, _)| key == field)?;
        Some(self.keys.swap_remove(at).1).filter(|value| !value.is_null())
    }

    fn error(&self, field: &'static str, problem: DirectoryProblem) -> DirectoryError {
        DirectoryError { line: self.line, field, problem }
    }

    fn expected(&self, field: &'static str, expected: &'static str) -> DirectoryError {
        self.error(field, DirectoryProblem::Expected { expected })
    }

    fn required(&mut self, field: &'static str) -> Result<String, DirectoryError> {
        let missing = self.error(field, DirectoryProblem::Missing { expected: TEXT });
        self.text(field)?.ok_or(missing)
    }

    fn text(&mut self, field: &'static str) -> Result<Option<String>, DirectoryError> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
            Some(_) => Err(self.expected(field, TEXT)),
        }
    }

    /// Text that may be empty, which says as little as a missing field.
    fn label(&mut self, field: &'static str) -> Result<Option<String>, DirectoryError> {
        match self.take(field) {
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(_) => Err(self.expected(field, "text")),
            None => Ok(None),
        }
    }

    fn texts(&mut self, field: &'static str) -> Result<Vec<String>, DirectoryError> {
        let Some(value) = self.take(field) else { return Ok(Vec::new()) };
        let Value::Array(items) = value else { return Err(self.expected(field, TEXTS)) };
        if items.len() > MAX_ALIASES {
            return Err(self.expected(field, TEXTS));
        }
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::String(text) if !text.trim().is_empty() => texts.push(text),
                _ => return Err(self.expected(field, TEXTS)),
            }
        }
        Ok(texts)
    }

    fn time(&mut self, field: &'static str) -> Result<Option<EventTime>, DirectoryError> {
        let time = match self.take(field) {
            None => return Ok(None),
            Some(Value::String(text)) => EventTime::parse_rfc3339(&text),
            Some(Value::Number(number)) => number.as_i64().and_then(EventTime::from_millis),
            Some(_) => None,
        };
        time.map(Some).ok_or_else(|| self.expected(field, TIME))
    }

    fn actor(&mut self) -> Result<ActorLine, DirectoryError> {
        Ok(ActorLine {
            actor: self.required("actor")?,
            aliases: self.texts("aliases")?,
            role: self.label("role")?,
            team: self.label("team")?,
            kind: match self.label("kind")?.as_deref() {
                None | Some("human") => ActorKind::Human,
                Some("service") => ActorKind::Service,
                Some(_) => return Err(self.expected("kind", "human or service")),
            },
            tz: self.label("tz")?,
            notice_at: self.time("notice_at")?,
            left_at: self.time("left_at")?,
        })
    }

    fn destination(&mut self) -> Result<DestinationLine, DirectoryError> {
        const CLASSES: &str = "internal, partner or external";
        Ok(DestinationLine {
            destination: self.required("destination")?,
            class: match self.label("class")?.as_deref() {
                Some("internal") => DestinationClass::Internal,
                Some("partner") => DestinationClass::Partner,
                Some("external") => DestinationClass::External,
                Some(_) => return Err(self.expected("class", CLASSES)),
                None => return Err(self.error("class", DirectoryProblem::Missing { expected: CLASSES })),
            },
            owner: self.label("owner")?,
        })
    }

    fn lease(&mut self) -> Result<LeaseLine, DirectoryError> {
        let lease = LeaseLine {
            client_ip: self.required("client_ip")?,
            actor: self.required("actor")?,
            from: self.time("from")?,
            to: self.time("to")?,
        };
        if lease.from.zip(lease.to).is_some_and(|(from, to)| to <= from) {
            return Err(self.error("to", DirectoryProblem::EndsBeforeStart));
        }
        Ok(lease)
    }
}

/// The keys of an object in the order of the text: a map would hide that one is there twice.
struct Keys {
    entries: Vec<(String, Value)>,
    repeated: bool,
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Keys { entries: Vec::new(), repeated: false };
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            keys.repeated |= keys.entries.iter().any(|(known, _)| *known == key);
            keys.entries.push((key, value));
        }
        Ok(keys)
    }
}
