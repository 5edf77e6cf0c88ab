//! Looks at a cluster, and changes it.

use super::plan::{Action, Plan, Step};
use super::wanted::Wanted;
use super::{Cluster, Seen};
use rdkafka::ClientConfig;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigResource, ConfigSource, NewTopic, OwnedResourceSpecifier,
    ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::FromClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::io;
use std::thread;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};

/// A broker has this long to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// A controller has this long to do what it was asked.
const DONE_WITHIN: Duration = Duration::from_secs(30);

/// Between two questions whether something is done.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Why the cluster could not be looked at.
#[derive(Debug, Error)]
pub enum AdminError {
    /// No client.
    #[error("kafka: no client for {brokers}")]
    Client {
        /// Whom it was to ask.
        brokers: String,
        /// Why not.
        source: KafkaError,
    },
    /// No runtime to wait in.
    #[error("kafka: no runtime to wait in")]
    Runtime(#[from] io::Error),
    /// No answer, or no useful one.
    #[error("kafka: {brokers}: expected an answer about {what}")]
    Answer {
        /// Who was asked.
        brokers: String,
        /// About what.
        what: &'static str,
        /// Why there is none.
        source: KafkaError,
    },
    /// The broker refused to tell about a topic.
    #[error("kafka: {brokers}: expected the settings of {topic}: {code}")]
    Refused {
        /// Who was asked.
        brokers: String,
        /// The topic.
        topic: String,
        /// What it said.
        code: RDKafkaErrorCode,
    },
}

/// How a step was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The topic's name.
    pub topic: String,
    /// What was done.
    pub done: &'static str,
    /// What the broker said against it.
    pub refused: Option<String>,
}

/// An administrator's connection.
pub struct Admin {
    pub(super) client: AdminClient<DefaultClientContext>,
    pub(super) runtime: Runtime,
    brokers: String,
}

impl Admin {
    /// Prepares a connection with `config`; connects when first asked something.
    ///
    /// # Errors
    /// [`AdminError`], if there can be no client.
    pub fn new(config: &ClientConfig) -> Result<Self, AdminError> {
        let brokers = config.get("bootstrap.servers").unwrap_or_default().to_owned();
        let client = AdminClient::from_config(config)
            .map_err(|source| AdminError::Client { brokers: brokers.clone(), source })?;
        Ok(Self { client, runtime: Builder::new_current_thread().enable_all().build()?, brokers })
    }

    /// What the cluster has; settings of the topics in `detailed` that are there.
    ///
    /// # Errors
    /// [`AdminError`], if nobody answers, or not about these topics.
    pub fn look(&self, detailed: &[&str]) -> Result<Cluster, AdminError> {
        // Asked by name, a broker may create the topic; asked for all, it does not.
        let metadata = self
            .client
            .inner()
            .fetch_metadata(None, ANSWER_WITHIN)
            .map_err(|source| self.no_answer("topics", source))?;
        let mut cluster = Cluster { brokers: metadata.brokers().len(), topics: BTreeMap::new() };
        for topic in metadata.topics().iter().filter(|topic| topic.error().is_none()) {
            let copies = topic.partitions().iter().map(|partition| partition.replicas().len()).min();
            let seen = Seen {
                partitions: u32::try_from(topic.partitions().len()).unwrap_or(u32::MAX),
                copies: u16::try_from(copies.unwrap_or_default()).unwrap_or(u16::MAX),
                ..Seen::default()
            };
            cluster.topics.insert(topic.name().to_owned(), seen);
        }
        self.look_closer(detailed, &mut cluster)?;
        Ok(cluster)
    }

    fn look_closer(&self, detailed: &[&str], cluster: &mut Cluster) -> Result<(), AdminError> {
        let there = detailed.iter().filter(|name| cluster.topics.contains_key(**name));
        let asked: Vec<ResourceSpecifier<'_>> = there.map(|name| ResourceSpecifier::Topic(name)).collect();
        if asked.is_empty() {
            return Ok(());
        }
        let answer = self.runtime.block_on(self.client.describe_configs(&asked, &options()));
        let answer = answer.map_err(|source| self.no_answer("settings of topics", source))?;
        for (resource, asked) in answer.into_iter().zip(&asked) {
            let resource = resource.map_err(|code| AdminError::Refused {
                brokers: self.brokers.clone(),
                topic: name(asked).to_owned(),
                code,
            })?;
            if let OwnedResourceSpecifier::Topic(name) = &resource.specifier
                && let Some(seen) = cluster.topics.get_mut(name)
            {
                take_settings(&resource, seen);
            }
        }
        Ok(())
    }

