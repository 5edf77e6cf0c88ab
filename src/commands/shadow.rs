//! `leakwatch shadow`: what rules in shadow would have raised, week by week, against the live ones.

use super::failure::{Failure, Outcome};
use super::format::Format;
use crate::config::Settings;
use crate::config::settings::InternalTopic;
use crate::core::backtest::{Episodes, ShadowRule, Week, shadow_rules};
use crate::core::incident::Incident;
use crate::io::kafka::case_book::read_lines;
use crate::io::kafka::client::client_config;
use clap::Args as ClapArgs;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// Tells what rules in shadow would have raised, week by week, against the live rules that they are meant to replace
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "A shadow rule is held against the live rule whose id its own begins with: bulk-read-next against bulk-read."
)]
pub struct Args {
    /// Configuration file, with kafka.brokers
    #[arg(long, value_name = "F")]
    config: PathBuf,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs it.
///
/// # Errors
/// [`Failure`]
pub fn run(args: &Args) -> Outcome {
    let settings = Settings::load(&args.config).map_err(Failure::usage)?;
    let connection = client_config(&settings.kafka).map_err(Failure::usage)?;
    let group = format!("leakwatch-{}-shadow", settings.deployment);
    let mut lines: Vec<Incident> = Vec::new();
    for topic in [InternalTopic::Incidents, InternalTopic::Shadow] {
        let name = settings.topics.name(topic);
        lines.extend(read_lines::<Incident>(&connection, &group, name).map_err(Failure::run)?);
    }
    lines.sort_by(|a, b| (a.time, &a.incident, a.revision).cmp(&(b.time, &b.incident, b.revision)));
    let mut episodes = Episodes::default();
    for line in &lines {
        episodes.take(line);
    }
    print(&shadow_rules(episodes.all()), args.format).map_err(Failure::run)
}

fn print(rules: &BTreeMap<String, ShadowRule>, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{}", serde_json::json!({ "rules": rules })),
        Format::Text if rules.is_empty() => writeln!(out, "no rule in shadow has raised anything"),
        Format::Text => rules.iter().try_for_each(|(id, rule)| {
            let against = rule.against.as_deref().unwrap_or("no live rule");
            writeln!(out, "{id} (against {against})")?;
            rule.weeks.iter().try_for_each(|(name, week)| writeln!(out, "  {name}  {}", of(week)))
        }),
    }
}

fn of(week: &Week) -> String {
    let (raised, known) = (week.raised, week.known);
    let told = format!("{raised} raised, {known} of them about something that a live rule raises too");
    if week.changes.is_empty() {
        return told;
    }
    let changes: Vec<String> =
        week.changes.iter().map(|(change, count)| format!("{count} {}", change.name())).collect();
    format!("{told}: {}", changes.join(", "))
}
