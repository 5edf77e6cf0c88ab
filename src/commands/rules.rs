//! `leakwatch rules`: validates rule files, and runs their own tests.

mod test;

use super::failure::{Failure, Outcome};
use super::format::Format;
use crate::core::rule_tests::{Suite, check_files};
use crate::core::rules::{Mode, RuleError, RuleSet, RuleText, SHIPPED};
use crate::io::rule_files::{self, RuleFile};
use anyhow::anyhow;
use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

/// Checks rule files, and runs their tests
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Validates rule files; without any, the shipped ones
    Check(FilesArgs),
    /// Runs the tests that stand in rule files; without any, those of the shipped ones
    Test(FilesArgs),
}

#[derive(Debug, ClapArgs)]
struct FilesArgs {
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Rule files, or patterns with `*` in the file name
    #[arg(value_name = "FILE")]
    files: Vec<String>,
}

/// Rule files that were read and passed the check.
struct Checked {
    set: RuleSet,
    suites: Vec<Suite>,
}

/// Runs it.
///
/// # Errors
/// [`Failure::Usage`] with everything that is wrong in the files; [`Failure::Run`] if a test failed.
pub fn run(args: &Args) -> Outcome {
    match &args.action {
        Action::Check(args) => {
            let checked = read(args)?;
            print(&checked.set, args.format);
            Ok(())
        }
        Action::Test(args) => test::run(&read(args)?.suites, args.format),
    }
}

fn read(args: &FilesArgs) -> Result<Checked, Failure> {
    let files = if args.files.is_empty() {
        vec![RuleFile { name: SHIPPED.name.into(), yaml: SHIPPED.yaml.into() }]
    } else {
        rule_files::read(&args.files).map_err(Failure::usage)?
    };
    let texts: Vec<RuleText<'_>> = files.iter().map(|file| RuleText { name: &file.name, yaml: &file.yaml }).collect();
    let (set, suites) = check_files(&texts).map_err(|errors| wrong(&errors))?;
    Ok(Checked { set, suites })
}

fn wrong(errors: &[RuleError]) -> Failure {
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Failure::usage(anyhow!("{}", told.join("\n")))
}

fn print(set: &RuleSet, format: Format) {
    let rules: Vec<&str> = set.rules.iter().map(|rule| rule.id.as_str()).collect();
    match format {
        Format::Json => {
            let report = json!({"version": set.version, "rules": rules, "exceptions": set.exceptions.len()});
            println!("{report}");
        }
        Format::Text => {
            let live = set.rules.iter().filter(|rule| rule.mode == Mode::Live).count();
            println!("{} rules ({live} live), {} exceptions: fine", rules.len(), set.exceptions.len());
        }
    }
}
