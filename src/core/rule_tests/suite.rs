//! The tests of one rule file.

use super::case::Case;
use super::event::Needs;
use crate::core::identifiers::mask;
use crate::core::rules::{Mode, RawRuleFile, RuleError, RuleSet, RuleText, check};

/// The tests of one rule file, ready to run.
#[derive(Debug)]
pub struct Suite {
    pub(super) file: String,
    pub(super) yaml: String,
    pub(super) cases: Vec<Case>,
}

/// Checks rule files as one set, and the form of their tests.
///
/// # Errors
/// Everything that is wrong, in file order: with the set, else with the tests.
pub fn check_files(files: &[RuleText<'_>]) -> Result<(RuleSet, Vec<Suite>), Vec<RuleError>> {
    let set = check(files)?;
    let (mut suites, mut errors) = (Vec::new(), Vec::new());
    for file in files {
        match Suite::read(*file) {
            Ok(suite) => suites.push(suite),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() { Ok((set, suites)) } else { Err(errors) }
}

impl Suite {
    /// Reads the tests of `file`. What is expected of rules that are off is left out: they raise nothing.
    ///
    /// # Errors
    /// What is wrong with the file, or with its tests: the first fault of each.
    pub fn read(file: RuleText<'_>) -> Result<Self, Vec<RuleError>> {
        let set = check(&[file])?;
        let error = |line: u64, field: &str, expected: &str| RuleError {
            file: file.name.to_owned(),
            line,
            field: mask(field).into_owned(),
            expected: mask(expected).into_owned(),
        };
        let raw: RawRuleFile =
            serde_saphyr::from_str(file.yaml).map_err(|_| vec![error(0, "yaml", "expected a rule file")])?;
        let off = |rule: &str| set.rules.iter().any(|known| known.id == rule && known.mode == Mode::Off);
        let (mut cases, mut errors) = (Vec::new(), Vec::new());
        for spanned in raw.tests {
            let (line, name) = (spanned.referenced.line(), spanned.value.name.clone());
            match Case::read(spanned.value, line) {
                Ok(case) => cases.push(case.without(off)),
                Err((field, expected)) => errors.push(error(line, &format!("test `{name}` ({field})"), &expected)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self { file: file.name.to_owned(), yaml: file.yaml.to_owned(), cases })
    }

    /// How many customers and decoys the tests need.
    pub(super) fn needs(&self) -> Needs {
        self.cases.iter().fold(Needs::default(), |needs, case| Needs {
            customers: needs.customers.max(case.needs.customers),
            decoys: needs.decoys.max(case.needs.decoys),
        })
    }
}
