//! `leakwatch rules check`: validates rule files.

use super::failure::{Failure, Outcome};
use super::format::Format;
use crate::core::rules::{Mode, RuleSet, RuleText, SHIPPED, check};
use crate::io::rule_files::{self, RuleFile};
use anyhow::anyhow;
use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

/// Checks rule files
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Validates rule files; without any, the shipped ones
    Check(CheckArgs),
}

#[derive(Debug, ClapArgs)]
struct CheckArgs {
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Rule files, or patterns with `*` in the file name
    #[arg(value_name = "FILE")]
    files: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// [`Failure::Usage`] with everything that is wrong in the files.
pub fn run(args: &Args) -> Outcome {
    match &args.action {
        Action::Check(args) => run_check(args),
    }
}

fn run_check(args: &CheckArgs) -> Outcome {
    let files = if args.files.is_empty() {
        vec![RuleFile { name: SHIPPED.name.into(), yaml: SHIPPED.yaml.into() }]
    } else {
        rule_files::read(&args.files).map_err(Failure::usage)?
    };
    let texts: Vec<RuleText<'_>> = files.iter().map(|file| RuleText { name: &file.name, yaml: &file.yaml }).collect();
    let set = check(&texts).map_err(|errors| {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::usage(anyhow!("{}", told.join("\n")))
    })?;
    print(&set, args.format);
    Ok(())
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
