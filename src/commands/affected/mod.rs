//! `leakwatch affected`: who must be told.

mod evidence;
mod files;
mod log;
mod page;
mod report;
mod rows;

use super::engine_args::{EngineArgs, rule_set};
use super::failure::{Failure, Outcome};
use super::format::Format;
use crate::core::activity::Standing;
use crate::core::affected::{Scope, Touched};
use crate::core::cases::Told;
use crate::core::identifiers::mask;
use crate::core::incident::IncidentId;
use crate::core::rules::RuleSet;
use crate::core::time::EventTime;
use anyhow::{Context, anyhow};
use clap::Args as ClapArgs;
use evidence::Evidence;
use files::Files;
use log::Log;
use report::Report;
use std::path::PathBuf;

/// Tells whom an incident concerns: the rows of the customers' file, how often each was read and sent, and when
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    wanted: Wanted,
    /// The customers: a CSV with a header, as for `filter build`
    #[arg(long, value_name = "CSV")]
    customers: PathBuf,
    /// Write a printable page without any customer in it, for a regulator's form
    #[arg(long, value_name = "HTML")]
    page: Option<PathBuf>,
    /// Read the activity log from here on; by default from the incident's beginning
    #[arg(long, value_name = "T", value_parser = super::time_argument, conflicts_with = "files")]
    from: Option<EventTime>,
    /// Read the activity log up to here; by default to its end
    #[arg(long, value_name = "T", value_parser = super::time_argument, conflicts_with = "files")]
    to: Option<EventTime>,
    /// How the coverage, on standard error, is written; the rows on standard output are CSV
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Files of events, as for `replay`; without any, the topics of --config are read
    #[arg(value_name = "[TOPIC=]FILE")]
    files: Vec<String>,
}

#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
struct Wanted {
    /// The incident
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    /// The case: every incident that belongs to it
    #[arg(long, value_name = "ID")]
    case: Option<String>,
}

/// Runs it.
///
/// # Errors
/// [`Failure`]
pub fn run(args: &Args) -> Outcome {
    let parts = args.engine.parts()?;
    // A file that is no customers' file is said before minutes of reading.
    let customers = rows::open(&args.customers)?;
    let rules = rule_set(parts.rules.iter().map(|file| file.yaml.as_str()))?;
    let mut evidence: Box<dyn Evidence> = if args.files.is_empty() {
        Box::new(Log::open(args, &parts)?)
    } else {
        Box::new(Files::new(&parts, &args.files)?)
    };
    let (told, scopes) = wanted(&mut *evidence, &args.wanted, &rules)?;
    let touched = collect(&mut *evidence, scopes)?;
    let tally = rows::write(customers, &touched, &parts.knowledge)?;
    let report = Report::new(&told, &touched, tally, evidence.begins_late());
    if let Some(path) = &args.page {
        let page = page::render(&report);
        std::fs::write(path, page).with_context(|| path.display().to_string()).map_err(Failure::Run)?;
    }
    report.print(args.format).map_err(Failure::run)
}

/// The incidents that were asked for, and what belongs to them.
fn wanted(evidence: &mut dyn Evidence, wanted: &Wanted, rules: &RuleSet) -> Result<(Vec<Told>, Vec<Scope>), Failure> {
    let (book, end) = evidence.book()?;
    let id = IncidentId(wanted.incident.as_ref().or(wanted.case.as_ref()).cloned().unwrap_or_default());
    let case = book.case(&id).ok_or_else(|| {
        let typed = mask(&id.0);
        Failure::run(anyhow!(
            "{typed}: no such incident in what was read; expected the id of one that the same input raises"
        ))
    })?;
    let told: Vec<Told> =
        case.incidents.into_iter().filter(|told| wanted.case.is_some() || told.last.incident == id).cloned().collect();
    let scopes: Vec<Scope> = told.iter().filter_map(|told| Scope::new(told, rules, end)).collect();
    if scopes.is_empty() {
        return Err(Failure::run(anyhow!("{id}: expected an incident about customers; this one is about a source")));
    }
    Ok((told, scopes))
}

fn collect(evidence: &mut dyn Evidence, mut scopes: Vec<Scope>) -> Result<Touched, Failure> {
    if scopes.iter().any(Scope::learns) {
        let mut learned = scopes.clone();
        evidence.activities(&scopes, &mut |activity, standing| {
            if standing == Standing::Applied {
                for scope in &mut learned {
                    scope.learn(activity);
                }
            }
        })?;
        scopes = learned;
    }
    let mut touched = Touched::new(scopes.clone());
    evidence.activities(&scopes, &mut |activity, standing| match standing {
        Standing::Applied => touched.take(activity),
        Standing::LeftOut => touched.pass_over(activity),
    })?;
    Ok(touched)
}
