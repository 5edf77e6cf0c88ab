//! What a field map must be before it is used.

use super::super::name::DecoderName;
use super::{CountRule, FieldMap, FilesRule, KindRule, ListRule, Path, TextRule};
use crate::core::event::Field;
use thiserror::Error;

/// Paths of one rule, in each of its lists.
pub const MAX_ALTERNATIVES: usize = 8;

/// What is wrong with a field map, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("map.{field}: {problem}")]
pub struct MapError {
    /// The key under `map`, dotted.
    pub field: String,
    /// What was expected.
    pub problem: String,
}

fn wrong(field: impl Into<String>, problem: impl Into<String>) -> MapError {
    MapError { field: field.into(), problem: problem.into() }
}

impl FieldMap {
    /// Checks what the shape alone does not say.
    ///
    /// # Errors
    /// [`MapError`], for the first rule that cannot work.
    pub fn check(&self) -> Result<(), MapError> {
        if let Some(preset) = &self.preset {
            let problem = DecoderName::parse(preset).err().map(|error| error.to_string());
            return Err(wrong("preset", problem.unwrap_or_else(|| "presets are not yet available".to_owned())));
        }
        if self.actor.is_none() && self.client_ip.is_none() {
            return Err(wrong(Field::Actor.name(), "expected a rule for `actor` or for `client_ip`"));
        }
        self.check_swap()?;
        if let Some(each) = &self.each {
            no_wildcard("each", each)?;
        }
        for (field, rule) in self.texts() {
            text(field.name(), rule)?;
        }
        for (field, rule) in self.counts() {
            count(field.name(), rule)?;
        }
        for (field, rule) in self.times() {
            no_wildcards(field.name(), [&rule.path].into_iter().chain(&rule.or.0))?;
        }
        for (field, kind, rule) in self.lists() {
            let name = kind.map_or_else(|| field.name().to_owned(), |kind| format!("{}.{kind}", field.name()));
            list(&name, kind, rule)?;
        }
        self.kind.iter().try_for_each(|rule| event_kind(&rule.0))?;
        self.files.iter().try_for_each(|rule| files(&rule.0))
    }

    fn check_swap(&self) -> Result<(), MapError> {
        let mut swapped = self.texts().map(|(field, rule)| (field, &rule.swapped));
        let mut counts = self.counts().map(|(field, rule)| (field, &rule.swapped));
        let first = swapped.find(|(_, paths)| !paths.0.is_empty()).or(counts.find(|(_, paths)| !paths.0.is_empty()));
        match (&self.swap_if, first) {
            (None, None) => Ok(()),
            (None, Some((field, _))) => Err(wrong(field.name(), "`swapped` expects a `swap_if` beside the fields")),
            (Some(_), None) => Err(wrong("swap_if", "expected a field with a `swapped` path")),
            (Some(rule), Some(_)) => {
                if rule.equals.0.is_empty() {
                    return Err(wrong("swap_if.equals", "expected a value"));
                }
                no_wildcard("swap_if", &rule.path)
            }
        }
    }
}

fn text(name: &str, rule: &TextRule) -> Result<(), MapError> {
    let TextRule { path, or, swapped, fixed } = rule;
    is_told(name, path.is_some() || fixed.is_some())?;
    needs_path(name, path.as_ref(), &or.0, &swapped.0)?;
    if fixed.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return Err(wrong(name, "expected a `const` that is not blank"));
    }
    no_wildcards(name, path.iter().chain(&or.0))?;
    no_wildcards(name, &swapped.0)
}

fn count(name: &str, rule: &CountRule) -> Result<(), MapError> {
    let CountRule { path, or, swapped, fixed, string: _, unit } = rule;
    is_told(name, path.is_some() || fixed.is_some())?;
    needs_path(name, path.as_ref(), &or.0, &swapped.0)?;
    if unit.is_some() && name == Field::Rows.name() {
        return Err(wrong(name, "`unit` is for sizes, rows have none"));
    }
    if fixed.is_some_and(|count| count > super::super::MAX_COUNT) {
        return Err(wrong(name, format!("expected a `const` of at most {}", super::super::MAX_COUNT)));
    }
    no_wildcards(name, path.iter().chain(&or.0))?;
    no_wildcards(name, &swapped.0)
}

fn list(name: &str, kind: Option<&str>, rule: &ListRule) -> Result<(), MapError> {
    let ListRule { path, or, fixed } = rule;
    if kind.is_some_and(|kind| kind.trim().is_empty()) {
        return Err(wrong(name, "expected the identifier's kind"));
    }
    is_told(name, !path.0.is_empty() || !fixed.0.is_empty())?;
    needs_path(name, path.0.first(), &or.0, &[])?;
    few(name, path.0.len())?;
    few(name, or.0.len())
}

fn event_kind(rule: &KindRule) -> Result<(), MapError> {
    let KindRule { path, or, values, fixed } = rule;
    let name = Field::Type.name();
    is_told(name, path.is_some() || fixed.is_some())?;
    needs_path(name, path.as_ref(), &or.0, &[])?;
    if path.is_none() && !values.is_empty() {
        return Err(wrong(name, "`values` expects a `path`"));
    }
    no_wildcards(name, path.iter().chain(&or.0))
}

fn files(rule: &FilesRule) -> Result<(), MapError> {
    let FilesRule { path: _, name, size, media_type } = rule;
    let swapped = [&name.0.swapped, &size.0.swapped, &media_type.0.swapped];
    if swapped.iter().any(|paths| !paths.0.is_empty()) {
        return Err(wrong(Field::Files.name(), "a file has no `swapped` path"));
    }
    text("files.name", &name.0)?;
    count("files.size", &size.0)?;
    text("files.type", &media_type.0)
}

fn is_told(name: &str, is_told: bool) -> Result<(), MapError> {
    if is_told { Ok(()) } else { Err(wrong(name, "expected a `path` or a `const`")) }
}

fn needs_path(name: &str, path: Option<&Path>, or: &[Path], swapped: &[Path]) -> Result<(), MapError> {
    if path.is_none() && !or.is_empty() {
        return Err(wrong(name, "`or` expects a `path` before it"));
    }
    if path.is_none() && !swapped.is_empty() {
        return Err(wrong(name, "`swapped` expects a `path` beside it"));
    }
    Ok(())
}

fn no_wildcards<'p>(name: &str, paths: impl IntoIterator<Item = &'p Path>) -> Result<(), MapError> {
    let mut number = 0;
    for path in paths {
        no_wildcard(name, path)?;
        number += 1;
    }
    few(name, number)
}

fn few(name: &str, number: usize) -> Result<(), MapError> {
    // The first path and its alternatives.
    if number <= MAX_ALTERNATIVES + 1 {
        return Ok(());
    }
    Err(wrong(name, format!("has {number} paths, expected at most {}", MAX_ALTERNATIVES + 1)))
}

fn no_wildcard(name: &str, path: &Path) -> Result<(), MapError> {
    if path.has_wildcard() {
        return Err(wrong(name, format!("`*` in path `{path}`: expected a path to one value")));
    }
    Ok(())
}
