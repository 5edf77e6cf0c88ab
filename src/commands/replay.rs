//! `leakwatch replay`: the engine over files.

mod outputs;
mod report;

use super::engine_args::{EngineArgs, EngineParts, file_source, ingest_settings};
use super::failure::{Failure, Outcome};
use super::format::Format;
use crate::core::decode::DecodeLimits;
use crate::core::engine::Engine;
use crate::core::ingest::{SourceIndex, SourceRecord};
use crate::core::units::{Epoch, Offset, Partition};
use crate::io::files::{FileSource, Merge, open};
use clap::Args as ClapArgs;
use outputs::Outputs;
use report::Report;
use std::path::PathBuf;

/// Files read at once, at most.
const MAX_FILES: usize = 1_000;

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
    if args.files.len() > MAX_FILES {
        return Err(Failure::usage(anyhow::anyhow!("expected at most {MAX_FILES} files")));
    }
    let parts = args.engine.parts()?;
    let (mut engine, mut merge) = wire(&parts, &args.files)?;
    let mut outputs = Outputs::create(args)?;
    let mut report = Report::default();
    let progress = super::progress::records();
    while let Some(merged) = merge.next_line().map_err(Failure::run)? {
        let source = u16::try_from(merged.file).unwrap_or(u16::MAX);
        let record = SourceRecord {
            source: SourceIndex(source),
            epoch: Epoch(0),
            partition: Partition(u32::from(source)),
            offset: Offset(merged.line.number),
            received: merged.received,
            payload: &merged.line.bytes,
        };
        report.records += 1;
        progress.inc(1);
        let used = engine.feed(&record, &mut outputs.with(&args.files, &mut report));
        report.used += u64::from(used);
        outputs.check()?;
    }
    progress.finish_and_clear();
    outputs.finish()?;
    report.close(&engine.stats());
    report.print(args.format, args.incidents.as_deref()).map_err(Failure::run)
}

fn wire(parts: &EngineParts, files: &[String]) -> Result<(Engine, Merge), Failure> {
    let limits = DecodeLimits::default();
    let mut specs = Vec::new();
    let mut sources = Vec::new();
    for argument in files {
        let (spec, path) = file_source(&parts.settings, argument)?;
        let input = open(path).map_err(Failure::usage)?;
        sources.push(FileSource::new(spec.clone(), input, limits));
        specs.push(spec);
    }
    let rules: Vec<&str> = parts.rules.iter().map(|file| file.yaml.as_str()).collect();
    let settings = ingest_settings(&parts.settings, specs, 1);
    let engine = Engine::new(settings, parts.knowledge.clone(), &rules, parts.settings.clock.lateness);
    Ok((engine, Merge::new(sources).map_err(Failure::run)?))
}
