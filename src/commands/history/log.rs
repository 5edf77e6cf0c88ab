//! A history from the activity log on Kafka.

use super::HistoryArgs;
use crate::commands::engine_args::{EngineArgs, EngineParts, ingest_settings};
use crate::commands::failure::Failure;
use crate::commands::progress;
use crate::config::Settings;
use crate::config::settings::InternalTopic;
use crate::core::history::{History, Strand};
use crate::core::time::Millis;
use crate::core::units::Partition;
use crate::io::kafka::client::client_config;
use crate::io::kafka::log_reader::LogReader;
use crate::io::kafka::lookup::Lookup;
use anyhow::anyhow;

/// What is ordinary is learned from so long a time before, and the longest window is as long.
const LEAD: Millis = Millis::from_days(31);

/// Reads the log of the deployment that `--config` describes.
///
/// # Errors
/// [`Failure::Usage`] without a configuration of brokers; [`Failure::Run`], if the log cannot be read.
pub(super) fn read(
    args: &HistoryArgs,
    command: &str,
    engine: &EngineArgs,
    parts: &EngineParts,
) -> Result<History, Failure> {
    let file = engine.config.as_ref().ok_or_else(|| {
        Failure::usage(anyhow!("{command}: expected FILE, or --config with kafka.brokers whose activity log is read"))
    })?;
    let settings = Settings::load(file).map_err(Failure::usage)?;
    let connection = client_config(&settings.kafka).map_err(Failure::usage)?;
    let group = format!("leakwatch-{}-{command}", settings.deployment);
    let topic = settings.topics.name(InternalTopic::Activity);
    let lookup = Lookup::new(&connection, &group).map_err(Failure::run)?;
    let reader = LogReader::new(&connection, &group, topic).map_err(Failure::run)?;
    let mut history = History::default();
    for control in ingest_settings(&parts.settings, Vec::new(), 1).controls(&parts.knowledge) {
        history.push(&control).map_err(Failure::run)?;
    }
    let progress = progress::records();
    let mut strands = Vec::new();
    for partition in (0..lookup.partitions(topic).map_err(Failure::run)?).map(Partition) {
        let from = args.from.map(|from| from.minus(LEAD));
        let range = lookup.written(topic, partition, from, args.to).map_err(Failure::run)?.range;
        let (mut strand, mut failed) = (Strand::default(), None);
        let damaged = reader.records(range, |_, record| {
            progress.inc(1);
            failed = failed.take().or(strand.push(record).err());
        });
        if damaged.map_err(Failure::run)? > 0 {
            eprintln!("{topic} [{partition}]: damaged messages were passed over");
        }
        failed.map_or(Ok(()), |error| Err(Failure::run(error)))?;
        strands.push(strand);
    }
    progress.finish_and_clear();
    history.weave(strands).map_err(Failure::run)?;
    Ok(history)
}