    /// Does what `plan` says may be done, topic by topic, and waits until brokers tell of the topics created.
    pub fn apply(&self, plan: &Plan) -> Vec<Applied> {
        let applied: Vec<Applied> = plan.steps.iter().filter_map(|step| self.apply_step(step)).collect();
        let created: Vec<&str> =
            applied.iter().filter(|step| step.refused.is_none()).map(|step| step.topic.as_str()).collect();
        self.await_topics(&created);
        applied
    }

    /// The controller answers before every broker knows; whoever looks next should not plan the same again.
    fn await_topics(&self, names: &[&str]) {
        let until = Instant::now() + DONE_WITHIN;
        let all_there = || self.look(&[]).is_ok_and(|seen| names.iter().all(|name| seen.topics.contains_key(*name)));
        while !names.is_empty() && Instant::now() < until && !all_there() {
            thread::sleep(ASK_AGAIN_AFTER);
        }
    }

    fn apply_step(&self, step: &Step) -> Option<Applied> {
        let (done, result) = match &step.action {
            Action::Ok | Action::Manual { .. } => return None,
            Action::Create(wanted) => ("created", self.create(wanted)),
            Action::Alter { changes, keep } => {
                let changed = changes.iter().map(|change| (change.key, change.to.as_str()));
                let kept = keep.iter().map(|(key, value)| (key.as_str(), value.as_str()));
                ("altered", self.alter(&step.topic, changed.chain(kept)))
            }
        };
        Some(Applied { topic: step.topic.clone(), done, refused: result.err() })
    }

    fn create(&self, wanted: &Wanted) -> Result<(), String> {
        let partitions = i32::try_from(wanted.partitions).map_err(|error| error.to_string())?;
        let settings: Vec<(&str, String)> = wanted.settings.iter().map(|(key, bound)| (*key, bound.value())).collect();
        let topic = NewTopic::new(&wanted.name, partitions, TopicReplication::Fixed(i32::from(wanted.copies)));
        let topic = settings.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
        let answer = self.runtime.block_on(self.client.create_topics([&topic], &options()));
        let first = answer.map_err(|error| error.to_string())?.into_iter().next();
        first.map_or(Ok(()), |result| result.map(drop).map_err(|(_, code)| code.to_string()))
    }

    fn alter<'a>(&self, topic: &str, settings: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), String> {
        let new = AlterConfig::new(ResourceSpecifier::Topic(topic));
        let altered = settings.fold(new, |config, (key, value)| config.set(key, value));
        let answer = self.runtime.block_on(self.client.alter_configs([&altered], &options()));
        let first = answer.map_err(|error| error.to_string())?.into_iter().next();
        first.map_or(Ok(()), |result| result.map(drop).map_err(|(_, code)| code.to_string()))
    }

    pub(super) fn no_answer(&self, what: &'static str, source: KafkaError) -> AdminError {
        AdminError::Answer { brokers: self.brokers.clone(), what, source }
    }
}

pub(super) fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(DONE_WITHIN)).operation_timeout(Some(DONE_WITHIN))
}

fn name<'a>(asked: &ResourceSpecifier<'a>) -> &'a str {
    match asked {
        ResourceSpecifier::Topic(name) | ResourceSpecifier::Group(name) => name,
        ResourceSpecifier::Broker(_) => "",
    }
}

fn take_settings(resource: &ConfigResource, seen: &mut Seen) {
    for entry in &resource.entries {
        if let Some(value) = &entry.value {
            seen.settings.insert(entry.name.clone(), value.clone());
        }
        if entry.source == ConfigSource::DynamicTopic {
            seen.own.insert(entry.name.clone(), entry.value.clone());
        }
    }
}
