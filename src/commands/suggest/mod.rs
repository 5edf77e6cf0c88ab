//! `leakwatch suggest`: limits that fit a budget, and what they would still catch.

mod injected;
mod report;
mod text;

use super::engine_args::{EngineArgs, rule_set};
use super::failure::{Failure, Outcome};
use super::format::Format;
use super::history::HistoryArgs;
use crate::core::backtest::{Episode, Episodes};
use crate::core::history::{History, Rerun, rerun};
use crate::core::incident::Severity;
use crate::core::rule_tests::{self, Suite};
use crate::core::rules::{RuleSet, RuleText};
use crate::core::time::Millis;
use crate::core::tuning::{self, Budget, Patched, Peaks, Raised, Suggestion};
use anyhow::{Context, anyhow};
use clap::Args as ClapArgs;
use report::Report;
use std::path::PathBuf;

/// The first limits are judged exactly; where they raise more than the budget, so many more times tighter ones are tried.
const MAX_TRIES: usize = 3;

/// Suggests limits that raise no more than a budget, as a patch of the rule files
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    history: HistoryArgs,
    /// Pages over all actors, such as `1/week`
    #[arg(long, value_name = "N/week", value_parser = rate)]
    budget: f64,
    /// Warnings over all actors; by default ten times as many as pages
    #[arg(long, value_name = "N/week", value_parser = rate)]
    warnings: Option<f64>,
    /// How many customers the injected attacks carry out
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [300, 1_000, 3_000, 10_000])]
    sizes: Vec<usize>,
    /// Write the patch into a file of its own too
    #[arg(long, value_name = "FILE")]
    patch: Option<PathBuf>,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn rate(text: &str) -> anyhow::Result<f64> {
    let expected = || anyhow!("expected a number a week, such as 1/week or 0.5/week");
    let (number, unit) = text.split_once('/').unwrap_or((text, "week"));
    let number: f64 = number.trim().parse().map_err(|_| expected())?;
    if unit.trim() != "week" || !number.is_finite() || number < 0.0 {
        return Err(expected());
    }
    Ok(number)
}

/// Runs it.
///
/// # Errors
/// [`Failure`]
pub fn run(args: &Args) -> Outcome {
    let parts = args.engine.parts()?;
    let files: Vec<(&str, &str)> = parts.rules.iter().map(|file| (file.name.as_str(), file.yaml.as_str())).collect();
    let old = rules_of(&files)?;
    let history = args.history.read("suggest", &args.engine, &parts, History::default())?;
    let budget = Budget { pages: args.budget, warnings: args.warnings.unwrap_or(10.0 * args.budget) };
    let tuner = Tuner { history: &history, files: &files, old: &old, lateness: parts.settings.clock.lateness };
    let (peaks, raised) = tuner.look();
    let tuned = tuner.tune(&peaks, raised, budget)?;
    let injected = injected::inject(&history, &[old.clone(), tuned.rules.clone()], tuner.lateness, &args.sizes);
    let curve = tuning::curve(&peaks, &old, history.weeks(), &budgets(budget));
    let report = Report::new(&history, budget, &old, tuned, injected, curve);
    if let Some(path) = &args.patch {
        std::fs::write(path, &report.patch).with_context(|| path.display().to_string()).map_err(Failure::Run)?;
    }
    report.print(args.format).map_err(Failure::run)
}

/// What else the money could buy.
fn budgets(asked: Budget) -> Vec<Budget> {
    let times = [0.25, 0.5, 1.0, 2.0, 5.0, 10.0];
    times.map(|times| Budget { pages: asked.pages * times, warnings: asked.warnings * times }).to_vec()
}

/// Limits that were found, and what they raise.
pub(super) struct Tuned {
    suggestion: Suggestion,
    patched: Vec<Patched>,
    rules: RuleSet,
    /// Under the old rules and the new.
    raised: [Raised; 2],
    /// Tests of the rule files that hold no more, by name.
    broken_tests: Vec<String>,
}

struct Tuner<'a> {
    history: &'a History,
    files: &'a [(&'a str, &'a str)],
    old: &'a RuleSet,
    lateness: Millis,
}

impl Tuner<'_> {
    /// What the history shows, and what the old rules raise on it.
    fn look(&self) -> (Peaks, Raised) {
        std::thread::scope(|scope| {
            let raising = scope.spawn(|| self.episodes(self.old));
            let mut peaks = tuning::probe(self.history, self.old, self.lateness);
            let episodes = raising.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for episode in episodes.iter().filter(|episode| is(episode, Severity::Page)) {
                *peaks.pages.entry(episode.rule.clone()).or_default() += 1;
            }
            (peaks, Raised::of(&episodes))
        })
    }

    /// What is expected of limits is a model; what they raise on the history itself is exact, and decides.
    fn tune(&self, peaks: &Peaks, before: Raised, budget: Budget) -> Result<Tuned, Failure> {
        let weeks = self.history.weeks();
        let (mut aim, mut tries) = (budget, 0);
        loop {
            let suggestion = tuning::suggest(peaks, self.old, weeks, aim);
            let patched = tuning::patched(self.files, self.old, &suggestion).map_err(Failure::run)?;
            let texts: Vec<(&str, &str)> =
                patched.iter().map(|file| (file.file.as_str(), file.after.as_str())).collect();
            let rules = rules_of(&texts)?;
            let after = Raised::of(&self.episodes(&rules));
            tries += 1;
            if after.pages <= budget.whole_pages(weeks) || tries > MAX_TRIES {
                let broken_tests = broken_tests(&texts)?;
                return Ok(Tuned { suggestion, patched, rules, raised: [before, after], broken_tests });
            }
            aim = Budget { pages: aim.pages / 2.0, warnings: aim.warnings / 2.0 };
        }
    }

    fn episodes(&self, rules: &RuleSet) -> Vec<Episode> {
        let mut episodes = Episodes::default();
        let how = Rerun { rules: rules.clone(), lateness: self.lateness, besides: &[] };
        rerun(self.history, how, |line| episodes.take(&line));
        episodes.since(self.history.from())
    }
}

fn is(episode: &Episode, severity: Severity) -> bool {
    !episode.shadow && episode.severity == severity
}

fn rules_of(files: &[(&str, &str)]) -> Result<RuleSet, Failure> {
    rule_set(files.iter().map(|(_, yaml)| *yaml))
}

/// The files' own tests say what the limits are: those that say another are for a person to change.
fn broken_tests(files: &[(&str, &str)]) -> Result<Vec<String>, Failure> {
    let read = |(name, yaml): &(&str, &str)| Suite::read(RuleText { name, yaml });
    let suites: Result<Vec<Suite>, _> = files.iter().map(read).collect();
    let suites = suites.map_err(|_| Failure::run(anyhow!("expected rule files whose tests can be read")))?;
    let reports = rule_tests::run(&suites).map_err(Failure::run)?;
    Ok(reports.into_iter().filter(|report| !report.passed()).map(|report| report.name).collect())
}
