//! `leakwatch explain`: why rules fired on an actor, or did not, at a time.

mod activity_log;
mod report;

use super::engine_args::EngineArgs;
use super::failure::{Failure, Outcome};
use super::format::Format;
use super::replay_files::ReplayFiles;
use crate::core::detector::Explanation;
use crate::core::engine::{Engine, EngineOut};
use crate::core::event::FieldSet;
use crate::core::identity::Directory;
use crate::core::incident::Incident;
use crate::core::ingest::{RejectedRecord, SourceRecord};
use crate::core::time::EventTime;
use anyhow::anyhow;
use clap::Args as ClapArgs;

/// Tells of each rule the count, the limit, where the limit came from, and why it fired or not
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(flatten)]
    engine: EngineArgs,
    /// The actor, in any spelling that the directory knows
    #[arg(long, value_name = "A")]
    actor: String,
    /// The time, RFC 3339; counts are those of the windows that end then
    #[arg(long, value_name = "T", value_parser = super::time_argument)]
    at: EventTime,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Files of events, as for `replay`; without any, the activity log of --config is read
    #[arg(value_name = "[TOPIC=]FILE")]
    files: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// [`Failure`]
pub fn run(args: &Args) -> Outcome {
    let (actor, told) = if args.files.is_empty() { activity_log::explain(args)? } else { from_files(args)? };
    if told.is_empty() {
        let place = if args.files.is_empty() { "the activity log names" } else { "the files name" };
        let message = format!("no event of this actor up to {}; expected a login that {place}", args.at);
        return Err(Failure::run(anyhow!(message)));
    }
    report::print(&actor, args.at, &told, args.format).map_err(Failure::run)
}

fn from_files(args: &Args) -> Result<(String, Vec<Explanation>), Failure> {
    let parts = args.engine.parts()?;
    let mut files = ReplayFiles::open(&parts, &args.files)?;
    let mut engine = files.engine(&parts);
    read_until(&mut files, &mut engine, args.at)?;
    let actor = spelled(&parts.knowledge.directory, &args.actor, args.at);
    let told = engine.explain(&actor, args.at);
    Ok((actor, told))
}

/// What arrived by then; an event that arrives later was not known then.
fn read_until(files: &mut ReplayFiles, engine: &mut Engine, at: EventTime) -> Result<(), Failure> {
    while let Some((record, received)) = files.next_record().map_err(Failure::run)? {
        if received > at {
            break;
        }
        engine.feed(&record, &mut Silent);
    }
    engine.finish(&mut Silent);
    Ok(())
}

/// The directory's spelling of a login.
fn spelled(directory: &Directory, login: &str, at: EventTime) -> String {
    let mut buffer = String::new();
    let resolved = directory.resolve_actor(Some(login), None, at, &mut buffer);
    resolved.map_or_else(|| login.to_owned(), |resolved| resolved.actor.to_owned())
}

/// Only the state matters.
struct Silent;

impl EngineOut for Silent {
    fn incident(&mut self, _incident: Incident) {}
    fn reject(&mut self, _record: &SourceRecord<'_>, _rejected: RejectedRecord<'_>) {}
    fn unknown_fields(&mut self, _fields: FieldSet) {}
}
