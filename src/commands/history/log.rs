//! A history from the activity log on Kafka.

use super::HistoryArgs;
use crate::commands::engine_args::{EngineArgs, EngineParts, ingest_settings};
use crate::commands::failure::Failure;
use crate::commands::progress;
use crate::config::Settings;
use crate::config::settings::InternalTopic;
use crate::core::history::History;
use crate::core::time::Millis;
use crate::io::kafka::client::client_config;
use crate::io::kafka::history_log::HistoryLog;
use anyhow::anyhow;

/// What is ordinary is learned from so long a time before, and the longest window is as long.
const LEAD: Millis = Millis::from_days(31);

/// Reads the log of the deployment that `--config` describes into `history`.
///
/// # Errors
/// [`Failure::Usage`] without a configuration of brokers; [`Failure::Run`], if the log cannot be read.
pub(super) fn read(
    args: &HistoryArgs,
    command: &str,
    engine: &EngineArgs,
    parts: &EngineParts,
    mut history: History,
) -> Result<History, Failure> {
    let file = engine.config.as_ref().ok_or_else(|| {
        Failure::usage(anyhow!("{command}: expected FILE, or --config with kafka.brokers whose activity log is read"))
    })?;
    let settings = Settings::load(file).map_err(Failure::usage)?;
    let connection = client_config(&settings.kafka).map_err(Failure::usage)?;
    let group = format!("leakwatch-{}-{command}", settings.deployment);
    let topic = settings.topics.name(InternalTopic::Activity);
    let log = HistoryLog::new(&connection, &group, topic).map_err(Failure::run)?;
    for control in ingest_settings(&parts.settings, Vec::new(), 1).controls(&parts.knowledge) {
        history.push(&control).map_err(Failure::run)?;
    }
    let progress = progress::records();
    let from = args.from.map(|from| from.minus(LEAD));
    let read = log.read((from, args.to), None, &mut history, || progress.inc(1)).map_err(Failure::run)?;
    progress.finish_and_clear();
    for partition in read.damaged {
        eprintln!("{topic} [{partition}]: damaged messages were passed over");
    }
    if read.left_out > 0 {
        eprintln!("{topic}: {} records that the service had set aside are left out", read.left_out);
    }
    Ok(history)
}
