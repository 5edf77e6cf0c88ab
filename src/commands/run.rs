//! `leakwatch run`: the service, on Kafka.

use super::engine_args::{EngineArgs, configured_source, read_rules};
use super::failure::{Failure, Outcome};
use crate::app::{self, AppError, Plan};
use crate::config::Settings;
use crate::config::settings::Role;
use crate::io::shared_rules::CheckedRules;
use anyhow::anyhow;
use clap::{Args as ClapArgs, ValueEnum};
use std::collections::BTreeSet;

/// Runs the service
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(flatten)]
    engine: EngineArgs,
    /// What this process does
    #[arg(long, value_enum, default_value_t = RoleArg::All)]
    role: RoleArg,
    /// A name of this process that survives restarts, such as a pod of a stateful set has: its partitions wait for it
    /// instead of moving (KIP-345)
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
}

/// A role on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RoleArg {
    /// Sources to the activity log
    Ingest,
    /// The activity log to incidents
    Detect,
    /// Incidents to wherever people look
    Sinks,
    /// Everything in one process
    All,
}

impl RoleArg {
    fn roles(self) -> BTreeSet<Role> {
        match self {
            Self::Ingest => BTreeSet::from([Role::Ingest]),
            Self::Detect => BTreeSet::from([Role::Detect]),
            Self::Sinks => BTreeSet::from([Role::Sinks]),
            Self::All => BTreeSet::from(Role::ALL),
        }
    }
}

/// Runs it until it is asked to stop.
///
/// # Errors
/// [`Failure`]
pub fn run(args: &Args) -> Outcome {
    let plan = plan(args)?;
    app::init_logging(plan.settings.log);
    app::switch_core_dumps_off();
    app::run(plan).map_err(|error: AppError| if error.is_usage() { Failure::usage(error) } else { Failure::run(error) })
}

fn plan(args: &Args) -> Result<Plan, Failure> {
    let file = args.engine.config.as_ref();
    let file = file.ok_or_else(|| Failure::usage(anyhow!("run: expected --config, with kafka.brokers in it")))?;
    let mut settings = Settings::load(file).map_err(Failure::usage)?;
    settings.engine = args.engine.settings()?;
    let wanted = args.role.roles();
    if wanted.contains(&Role::Ingest) && settings.engine.sources.is_empty() {
        let message = "sources: expected at least one topic to read events from";
        return Err(Failure::usage(anyhow!("{}: {message}", file.display())));
    }
    let rules = CheckedRules::of(&read_rules(&settings.engine)?).map_err(Failure::usage)?;
    let sources = settings.engine.sources.iter().map(configured_source).collect();
    Ok(Plan { settings, roles: wanted, rules, sources, instance: args.instance.clone() })
}
