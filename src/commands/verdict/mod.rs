//! `leakwatch verdict`: what a case turned out to be, and how often each rule was right.

mod report;
mod topics;

use super::failure::{Failure, Outcome};
use super::format::Format;
use crate::core::cases::{Judgement, Verdict};
use crate::core::incident::IncidentId;
use crate::io::clock::{Clock, SystemClock};
use anyhow::anyhow;
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use std::path::PathBuf;
use topics::Topics;

/// The longest note beside a verdict, in bytes.
const MAX_NOTE_BYTES: usize = 2_000;

/// Keeps verdicts on cases, and tells how often each rule was right
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says what a case turned out to be
    Give(GiveArgs),
    /// Tells how often each rule was right, week by week
    Report(ReportArgs),
}

#[derive(Debug, ClapArgs)]
struct GiveArgs {
    /// Configuration file, with kafka.brokers
    #[arg(long, value_name = "F")]
    config: PathBuf,
    /// The case, or any incident of it
    #[arg(long, value_name = "ID")]
    case: String,
    /// What it was
    #[arg(value_enum)]
    verdict: VerdictArg,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, in free words
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

#[derive(Debug, ClapArgs)]
struct ReportArgs {
    /// Configuration file, with kafka.brokers
    #[arg(long, value_name = "F")]
    config: PathBuf,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A verdict on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum VerdictArg {
    /// A leak
    True,
    /// Nothing that should have been raised
    False,
    /// Work that somebody ordered: an exception is proposed
    Expected,
}

impl From<VerdictArg> for Verdict {
    fn from(arg: VerdictArg) -> Self {
        match arg {
            VerdictArg::True => Self::True,
            VerdictArg::False => Self::False,
            VerdictArg::Expected => Self::Expected,
        }
    }
}

/// Runs the chosen subcommand.
///
/// # Errors
/// [`Failure`]
pub fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::Give(args) => give(args),
        Command::Report(args) => report(args),
    }
}

fn give(args: &GiveArgs) -> Outcome {
    if args.note.len() > MAX_NOTE_BYTES {
        return Err(Failure::usage(anyhow!("--note: expected at most {MAX_NOTE_BYTES} bytes")));
    }
    let topics = Topics::open(&args.config)?;
    let book = topics.book().map_err(Failure::run)?;
    let case = book.case(&IncidentId(args.case.clone())).ok_or_else(|| {
        let typed = topics.typed.masked(&args.case);
        Failure::run(anyhow!("{typed}: expected the id of a case or an incident of the topic"))
    })?;
    let judgement = Judgement {
        schema: 1,
        case: case.id.clone(),
        verdict: args.verdict.into(),
        by: topics.typed.masked(&args.by),
        at: SystemClock.now(),
        note: topics.typed.masked(&args.note),
    };
    topics.keep(&judgement, case.judgement.cloned())?;
    println!("{}: {}", judgement.case, report::word(judgement.verdict));
    if judgement.verdict == Verdict::Expected {
        print!("{}", report::exceptions(&case, &judgement));
    }
    Ok(())
}

fn report(args: &ReportArgs) -> Outcome {
    let topics = Topics::open(&args.config)?;
    let book = topics.book().map_err(Failure::run)?;
    report::print(&book, args.format).map_err(Failure::run)
}
