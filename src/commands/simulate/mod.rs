//! `leakwatch simulate`: a retailer's traffic with chosen attacks, and the ground truth, as files.

mod output;
mod summary;

use super::{Failure, Outcome, printed};
use crate::core::time::EventTime;
use crate::simulate::attacks::{ATTACKS, AttackRequest};
use crate::simulate::life::{LIVES, Life, find, usual};
use crate::simulate::{SimulateSettings, World, Zone};
use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use output::Output;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;
use summary::Summary;

/// Arguments of `leakwatch simulate`.
#[derive(Debug, Args)]
#[command(after_help = choices())]
pub struct SimulateArgs {
    /// The directory to write; it is made where it is missing, and has to be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write into DIR even if it is not empty, replacing files of the same names
    #[arg(long)]
    force: bool,
    /// Decides every draw: the same arguments give the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// People at work; services come on top
    #[arg(long, value_name = "N", default_value_t = 300)]
    actors: u32,
    /// Customers in the database, a few decoys included
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    customers: u32,
    /// The first instant, RFC 3339
    #[arg(long, value_name = "TIME", default_value = "2012-05-07T00:00:00Z", value_parser = start_time)]
    start: EventTime,
    /// How many days of 24 hours
    #[arg(long, value_name = "N", default_value_t = 7)]
    days: u32,
    /// Where the people live, an IANA time zone
    #[arg(long, value_name = "ZONE", default_value = "Asia/Shanghai")]
    tz: String,
    /// Write when each event arrived, as `received`
    #[arg(long)]
    received: bool,
    /// Plant an attack; may be repeated
    #[arg(long, alias = "leak", value_name = "KIND[,size=N][,actor=LOGIN][,at=TIME]…", value_parser = attack)]
    attack: Vec<AttackRequest>,
    /// What ordinary life brings, instead of `campaign`; may be repeated
    #[arg(long, value_name = "NAME", value_parser = life)]
    life: Vec<&'static dyn Life>,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How a summary is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// Runs `leakwatch simulate`.
///
/// # Errors
/// Usage: DIR is not empty, or a setting or an attack's option does not fit. Run: a file could not be written.
pub fn run(args: &SimulateArgs) -> Outcome {
    let began = Instant::now();
    let world = World::new(settings(args)?).map_err(Failure::usage)?;
    let output = Output::open(&args.out, args.force)?;
    let files = output.write(&world).map_err(Failure::run)?;
    let summary = Summary::new(&args.out, files, &world, began.elapsed());
    let text = match args.format {
        Format::Text => summary.to_string(),
        Format::Json => serde_json::to_string(&summary).map_err(Failure::run)? + "\n",
    };
    printed(io::stdout().write_all(text.as_bytes()))
}

fn settings(args: &SimulateArgs) -> Result<SimulateSettings, Failure> {
    let rules = TimeZone::get(&args.tz)
        .with_context(|| format!("--tz {:?}: expected an IANA time zone such as Asia/Shanghai", args.tz));
    Ok(SimulateSettings {
        seed: args.seed,
        actors: args.actors,
        customers: args.customers,
        start: args.start,
        days: args.days,
        zone: Zone { name: args.tz.clone(), rules: rules.map_err(Failure::usage)? },
        received: args.received,
        life: if args.life.is_empty() { usual() } else { args.life.clone() },
        attacks: args.attack.clone(),
    })
}

fn start_time(text: &str) -> anyhow::Result<EventTime> {
    EventTime::parse_rfc3339(text).ok_or_else(|| anyhow!("expected an RFC 3339 time such as 2012-05-07T00:00:00Z"))
}

fn attack(text: &str) -> anyhow::Result<AttackRequest> {
    Ok(text.parse::<AttackRequest>()?)
}

fn life(text: &str) -> anyhow::Result<&'static dyn Life> {
    let names = LIVES.map(Life::name).join(", ");
    find(text).ok_or_else(|| anyhow!("expected one of {names}"))
}

/// The attacks and life events there are.
fn choices() -> String {
    let line = |(name, about): (&str, &str)| format!("  {name:<15} {about}\n");
    let attacks: String = ATTACKS.map(|attack| (attack.kind(), attack.about())).map(line).concat();
    let lives: String = LIVES.map(|life| (life.name(), life.about())).map(line).concat();
    format!(
        "Attacks:\n{attacks}  Options: size=CUSTOMERS, actor=LOGIN, actors=PEOPLE, at=TIME (or 26h after the start, or\n  \
         day3), speed=300/m (or /s, /h, /d), destination=HOST\n\nLife:\n{lives}"
    )
}
