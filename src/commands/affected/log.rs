//! Evidence in the topics of a deployment: the incidents as they were raised, and the activity log.

use super::Args;
use super::evidence::{Evidence, Take};
use crate::commands::engine_args::EngineParts;
use crate::commands::failure::Failure;
use crate::commands::progress;
use crate::config::Settings;
use crate::config::settings::InternalTopic;
use crate::core::activity::Record;
use crate::core::affected::Scope;
use crate::core::cases::CaseBook;
use crate::core::ingest::partition_of;
use crate::core::time::EventTime;
use crate::core::units::{Offset, Partition};
use crate::io::kafka::RunError;
use crate::io::kafka::case_book::read_case_book;
use crate::io::kafka::client::client_config;
use crate::io::kafka::log_reader::{LogRange, LogReader};
use crate::io::kafka::lookup::{Lookup, Written};
use anyhow::anyhow;
use rdkafka::config::ClientConfig;
use std::collections::BTreeSet;

/// The two topics.
pub(super) struct Log {
    lookup: Lookup,
    connection: ClientConfig,
    group: String,
    incidents: String,
    activity: (LogReader, String),
    from: Option<EventTime>,
    to: Option<EventTime>,
    begins_late: bool,
}

impl Log {
    /// Those of the deployment that `--config` describes.
    ///
    /// # Errors
    /// [`Failure::Usage`] without a configuration of brokers; [`Failure::Run`], if a client cannot be made.
    pub fn open(args: &Args, parts: &EngineParts) -> Result<Self, Failure> {
        let file = args.engine.config.as_ref().ok_or_else(|| {
            Failure::usage(anyhow!("affected: expected FILE, or --config with kafka.brokers whose topics are read"))
        })?;
        let mut settings = Settings::load(file).map_err(Failure::usage)?;
        settings.engine = parts.settings.clone();
        let connection = client_config(&settings.kafka).map_err(Failure::usage)?;
        let group = format!("leakwatch-{}-affected", settings.deployment);
        let reader = |topic| {
            let name = settings.topics.name(topic).to_owned();
            LogReader::new(&connection, &group, &name).map(|reader| (reader, name)).map_err(Failure::run)
        };
        Ok(Self {
            lookup: Lookup::new(&connection, &group).map_err(Failure::run)?,
            activity: reader(InternalTopic::Activity)?,
            incidents: settings.topics.name(InternalTopic::Incidents).to_owned(),
            connection: connection.clone(),
            group: group.clone(),
            from: args.from,
            to: args.to,
            begins_late: false,
        })
    }

    fn read_activities(&mut self, scopes: &[Scope], take: &mut Take<'_>) -> Result<(), RunError> {
        let partitions = self.lookup.partitions(&self.activity.1)?;
        let from = scopes.iter().map(Scope::reads_from).min().unwrap_or(EventTime::MIN);
        let progress = progress::records();
        for partition in homes(scopes, partitions) {
            let range = self.range(partition, self.from.unwrap_or(from))?;
            self.activity.0.records(range, |_, record, standing| {
                progress.inc(1);
                match record {
                    Record::Activity(activity) => take(activity, standing),
                    Record::Tick(_)
                    | Record::Control(_)
                    | Record::Pool(_)
                    | Record::Roles(_)
                    | Record::Source(_)
                    | Record::SourceRows(_) => {}
                }
            })?;
        }
        progress.finish_and_clear();
        Ok(())
    }

    /// An event is written after it happened, however late.
    fn range(&mut self, partition: Partition, from: EventTime) -> Result<LogRange, RunError> {
        let Written { low, range } = self.lookup.written(&self.activity.1, partition, Some(from), self.to)?;
        // Retention has taken something, and what is left begins with what is wanted.
        self.begins_late |= low > Offset(0) && range.from == low;
        Ok(range)
    }
}

impl Evidence for Log {
    fn book(&mut self) -> Result<(CaseBook, EventTime), Failure> {
        let book = read_case_book(&self.connection, &self.group, &self.incidents, None).map_err(Failure::run)?;
        Ok((book, self.to.unwrap_or(EventTime::MAX)))
    }

    fn activities(&mut self, scopes: &[Scope], take: &mut Take<'_>) -> Result<(), Failure> {
        self.read_activities(scopes, take).map_err(Failure::run)
    }

    fn begins_late(&self) -> bool {
        self.begins_late
    }
}

/// The partitions with the actors; all of them, where one scope is not about an actor.
fn homes(scopes: &[Scope], partitions: u32) -> BTreeSet<Partition> {
    let homes: Option<BTreeSet<_>> =
        scopes.iter().map(|scope| scope.actor().map(|actor| partition_of(actor, partitions))).collect();
    homes.unwrap_or_else(|| (0..partitions).map(Partition).collect())
}
