//! The topics of incidents and verdicts of a deployment.

use crate::commands::failure::Failure;
use crate::config::Settings;
use crate::config::settings::InternalTopic;
use crate::core::cases::{CaseBook, Judgement};
use crate::io::kafka::RunError;
use crate::io::kafka::case_book::read_case_book;
use crate::io::kafka::case_log::{CaseLog, CaseTopics};
use crate::io::kafka::client::client_config;
use crate::io::kafka::producer::Producer;
use crate::io::lifecycle::Lifecycle;
use crate::io::metrics::Metrics;
use crate::io::typed_text::TypedText;
use rdkafka::config::ClientConfig;
use std::path::Path;

/// Where they are.
pub(super) struct Topics {
    connection: ClientConfig,
    group: String,
    incidents: String,
    verdicts: String,
    activity: String,
    audit: String,
    /// What becomes of notes before they are kept.
    pub typed: TypedText,
}

impl Topics {
    /// Those of the deployment that `config` describes.
    ///
    /// # Errors
    /// [`Failure::Usage`], if it cannot be used.
    pub fn open(config: &Path) -> Result<Self, Failure> {
        let settings = Settings::load(config).map_err(Failure::usage)?;
        let name = |topic| settings.topics.name(topic).to_owned();
        Ok(Self {
            connection: client_config(&settings.kafka).map_err(Failure::usage)?,
            group: format!("leakwatch-{}-verdict", settings.deployment),
            incidents: name(InternalTopic::Incidents),
            verdicts: name(InternalTopic::Verdicts),
            activity: name(InternalTopic::Activity),
            audit: name(InternalTopic::Audit),
            typed: TypedText::new(settings.engine.filters.as_ref()),
        })
    }

    /// Every case, with the verdicts given so far.
    ///
    /// # Errors
    /// [`RunError`]
    pub fn book(&self) -> Result<CaseBook, RunError> {
        read_case_book(&self.connection, &self.group, &self.incidents, Some(&self.verdicts))
    }

    /// Keeps a verdict in place of `before`; returns once the broker has it.
    ///
    /// # Errors
    /// [`Failure::Run`]
    pub fn keep(&self, judgement: &Judgement, before: Option<Judgement>) -> Result<(), Failure> {
        let (lifecycle, metrics) = (Lifecycle::new(), Metrics::new().map_err(Failure::run)?);
        let (producer, _collector) =
            Producer::start(&self.connection, &lifecycle, &metrics.kafka).map_err(Failure::run)?;
        let topics = CaseTopics { activity: &self.activity, verdicts: &self.verdicts, audit: &self.audit };
        let log = CaseLog::new(&self.connection, &self.group, producer, topics);
        log.map_err(Failure::run)?.judge(judgement, before).map_err(Failure::run)
    }
}
