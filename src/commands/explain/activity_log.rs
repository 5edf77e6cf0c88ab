//! Explaining from the activity log on Kafka.

use super::Args;
use crate::commands::engine_args::read_rules;
use crate::commands::failure::Failure;
use crate::commands::progress;
use crate::config::Settings;
use crate::config::settings::InternalTopic;
use crate::core::detector::Explanation;
use crate::io::kafka::client::client_config;
use crate::io::kafka::explain_log::ExplainLog;
use crate::io::knowledge::read_directory;
use anyhow::anyhow;

/// Explains from the log of the deployment that `--config` describes; gives the directory's spelling of the actor too.
///
/// # Errors
/// [`Failure::Usage`] without a configuration of brokers; [`Failure::Run`], if the log cannot be read.
pub(super) fn explain(args: &Args) -> Result<(String, Vec<Explanation>), Failure> {
    let file = args.engine.config.as_ref().ok_or_else(|| {
        Failure::usage(anyhow!("explain: expected FILE, or --config with kafka.brokers whose activity log is read"))
    })?;
    let mut settings = Settings::load(file).map_err(Failure::usage)?;
    settings.engine = args.engine.settings()?;
    let directory = read_directory(&settings.engine).map_err(Failure::usage)?;
    let actor = super::spelled(&directory, &args.actor, args.at);
    let progress = progress::records();
    let rules: Vec<String> = read_rules(&settings.engine)?.into_iter().map(|file| file.yaml).collect();
    let explained = open(&settings)?.explain(&actor, args.at, &rules, None, || progress.inc(1));
    let explained = explained.map_err(Failure::run)?;
    progress.finish_and_clear();
    if explained.damaged > 0 {
        eprintln!(
            "{}: {} damaged messages passed over",
            settings.topics.name(InternalTopic::Activity),
            explained.damaged
        );
    }
    Ok((actor, explained.told))
}

fn open(settings: &Settings) -> Result<ExplainLog, Failure> {
    let connection = client_config(&settings.kafka).map_err(Failure::usage)?;
    let group = format!("leakwatch-{}-explain", settings.deployment);
    let bounds = (settings.engine.clock.lateness, settings.engine.limits.max_entities);
    let topic = settings.topics.name(InternalTopic::Activity);
    ExplainLog::new(&connection, &group, topic, bounds).map_err(Failure::run)
}
