//! The stages that this process's roles need, started.

use super::{AppError, Base, sinks};
use crate::config::settings::{InternalTopic, Role};
use crate::core::decode::DecodeLimits;
use crate::core::incident::Severity;
use crate::core::ingest::{IngestSettings as EngineIngestSettings, Knowledge};
use crate::core::time::Millis;
use crate::io::filter_dir::LoadError;
use crate::io::kafka::detect::{self, DetectSettings};
use crate::io::kafka::ingest::{self, EngineIngest, IngestSettings};
use crate::io::kafka::lookup::Lookup;
use crate::io::kafka::services::{Running, default_workers};
use crate::io::kafka::sinks::{self as sink_stage, SinkSettings};
use crate::io::kafka::stages::{Detectors, IngestFactory};
use crate::io::kafka::topics::{Admin, RetentionWatch};
use crate::io::kafka::{RunError, services::Services};
use crate::io::knowledge::{self, KnowledgeError};
use crate::io::lifecycle::chain;
use crate::io::shared_knowledge::{KnowledgeWatch, LOOK_EVERY, SharedKnowledge};
use crate::io::shared_rules::RulesWatch;
use crate::io::sinks::ConsoleLinks;
use crate::io::snapshots::{Scope, SnapshotStore};
use crate::io::stores;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

type Start = fn(&Base, &mut Vec<Running>) -> Result<(), AppError>;

/// Rules come from the shipped file or from files that may change. Whoever publishes or shows them looks for changes.
fn watch_rules(base: &Base) -> Result<(), AppError> {
    let (files, services) = (&base.plan.settings.engine.rules.files, &base.services);
    let concerned = [Role::Detect, Role::Sinks].iter().any(|role| base.plan.roles.contains(role));
    if files.is_empty() || !concerned {
        return Ok(());
    }
    let watch = RulesWatch::new(Arc::clone(&base.rules), files.clone(), services.metrics.rules.clone());
    let life = services.lifecycle.clone();
    services.lifecycle.spawn("rules", move || -> Result<(), RunError> {
        watch.run(&life);
        Ok(())
    })?;
    Ok(())
}

/// Starts what the roles need; what runs is in `running` also where a later one does not start.
pub(super) fn start(base: &Base, running: &mut Vec<Running>) -> Result<(), AppError> {
    watch_rules(base)?;
    let starts: [(Role, Start); 3] =
        [(Role::Sinks, start_sinks), (Role::Detect, start_detect), (Role::Ingest, start_ingest)];
    for (role, start) in starts {
        if base.plan.roles.contains(&role) && !base.services.lifecycle.is_stopping() {
            start(base, running)?;
        }
    }
    Ok(())
}

/// Watches how long the topics that this process reads keep their records. Nothing depends on it but an alert.
pub(super) fn watch_retention(base: &Base) {
    let (plan, services) = (&base.plan, &base.services);
    let name = |topic| plan.settings.topics.name(topic).to_owned();
    let read = |role: &Role| match role {
        Role::Ingest => plan.settings.engine.sources.iter().map(|source| source.topic.clone()).collect(),
        Role::Detect => vec![name(InternalTopic::Activity)],
        Role::Sinks => vec![name(InternalTopic::Incidents)],
    };
    let topics: BTreeSet<String> = plan.roles.iter().flat_map(read).collect();
    if topics.is_empty() {
        return;
    }
    let life = services.lifecycle.clone();
    let watch = Admin::new(&services.connection).map(|admin| {
        let watch = RetentionWatch::new(admin, topics, services.metrics.kafka.clone());
        services.lifecycle.spawn("retention", move || -> Result<(), RunError> {
            watch.run(&life);
            Ok(())
        })
    });
    if let Err(error) = watch {
        tracing::warn!(error = chain(&error), "how long topics keep their records is not watched");
    }
}

fn take(base: &Base, running: &mut Vec<Running>, stage: Running) {
    base.health.stage(stage.stage, Arc::clone(&stage.heartbeat), Arc::clone(&stage.notes));
    running.push(stage);
}

fn start_sinks(base: &Base, running: &mut Vec<Running>) -> Result<(), AppError> {
    let topics = &base.plan.settings.topics;
    let settings = |name: &str, min_severity| SinkSettings {
        name: name.to_owned(),
        min_severity,
        incidents: topics.name(InternalTopic::Incidents).to_owned(),
        heartbeats: heartbeats(base),
        dead_letters: topics.name(InternalTopic::DeadLetters).to_owned(),
    };
    let parts = sinks::Parts {
        deployment: &base.plan.settings.deployment,
        links: ConsoleLinks::new(base.plan.settings.http.console_url.clone()),
        runtime: base.runtime.handle().clone(),
        lifecycle: base.services.lifecycle.clone(),
        clock: Arc::clone(&base.services.clock),
        metrics: &base.services.metrics.sinks,
        connection: &base.services.connection,
    };
    let mut made = Vec::new();
    for sink in &base.plan.settings.sinks {
        made.push((settings(&sink.name, sink.min_severity), sinks::make(&parts, sink)?));
    }
    if made.is_empty() {
        made.push((settings(sinks::LOG_SINK, Severity::Info), sinks::log()));
    }
    for (settings, sink) in made {
        take(base, running, sink_stage::start(settings, sink, &base.services)?);
    }
    Ok(())
}

