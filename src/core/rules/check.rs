//! From the shape of rule files to checked rules.

use super::exceptions::check_exception;
use super::filter::Filter;
use super::limits::LimitTable;
use super::model::{BaselineSpec, Rule, RuleSet, Shape};
use super::raw::{RawAlso, RawBaseline, RawRule, RawRuleFile, RawSeverity, SequenceStep};
use super::raw_test::RawTest;
use crate::core::identifiers::mask;
use crate::core::incident::{EntityKind, Measure, Severity, Window};
use crate::core::time::Millis;
use serde_saphyr::Spanned;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A rule file's text, and what to call it.
#[derive(Clone, Copy, Debug)]
pub struct RuleText<'a> {
    /// The file's name, for errors.
    pub name: &'a str,
    /// Its YAML.
    pub yaml: &'a str,
}

/// What is wrong in a rule file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{file}:{line}: {field}: {expected}")]
pub struct RuleError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The field.
    pub field: String,
    /// What was expected.
    pub expected: String,
}

const MAX_RULES: usize = 200;
const DEFAULT_RUNBOOKS: &str = "docs/runbooks";
const MAX_ID_BYTES: usize = 64;

/// Where an error lies.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub file: &'a str,
    pub line: u64,
}

impl Place<'_> {
    /// What the file says may be quoted, but not a customer's identifier in the wrong place.
    pub(super) fn fault(self, field: impl Into<String>, expected: impl Into<String>) -> RuleError {
        let [field, expected] = [field.into(), expected.into()].map(|text| mask(&text).into_owned());
        RuleError { file: self.file.into(), line: self.line, field, expected }
    }
}

/// Checks documents whose files' names are not known any more, as one set.
///
/// # Errors
/// As [`check`].
pub fn check_documents<'a>(yaml: impl IntoIterator<Item = &'a str>) -> Result<RuleSet, Vec<RuleError>> {
    let texts: Vec<RuleText<'a>> = yaml.into_iter().map(|yaml| RuleText { name: "rules", yaml }).collect();
    check(&texts)
}

