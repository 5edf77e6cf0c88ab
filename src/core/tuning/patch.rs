//! A suggestion as a change of the rule files: only what changes, everything else as it was written.

use super::cells::{Cell, Knob, rounded_up};
use super::search::Suggestion;
use crate::core::rules::{BaselineSpec, Rule, RuleSet};
use std::collections::BTreeSet;
use std::str::FromStr;
use thiserror::Error;
use yaml_edit::{Document, Mapping};

/// Why a rule file could not be changed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PatchError {
    /// It is not laid out as expected.
    #[error("{file}: {rule}: expected {expected}, to change it")]
    Layout {
        /// The file.
        file: String,
        /// The rule.
        rule: String,
        /// What was expected.
        expected: &'static str,
    },
}

/// A rule file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patched {
    /// The file.
    pub file: String,
    /// As it was.
    pub before: String,
    /// As it should be.
    pub after: String,
}

impl Patched {
    /// The change as a unified diff; empty where there is none.
    pub fn diff(&self) -> String {
        if self.before == self.after {
            return String::new();
        }
        let (before, after) = (format!("a/{}", self.file), format!("b/{}", self.file));
        let mut options = diffy::DiffOptions::new();
        options.set_original_filename(before).set_modified_filename(after);
        options.create_patch(&self.before, &self.after).to_string()
    }
}

/// The files (name and text), changed as `suggestion` says. `rules` is what they amount to.
///
/// # Errors
/// [`PatchError`]
pub fn patched(files: &[(&str, &str)], rules: &RuleSet, suggestion: &Suggestion) -> Result<Vec<Patched>, PatchError> {
    files.iter().map(|(file, yaml)| patch_file(file, yaml, rules, suggestion)).collect()
}

fn patch_file(file: &str, yaml: &str, rules: &RuleSet, suggestion: &Suggestion) -> Result<Patched, PatchError> {
    let fault = |rule: &str, expected| PatchError::Layout { file: file.into(), rule: rule.into(), expected };
    let document = Document::from_str(yaml).map_err(|_| fault("yaml", "a YAML document"))?;
    let listed = document.as_mapping().and_then(|top| top.get_sequence("rules"));
    let listed = listed.ok_or_else(|| fault("rules", "a list"))?;
    let mut done = BTreeSet::new();
    for at in 0..listed.len() {
        let Some(written) = listed.get(at).and_then(|node| node.as_mapping().cloned()) else { continue };
        let id = written.get("id").map(|id| id.to_string().trim().trim_matches(['"', '\'']).to_owned());
        let Some(id) = id.filter(|id| done.insert(id.clone())) else { continue };
        for (cell, value) in suggestion.cells.iter().zip(&suggestion.values) {
            let rule = &rules.rules[cell.rule];
            if rule.id == id && cell.is_turned_by(*value) {
                let arm = arm(&written, rule).ok_or_else(|| fault(&id, "`also` with as many counts as were read"))?;
                turn(&arm, rule, cell, *value).map_err(|expected| fault(&id, expected))?;
            }
        }
    }
    Ok(Patched { file: file.into(), before: yaml.into(), after: document.to_string() })
}

/// Where a rule's count is written: in the rule itself, or further down.
fn arm(written: &Mapping, rule: &Rule) -> Option<Mapping> {
    match rule.arm.checked_sub(1) {
        None => Some(written.clone()),
        Some(further) => written.get_sequence("also")?.get(further.into())?.as_mapping().cloned(),
    }
}

fn turn(arm: &Mapping, rule: &Rule, cell: &Cell, value: f64) -> Result<(), &'static str> {
    match (&cell.knob, &rule.baseline) {
        (Knob::Role(role), _) => turn_role(arm, role, value, cell.warn_share),
        (Knob::Baseline, Some(spec)) => turn_baseline(arm, spec, value),
        (Knob::Baseline, None) => Err("a baseline"),
    }
}

fn turn_role(arm: &Mapping, role: &str, page: f64, warn_share: f64) -> Result<(), &'static str> {
    let page = rounded_up(page);
    let warn = rounded_up(page * warn_share).min(page);
    let roles = inside(&inside(arm, "limit_for")?, "role")?;
    let limits = inside(&roles, role)?;
    limits.set("warn", whole(warn));
    limits.set("page", whole(page));
    Ok(())
}

fn turn_baseline(arm: &Mapping, spec: &BaselineSpec, scale: f64) -> Result<(), &'static str> {
    let baseline = arm.get_mapping("baseline").ok_or("a `baseline`")?;
    baseline.set("floor", whole(rounded_up(spec.floor * scale)));
    for (name, factor) in [("own", spec.own.map(|own| own.1)), ("peers", spec.peers.map(|peers| peers.1))] {
        let Some(factor) = factor else { continue };
        let one = baseline.get_mapping(name).ok_or("`own` and `peers` as mappings")?;
        // A factor of 1 or less would page a day like the day before.
        one.set("factor", ((factor * scale * 10.0).ceil() / 10.0).max(1.1));
    }
    Ok(())
}

/// The mapping at `key`, made where there is none.
fn inside(mapping: &Mapping, key: &str) -> Result<Mapping, &'static str> {
    if let Some(there) = mapping.get_mapping(key) {
        return Ok(there);
    }
    let empty = Document::from_str("{}").ok().and_then(|document| document.as_mapping());
    mapping.set(key, empty.ok_or("an empty mapping")?);
    mapping.get_mapping(key).ok_or("a mapping")
}

#[expect(clippy::cast_possible_truncation, reason = "limits are far below 2^63")]
fn whole(value: f64) -> i64 {
    value.round() as i64
}
