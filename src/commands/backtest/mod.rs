//! `leakwatch backtest`: what other rules would have raised.

mod judged;
mod report;
mod text;

use super::engine_args::{EngineArgs, read_rules, rule_set};
use super::failure::{Failure, Outcome};
use super::format::Format;
use super::history::HistoryArgs;
use crate::core::backtest::{differing, only};
use crate::core::rules::RuleSet;
use crate::io::rule_files::RuleFile;
use anyhow::anyhow;
use clap::Args as ClapArgs;
use judged::{Both, Judged};
use report::Report;
use std::path::PathBuf;

/// Compares what new rules would have raised with what the old ones raise: new, lost, earlier, later
#[derive(Debug, ClapArgs)]
#[command(after_help = "--rules names the new rules.")]
pub struct Args {
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    history: HistoryArgs,
    /// The old rules; by default those of the configuration, or the shipped ones
    #[arg(long, value_name = "OLD")]
    baseline: Vec<String>,
    /// Judge only the rules that differ: faster, and nearly the same (`read-then-leave` learns nothing while another
    /// rule's incident about the account is open; what is counted is forgotten by the longest window that is judged)
    #[arg(long)]
    changed_only: bool,
    /// Write the lines that the new rules raise, as `replay` does; `-` for standard output
    #[arg(long, value_name = "OUT")]
    incidents: Option<PathBuf>,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs it.
///
/// # Errors
/// [`Failure`]
pub fn run(args: &Args) -> Outcome {
    if args.engine.rules.is_empty() {
        return Err(Failure::usage(anyhow!("backtest: expected --rules with the new rules")));
    }
    let parts = args.engine.parts()?;
    let old = rules_of(&old_rules(args)?)?;
    let new = rules_of(&parts.rules)?;
    let ids = differing(&old, &new);
    let kept = |set: &RuleSet| if args.changed_only { only(set, &ids) } else { set.clone() };
    let (lateness, keep_lines) = (parts.settings.clock.lateness, args.incidents.is_some());
    let both = Both { rules: [kept(&old), kept(&new)], lateness, keep_lines };
    let began = std::time::Instant::now();
    let (history, judged) = both.judge(|history| args.history.read("backtest", &args.engine, &parts, history))?;
    eprintln!("{} events read and judged under both in {:.1} s", history.events(), began.elapsed().as_secs_f64());
    let [old, new] = &judged;
    if let Some(path) = &args.incidents {
        Judged::write(new, path)?;
    }
    let mut report = Report::new(&history, ids, [old.episodes(), new.episodes()]);
    report.changed_only = args.changed_only;
    let lines_are_on_standard_output = args.incidents.as_deref() == Some(std::path::Path::new("-"));
    report.print(args.format, lines_are_on_standard_output).map_err(Failure::run)
}

fn old_rules(args: &Args) -> Result<Vec<RuleFile>, Failure> {
    let engine =
        EngineArgs { rules: args.baseline.clone(), config: args.engine.config.clone(), ..EngineArgs::default() };
    read_rules(&engine.settings()?)
}

fn rules_of(files: &[RuleFile]) -> Result<RuleSet, Failure> {
    rule_set(files.iter().map(|file| file.yaml.as_str()))
}
