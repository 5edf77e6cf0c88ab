//! `leakwatch rules test`: what the tests of rule files came to.

use crate::commands::failure::{Failure, Outcome};
use crate::commands::format::Format;
use crate::core::rule_tests::{self, Suite, TestReport};
use anyhow::anyhow;
use serde::Serialize;
use std::io::{self, Write};

/// What all tests came to, for programs.
#[derive(Serialize)]
struct Summary<'a> {
    tests: usize,
    passed: usize,
    failed: usize,
    failures: Vec<&'a TestReport>,
}

/// Runs the tests of `suites` and says which failed, and how.
pub(super) fn run(suites: &[Suite], format: Format) -> Outcome {
    let reports = rule_tests::run(suites).map_err(Failure::run)?;
    let failures: Vec<&TestReport> = reports.iter().filter(|report| !report.passed()).collect();
    let (tests, failed) = (reports.len(), failures.len());
    let summary = Summary { tests, passed: tests - failed, failed, failures };
    print(&summary, format).map_err(Failure::run)?;
    if failed == 0 { Ok(()) } else { Err(Failure::run(anyhow!("{failed} of {tests} tests failed"))) }
}

fn print(summary: &Summary<'_>, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string(summary)?),
        Format::Text => {
            for failure in &summary.failures {
                writeln!(out, "{failure}")?;
            }
            writeln!(out, "{} tests: {} passed, {} failed", summary.tests, summary.passed, summary.failed)
        }
    }
}
