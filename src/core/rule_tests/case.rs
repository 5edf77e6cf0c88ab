//! One test, ready to run.

use super::event::{self, Fault, Happening, Needs};
use super::expand::{Template, Variables};
use super::expectation::Expectation;
use crate::core::identity::Directory;
use crate::core::rules::RawTest;
use serde_json::Value;
use std::sync::Arc;

/// Expectations of one test, at most.
const MAX_EXPECTED: usize = 1_000;
/// The zone of actors that have none of their own.
pub(super) const ZONE: &str = "UTC";

/// One test.
#[derive(Debug)]
pub(super) struct Case {
    pub name: String,
    /// Its line in the file, from 1.
    pub line: u64,
    pub directory: Arc<Directory>,
    pub happenings: Vec<Happening>,
    pub expected: Vec<Expectation>,
    pub needs: Needs,
}

impl Case {
    /// From the file's shape; `line` is where it stands.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read(raw: RawTest, line: u64) -> Result<Self, Fault> {
        let variables = raw.for_each;
        check_variables(&variables)?;
        let directory = directory(&raw.directory, &variables)?;
        let (happenings, needs) = event::read(&raw.events, &variables)?;
        let mut expected = Vec::new();
        for (place, one) in (1..).zip(raw.expect) {
            let fault = |(field, told): Fault| (format!("expect {place}, {field}"), told);
            for written in one.expand(&variables).map_err(|told| fault(("for_each".into(), told)))? {
                expected.push(Expectation::read(written).map_err(fault)?);
            }
        }
        if expected.len() > MAX_EXPECTED {
            return Err(("expect".into(), format!("expected at most {MAX_EXPECTED}")));
        }
        Ok(Self { name: raw.name, line, directory: Arc::new(directory), happenings, expected, needs })
    }

    /// The same, without what is expected of the rules that `off` names.
    pub fn without(mut self, off: impl Fn(&str) -> bool) -> Self {
        self.expected.retain(|expected| !off(&expected.rule));
        self
    }
}

fn check_variables(variables: &Variables) -> Result<(), Fault> {
    let fault = |told: &str| Err(("for_each".to_owned(), told.to_owned()));
    for (name, values) in variables {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return fault("expected names of letters, digits and `_`, without the `$`");
        }
        if values.is_empty() {
            return fault("expected at least one value");
        }
    }
    Ok(())
}

fn directory(lines: &[Value], variables: &Variables) -> Result<Directory, Fault> {
    let fault = |told| ("directory".to_owned(), told);
    let mut text = String::new();
    for line in lines {
        for written in line.expand(variables).map_err(fault)? {
            text.push_str(&written.to_string());
            text.push('\n');
        }
    }
    Directory::parse(&text, ZONE).map_err(|errors| fault(errors.first().map_or_else(String::new, ToString::to_string)))
}
