//! `leakwatch topics plan|apply`: the topics it needs, against what is there.

mod report;

use super::format::Format;
use super::{Failure, Outcome, printed};
use crate::config::Settings;
use crate::io::kafka::client::client_config;
use crate::io::kafka::topics::{Admin, Plan, plan, wanted};
use anyhow::anyhow;
use clap::{Args as ClapArgs, Subcommand};
use report::Report;
use std::path::PathBuf;

/// Compares the topics that are there with those that are needed, and makes them so
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints what is to be created, altered, or done by people; changes nothing
    Plan(TopicsArgs),
    /// Creates topics and alters their settings. Never deletes, never shrinks
    Apply(TopicsArgs),
}

#[derive(Debug, ClapArgs)]
struct TopicsArgs {
    /// The configuration file
    #[arg(long, value_name = "F")]
    config: PathBuf,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the chosen subcommand.
///
/// # Errors
/// [`Failure::Usage`] for a configuration that is wrong or does not fit the topics; [`Failure::Run`], if Kafka does not
/// answer or refuses.
pub fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::Plan(args) => look(args).and_then(|looked| printed(looked.report.print(args.format))),
        Command::Apply(args) => apply(args),
    }
}

struct Looked {
    admin: Admin,
    plan: Plan,
    report: Report,
}

fn look(args: &TopicsArgs) -> Result<Looked, Failure> {
    let settings = Settings::load(&args.config).map_err(Failure::usage)?;
    let config = client_config(&settings.kafka).map_err(Failure::usage)?;
    let admin = Admin::new(&config).map_err(Failure::run)?;
    let names: Vec<&str> = settings.topics.iter().map(|(_, topic)| topic.name.as_str()).collect();
    let cluster = admin.look(&names).map_err(Failure::run)?;
    let wanted = wanted(&settings.topics, settings.sink_topics().into_iter(), cluster.brokers);
    let plan = plan(&settings.engine.sources, &wanted, &cluster);
    let report = Report::new(&settings, &plan);
    Ok(Looked { admin, plan, report })
}

fn apply(args: &TopicsArgs) -> Outcome {
    let Looked { admin, plan, mut report } = look(args)?;
    let blocking: Vec<&str> = plan.blocking().map(|step| step.topic.as_str()).collect();
    if !blocking.is_empty() {
        printed(report.print(args.format))?;
        let topics = blocking.join(", ");
        return Err(Failure::usage(anyhow!(
            "{}: nothing applied, see the manual lines for {topics}",
            args.config.display()
        )));
    }
    let applied = admin.apply(&plan);
    let refused: Vec<String> = applied
        .iter()
        .filter_map(|step| step.refused.as_ref().map(|refused| format!("{}: {refused}", step.topic)))
        .collect();
    report.applied(applied);
    printed(report.print(args.format))?;
    if refused.is_empty() { Ok(()) } else { Err(Failure::run(anyhow!("kafka: {}", refused.join("; ")))) }
}