/// Checks rule files as one set.
///
/// # Errors
/// Everything that is wrong, in file order.
pub fn check(files: &[RuleText<'_>]) -> Result<RuleSet, Vec<RuleError>> {
    let mut set = RuleSet { version: version(files), ..RuleSet::default() };
    let mut errors = Vec::new();
    for file in files {
        match serde_saphyr::from_str::<RawRuleFile>(file.yaml) {
            Ok(raw) => check_file(*file, &raw, &mut set, &mut errors),
            Err(error) => errors.push(yaml_fault(file.name, &error)),
        }
    }
    if set.rules.len() > MAX_RULES {
        errors.push(Place { file: "rules", line: 0 }.fault("rules", format!("expected at most {MAX_RULES} rules")));
    }
    if errors.is_empty() { Ok(set) } else { Err(errors) }
}

/// SHA-256 of the files' text, in order, in hexadecimal.
pub fn version(files: &[RuleText<'_>]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        hash.update((file.yaml.len() as u64).to_le_bytes());
        hash.update(file.yaml.as_bytes());
    }
    crate::core::hex::lower(&hash.finalize())
}

fn yaml_fault(file: &str, error: &serde_saphyr::Error) -> RuleError {
    let line = error.location().map_or(0, |location| location.line());
    let text = error.without_snippet().to_string();
    Place { file, line }.fault("yaml", text.lines().next().unwrap_or_default())
}

fn check_file(file: RuleText<'_>, raw: &RawRuleFile, set: &mut RuleSet, errors: &mut Vec<RuleError>) {
    let top = Place { file: file.name, line: 1 };
    if raw.version != 1 {
        errors.push(top.fault("version", "expected 1"));
    }
    let runbooks = raw.runbooks.as_deref().unwrap_or(DEFAULT_RUNBOOKS).trim_end_matches('/');
    for spanned in &raw.rules {
        let place = Place { file: file.name, line: spanned.referenced.line() };
        let rule = &spanned.value;
        if set.rules.iter().any(|known| known.id == rule.id) {
            errors.push(place.fault("id", format!("expected an id of its own, `{}` is taken", rule.id)));
        }
        match check_rule(place, rule, runbooks) {
            Ok(checked) => {
                check_tested(place, &checked, &raw.tests, errors);
                let arms = (1..).zip(&rule.also);
                let further = arms.map(|(arm, also)| check_also(place, &checked, rule, (arm, also)));
                let further: Result<Vec<Rule>, RuleError> = further.collect();
                set.rules.push(checked);
                match further {
                    Ok(further) => set.rules.extend(further),
                    Err(error) => errors.push(error),
                }
            }
            Err(error) => errors.push(error),
        }
    }
    for spanned in &raw.exceptions {
        let place = Place { file: file.name, line: spanned.referenced.line() };
        match check_exception(place, &spanned.value) {
            Ok(exception) => set.exceptions.push(exception),
            Err(error) => errors.push(error),
        }
    }
}

fn check_rule(place: Place<'_>, raw: &RawRule, runbooks: &str) -> Result<Rule, RuleError> {
    let well_formed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if raw.id.is_empty() || raw.id.len() > MAX_ID_BYTES || !raw.id.chars().all(well_formed) {
        return Err(place.fault("id", "expected lower-case words joined by `-`, at most 64 bytes"));
    }
    let within = |field: &str| format!("{} ({field})", raw.id);
    let shape = check_shape(place, raw)?;
    let window = match &raw.over {
        Some(text) => window(text).ok_or_else(|| place.fault(within("over"), EXPECTED_WINDOW))?,
        None if matches!(shape, Shape::Count(_) | Shape::Overlap { .. }) => {
            return Err(place.fault(within("over"), EXPECTED_WINDOW));
        }
        None => match shape {
            Shape::Sequence { within } => within,
            Shape::Count(_) | Shape::Overlap { .. } | Shape::FirstSeen(_) => Window::Day,
        },
    };
    let hold = match &raw.hold {
        Some(text) => Millis::parse(text).ok_or_else(|| place.fault(within("hold"), "expected a time like 1h"))?,
        None => window.length(),
    };
    let filter = Filter::check(&raw.of).map_err(|(field, expected)| place.fault(within(field), expected))?;
    Ok(Rule {
        id: raw.id.clone(),
        arm: 0,
        title: raw.title.clone().unwrap_or_else(|| raw.id.replace('-', " ")),
        mode: raw.mode,
        shape,
        filter,
        by: raw.by,
        window,
        limits: check_limits(place, raw)?,
        baseline: raw.baseline.as_ref().map(|baseline| check_baseline(place, &raw.id, baseline)).transpose()?,
        actors_at_least: raw.actors.map_or(1, |actors| actors.at_least),
        each_at_least: raw.actors.and_then(|actors| actors.each_at_least).unwrap_or(0.0),
        hold,
        runbook: raw.runbook.clone().unwrap_or_else(|| format!("{runbooks}/{}.md", raw.id)),
    })
}

/// A further count is a rule of its own with the first one's id: whichever is met, the incident is the same.
fn check_also(
    place: Place<'_>,
    first: &Rule,
    raw: &RawRule,
    (number, also): (u8, &RawAlso),
) -> Result<Rule, RuleError> {
    let arm = RawRule {
        count: Some(also.count),
        by: also.by.unwrap_or(raw.by),
        actors: also.actors.or(raw.actors),
        over: Some(also.over.clone()),
        limit: also.limit,
        limit_for: also.limit_for.clone(),
        first_seen: None,
        sequence: Vec::new(),
        also: Vec::new(),
        baseline: also.baseline.clone(),
        ..raw.clone()
    };
    let runbook = first.runbook.clone();
    check_rule(place, &arm, "").map(|rule| Rule { runbook, arm: number, ..rule })
}

const EXPECTED_WINDOW: &str = "expected one of 1m, 5m, 1h, 24h, 7d, 30d";

fn window(text: &str) -> Option<Window> {
    Window::ALL.into_iter().find(|window| window.name() == text.trim())
}

fn check_shape(place: Place<'_>, raw: &RawRule) -> Result<Shape, RuleError> {
    let within = |field: &str| format!("{} ({field})", raw.id);
    let shapes = [raw.count.is_some(), raw.first_seen.is_some(), !raw.sequence.is_empty()];
    if shapes.iter().filter(|given| **given).count() != 1 {
        return Err(place.fault(raw.id.clone(), "expected exactly one of `count`, `first_seen`, `sequence`"));
    }
    if raw.by == EntityKind::Source {
        return Err(place.fault(within("by"), "expected actor, team, destination, domain or client_ip"));
    }
    if let Some(new) = raw.first_seen {
        let only_actors = raw.by == EntityKind::Actor;
        return only_actors.then_some(Shape::FirstSeen(new)).ok_or_else(|| place.fault(within("by"), "expected actor"));
    }
    let Some(measure) = raw.count else {
        let text = raw.within.as_deref().unwrap_or("24h");
        let within = window(text).ok_or_else(|| place.fault(within("within"), EXPECTED_WINDOW))?;
        if raw.sequence != [SequenceStep::Read, SequenceStep::Leave] || raw.by != EntityKind::Actor {
            return Err(place.fault(format!("{} (sequence)", raw.id), "expected [read, leave], by actor"));
        }
        return Ok(Shape::Sequence { within });
    };
    if measure == Measure::Actors && raw.by == EntityKind::Actor {
        return Err(place.fault(within("count"), "expected `by` another entity than the actor to count actors"));
    }
    if measure != Measure::Overlap {
        return Ok(Shape::Count(measure));
    }
    let text = raw.read_before.as_deref().unwrap_or("24h");
    let read_before = window(text).ok_or_else(|| place.fault(within("read_before"), EXPECTED_WINDOW))?;
    Ok(Shape::Overlap { read_before })
}

fn check_limits(place: Place<'_>, raw: &RawRule) -> Result<LimitTable, RuleError> {
    let mut default = raw.limit;
    if let (Some(severity), None) =
        (raw.severity, LimitTable::new(default, &raw.limit_for).all().find_map(|l| l.lowest()))
    {
        match severity {
            Severity::Info => default.info = Some(1.0),
            Severity::Warning => default.warn = Some(1.0),
            Severity::Page => default.page = Some(1.0),
        }
    }
    let table = LimitTable::new(default, &raw.limit_for);
    let bad = |limit: f64| !limit.is_finite() || limit <= 0.0;
    if table.all().any(|limits| [limits.info, limits.warn, limits.page].into_iter().flatten().any(bad)) {
        return Err(place.fault(format!("{} (limit)", raw.id), "expected limits above 0"));
    }
    if table.all().all(|limits| limits.lowest().is_none()) {
        return Err(place.fault(format!("{} (limit)", raw.id), "expected a limit, or `severity` for 1"));
    }
    let wrong_order = |(low, high): (Option<f64>, Option<f64>)| low.zip(high).is_some_and(|(low, high)| low > high);
    if table.all().any(|l| [(l.info, l.warn), (l.warn, l.page), (l.info, l.page)].into_iter().any(wrong_order)) {
        return Err(place.fault(format!("{} (limit)", raw.id), "expected info <= warn <= page"));
    }
    Ok(table)
}

fn check_baseline(place: Place<'_>, id: &str, raw: &RawBaseline) -> Result<BaselineSpec, RuleError> {
    let fault = |field: &str, expected: &str| place.fault(format!("{id} (baseline.{field})"), expected);
    let span = |field: &str, text: &str| Millis::parse(text).ok_or_else(|| fault(field, "expected a time like 14d"));
    let floor = raw.floor.filter(|floor| *floor > 0.0).ok_or_else(|| fault("floor", "expected a floor above 0"))?;
    let own = match &raw.own {
        None => None,
        Some(own) => Some((span("own.history", &own.history)?, own.factor, span("own.after", &own.after)?)),
    };
    let peers = raw.peers.as_ref().map(|peers| (peers.percentile, peers.factor));
    if own.is_none() && peers.is_none() {
        return Err(fault("own", "expected `own`, `peers` or both"));
    }
    if peers.is_some_and(|(percentile, _)| !(0.0..=100.0).contains(&percentile)) {
        return Err(fault("peers.percentile", "expected 0 to 100"));
    }
    let severity = match raw.severity.unwrap_or(RawSeverity::Warn) {
        RawSeverity::Info => Severity::Info,
        RawSeverity::Warn => Severity::Warning,
        RawSeverity::Page => Severity::Page,
    };
    Ok(BaselineSpec { own, peers, floor, severity })
}

fn check_tested(place: Place<'_>, rule: &Rule, tests: &[Spanned<RawTest>], errors: &mut Vec<RuleError>) {
    if !rule.limits.all().any(|limits| limits.pages()) {
        return;
    }
    let names_it = |test: &Spanned<RawTest>| test.value.expect.iter().any(|expected| expected.rule == rule.id);
    let pages = |test: &Spanned<RawTest>| {
        let mut expected = test.value.expect.iter().filter(|expected| expected.rule == rule.id);
        expected.any(|expected| expected.severity == Some(Severity::Page))
    };
    if !tests.iter().any(pages) {
        errors.push(place.fault(format!("{} (tests)", rule.id), "expected a test in this file in which it pages"));
    }
    if tests.iter().all(names_it) {
        errors.push(place.fault(format!("{} (tests)", rule.id), "expected a test in this file in which it is silent"));
    }
}
