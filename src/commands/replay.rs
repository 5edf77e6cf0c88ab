//! `leakwatch replay`: the engine over files.

mod outputs;
mod report;

use super::engine_args::EngineArgs;
use super::failure::{Failure, Outcome};
use super::format::Format;
use super::replay_files::ReplayFiles;
use clap::Args as ClapArgs;
use outputs::Outputs;
use report::Report;
use std::path::PathBuf;

/// Runs the engine over files of events, to their end
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(flatten)]
    engine: EngineArgs,
    /// Where incidents go, a JSON object a line; `-` for standard output
    #[arg(long, value_name = "OUT")]
    incidents: Option<PathBuf>,
    /// Where incidents of shadow rules go
    #[arg(long, value_name = "OUT")]
    shadow: Option<PathBuf>,
    /// Where records that cannot be used are listed
    #[arg(long, value_name = "OUT")]
    rejected: Option<PathBuf>,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Files of events (NDJSON; `.gz` and `.zst` are unpacked, `-` is standard input)
    #[arg(required = true, value_name = "[TOPIC=]FILE")]
    files: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// [`Failure`]
pub fn run(args: &Args) -> Outcome {
    let parts = args.engine.parts()?;
    let mut files = ReplayFiles::open(&parts, &args.files)?;
    let mut engine = files.engine(&parts);
    let mut outputs = Outputs::create(args)?;
    let mut report = Report::default();
    let progress = super::progress::records();
    while let Some((record, _)) = files.next_record().map_err(Failure::run)? {
        report.records += 1;
        progress.inc(1);
        let used = engine.feed(&record, &mut outputs.with(&args.files, &mut report));
        report.used += u64::from(used);
        outputs.check()?;
    }
    engine.finish(&mut outputs.with(&args.files, &mut report));
    progress.finish_and_clear();
    outputs.finish()?;
    report.close(&engine.stats());
    report.print(args.format, args.incidents.as_deref()).map_err(Failure::run)
}
