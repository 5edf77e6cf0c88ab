//! What a test expects to be raised.

use super::event::Fault;
use super::expand::Template;
use super::moment::{self, Moment};
use super::report::Raise;
use crate::core::incident::{Measure, Severity};
use crate::core::rules::RawExpectation;
use serde::Serialize;
use std::fmt;

/// How far the count of a sample may lie from the expected one: three standard errors of a sample of 2,048.
const SAMPLE_TOLERANCE: f64 = 0.07;
/// Shares are quotients: no decimal number in a file is quite equal to them.
const ROUNDING: f64 = 1e-9;

/// One severity of one incident that must be reached. What is not given may be anything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expectation {
    /// The rule.
    pub rule: String,
    /// The entity's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// The severity reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// When, as the file writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<f64>,
    /// The actors, in any order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actors: Option<Vec<String>>,
    #[serde(skip)]
    moment: Option<Moment>,
}

impl Expectation {
    /// From the file's shape.
    pub(super) fn read(raw: RawExpectation) -> Result<Self, Fault> {
        let read = |text: &String| Moment::parse(text).ok_or_else(|| ("at".to_owned(), moment::EXPECTED.to_owned()));
        let moment = raw.at.as_ref().map(read).transpose()?;
        let RawExpectation { rule, entity, severity, at, observed, actors } = raw;
        Ok(Self { rule, entity, severity, at, observed, actors, moment })
    }

    /// Whether `raise` is what is expected. `sampled`: the test names more customers than are counted exactly.
    pub(super) fn fits(&self, raise: &Raise, sampled: bool) -> bool {
        self.rule == raise.rule
            && self.entity.as_ref().is_none_or(|entity| *entity == raise.entity)
            && self.severity.is_none_or(|severity| severity == raise.severity)
            && self.moment.is_none_or(|moment| moment.holds(raise.time))
            && self.observed.is_none_or(|observed| near(observed, raise, sampled))
            && self.actors.as_ref().is_none_or(|actors| same(actors, &raise.actors))
    }
}

fn near(observed: f64, raise: &Raise, sampled: bool) -> bool {
    let relative = if sampled && counts_distinct(raise.measure) { SAMPLE_TOLERANCE } else { ROUNDING };
    (observed - raise.observed).abs() <= observed.abs() * relative
}

const fn counts_distinct(measure: Measure) -> bool {
    match measure {
        Measure::Customers
        | Measure::CustomersNamed
        | Measure::Overlap
        | Measure::BaseShare
        | Measure::Objects
        | Measure::Destinations
        | Measure::Actors
        | Measure::Canaries => true,
        Measure::Events | Measure::Rows | Measure::Bytes | Measure::UnknownRows => false,
    }
}

fn same(expected: &[String], found: &[String]) -> bool {
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort_unstable();
        names
    };
    sorted(expected) == sorted(found)
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)?;
        if let Some(entity) = &self.entity {
            write!(f, " on {entity}")?;
        }
        if let Some(severity) = self.severity {
            write!(f, ", {}", severity.name())?;
        }
        if let Some(at) = &self.at {
            write!(f, ", at {at}")?;
        }
        if let Some(observed) = self.observed {
            write!(f, ", observed {observed}")?;
        }
        if let Some(actors) = &self.actors {
            write!(f, ", actors {}", actors.join(", "))?;
        }
        Ok(())
    }
}

impl Template for RawExpectation {
    fn texts(&self, each: &mut dyn FnMut(&str)) {
        let given = [&self.entity, &self.at].into_iter().flatten();
        given.chain(self.actors.iter().flatten()).chain([&self.rule]).for_each(|text| each(text));
    }

    fn map_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        Self {
            rule: change(&self.rule),
            entity: self.entity.as_deref().map(change),
            severity: self.severity,
            at: self.at.as_deref().map(change),
            observed: self.observed,
            actors: self.actors.as_ref().map(|actors| actors.iter().map(|actor| change(actor)).collect()),
        }
    }
}