fn start_detect(base: &Base, running: &mut Vec<Running>) -> Result<(), AppError> {
    let (settings, services) = (&base.plan.settings, &base.services);
    let activity = settings.topics.name(InternalTopic::Activity).to_owned();
    let store = open_store(base, &activity)?;
    let engine = &settings.engine;
    let detectors = Detectors { lateness: engine.clock.lateness, max_entities: engine.limits.max_entities };
    let detect_settings = DetectSettings {
        activity,
        incidents: settings.topics.name(InternalTopic::Incidents).to_owned(),
        shadow: settings.topics.name(InternalTopic::Shadow).to_owned(),
        heartbeats: heartbeats(base),
        snapshot_every: span(settings.state.snapshot_every),
        workers: default_workers(),
    };
    let (rules, live) = (Some(Arc::clone(&base.rules)), Arc::clone(&base.live));
    take(base, running, detect::start(&detect_settings, Arc::new(detectors), rules, store, live, services)?);
    Ok(())
}

/// The topic of the synthetic event, where one is made.
fn heartbeats(base: &Base) -> Option<String> {
    let settings = &base.plan.settings;
    settings.heartbeat.every.map(|_| settings.topics.name(InternalTopic::Heartbeats).to_owned())
}

fn open_store(base: &Base, activity: &str) -> Result<SnapshotStore, stores::OpenError> {
    let settings = &base.plan.settings;
    let store = stores::open(&settings.state.store)?;
    let scope = Scope { deployment: settings.deployment.clone(), topic: activity.to_owned() };
    let keep_days = u32::from(settings.state.keep_days);
    Ok(SnapshotStore::new(store, scope, keep_days, base.runtime.handle().clone()))
}

fn start_ingest(base: &Base, running: &mut Vec<Running>) -> Result<(), AppError> {
    let (settings, services) = (&base.plan.settings, &base.services);
    let Some(knowledge) = first_knowledge(base)? else { return Ok(()) };
    let activity = settings.topics.name(InternalTopic::Activity).to_owned();
    let engine_settings = EngineIngestSettings {
        partitions: partitions(services, Role::Ingest, &activity)?,
        sources: base.plan.sources.clone(),
        customer_objects: settings.engine.customer_objects.clone(),
        max_future: settings.engine.clock.max_future,
        limits: DecodeLimits::default(),
        filter_stale_after: settings.engine.filters.as_ref().and_then(|filters| filters.stale_after),
    };
    let shared = Arc::new(SharedKnowledge::new(knowledge));
    let watch = KnowledgeWatch::new(Arc::clone(&shared), settings.engine.clone(), Arc::clone(&services.clock));
    let life = services.lifecycle.clone();
    services.lifecycle.spawn("knowledge", move || -> Result<(), RunError> {
        watch.run(&life);
        Ok(())
    })?;
    let factory: Arc<dyn IngestFactory> = Arc::new(EngineIngest::new(engine_settings, shared));
    let ingest_settings = IngestSettings {
        sources: settings.engine.sources.iter().map(|source| source.topic.clone()).collect(),
        activity,
        rejected: settings.topics.name(InternalTopic::Rejected).to_owned(),
        keep_rejected_value: settings.engine.rejected.keep_value,
        workers: default_workers(),
        heartbeat_every: settings.heartbeat.every,
    };
    take(base, running, ingest::start(&ingest_settings, &factory, Some(&base.rules.get().published), services)?);
    Ok(())
}

/// Reads directory, key and filters. A filter that is not there yet is waited for, and the process is not ready until
/// then; anything else that is wrong is a mistake in the configuration. `None` where the process stops first.
fn first_knowledge(base: &Base) -> Result<Option<Knowledge>, AppError> {
    let loaded = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&loaded);
    base.health.condition(move || (!seen.load(Ordering::SeqCst)).then(|| "no customer filter yet".to_owned()));
    loop {
        match knowledge::read(&base.plan.settings.engine) {
            Ok(knowledge) => {
                loaded.store(true, Ordering::SeqCst);
                if knowledge.filters.is_none() {
                    tracing::warn!("no filters are configured: every identifier that leaves counts as a customer");
                }
                return Ok(Some(knowledge));
            }
            Err(error @ KnowledgeError::Filter(LoadError::NotAFilter { .. })) => {
                tracing::warn!(%error, "waiting for the first filter");
            }
            Err(error) => return Err(error.into()),
        }
        if base.services.lifecycle.sleep(LOOK_EVERY) {
            return Ok(None);
        }
    }
}

fn partitions(services: &Services, role: Role, topic: &str) -> Result<u32, RunError> {
    Lookup::new(&services.connection, &services.group(role.name()))?.partitions(topic)
}

fn span(millis: Millis) -> Duration {
    Duration::from_millis(millis.as_millis().unsigned_abs())
}
