//! The service: wires the adapters around the engine, runs them, and drains them.

mod console;
mod core_dumps;
mod logging;
mod prove_sinks;
mod sinks;
mod stages;

use crate::config::Settings;
use crate::config::settings::Role;
use crate::io::clock::{Clock, SystemClock};
use crate::io::http::{self, Health, HttpState};
use crate::io::kafka::RunError;
use crate::io::kafka::client::{ClientError, INSTANCE, client_config};
use crate::io::kafka::heartbeat;
use crate::io::kafka::producer::Producer;
use crate::io::kafka::services::{Running, Services};
use crate::io::knowledge::KnowledgeError;
use crate::io::lifecycle::{Lifecycle, Reason};
use crate::io::live::Live;
use crate::io::metrics::Metrics;
use crate::io::shared_rules::{CheckedRules, SharedRules};
use crate::io::sinks::SinkSetupError;
use crate::io::stores;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

pub use core_dumps::switch_off as switch_core_dumps_off;
pub use logging::init as init_logging;
pub use prove_sinks::{Proof, prove_sinks};

/// After this long the process ends, drained or not: what is not committed is done again.
pub const DRAIN_WITHIN: Duration = Duration::from_secs(10);
/// Of that, for deliveries that are still on their way.
const LAST_DELIVERIES_WITHIN: Duration = Duration::from_secs(2);
/// HTTP, snapshots and sinks wait in tasks; the engine's work is on threads of its own.
const RUNTIME_THREADS: usize = 2;

/// What the service is to do.
#[derive(Debug)]
pub struct Plan {
    /// The checked configuration.
    pub settings: Settings,
    /// What this process does.
    pub roles: BTreeSet<Role>,
    /// The rules.
    pub rules: CheckedRules,
    /// How the sources' records are read.
    pub sources: Vec<crate::core::ingest::SourceSpec>,
    /// What the process is called over restarts, where it has such a name.
    pub instance: Option<String>,
}

/// Why the service cannot run, or stopped.
#[derive(Debug, Error)]
pub enum AppError {
    /// The Kafka client's settings.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The directory, the key or the filters.
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
    /// A sink.
    #[error("sinks: {name}")]
    Sink {
        /// Its name.
        name: String,
        /// Why.
        source: SinkSetupError,
    },
    /// The state store.
    #[error(transparent)]
    Store(#[from] stores::OpenError),
    /// An address that cannot be had.
    #[error("http.metrics: {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The runtime on Kafka.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The operating system.
    #[error("the operating system")]
    System(#[from] std::io::Error),
    /// The metrics.
    #[error("the metrics")]
    Metrics(#[from] prometheus::Error),
    /// A stage failed while running.
    #[error("stopped")]
    Failed(#[source] Reason),
}

impl AppError {
    /// Whether the configuration is wrong, rather than something that happened.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Client(_) | Self::Knowledge(_) | Self::Sink { .. } => true,
            Self::Store(error) => !matches!(error, stores::OpenError::Directory { .. }),
            Self::Listen { .. } | Self::Run(_) | Self::System(_) | Self::Metrics(_) | Self::Failed(_) => false,
        }
    }
}

/// What the stages are made from.
struct Base {
    plan: Plan,
    runtime: Runtime,
    services: Services,
    health: Arc<Health>,
    live: Arc<Live>,
    rules: Arc<SharedRules>,
}

/// Runs the service until it is asked to stop or something fails.
///
/// # Errors
/// [`AppError`]
pub fn run(plan: Plan) -> Result<(), AppError> {
    let mut connection = client_config(&plan.settings.kafka)?;
    if let Some(instance) = &plan.instance {
        connection.set(INSTANCE, instance);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(RUNTIME_THREADS).enable_all().build()?;
    let (lifecycle, metrics) = (Lifecycle::new(), Arc::new(Metrics::new()?));
    stop_on_signals(&runtime, &lifecycle)?;
    let health = Arc::new(Health::new(lifecycle.clone()));
    serve_http(&runtime, &plan, HttpState { metrics: Arc::clone(&metrics), health: Arc::clone(&health) }, &lifecycle)?;
    let (producer, collector) = Producer::start(&connection, &lifecycle, &metrics.kafka)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let group_prefix = format!("leakwatch-{}", plan.settings.deployment);
    let services =
        Services { connection, group_prefix, lifecycle: lifecycle.clone(), metrics, clock, producer: producer.clone() };
    watch(&lifecycle, &health)?;
    let rules = Arc::new(SharedRules::new(plan.rules.clone()));
    let base = Base { plan, runtime, services, health, live: Arc::default(), rules };

    let mut running = Vec::new();
    console::serve(&base);
    let started = stages::start(&base, &mut running);
    if let Err(error) = &started {
        tracing::error!(%error, "not started");
        lifecycle.stop();
    } else {
        stages::watch_retention(&base);
        base.health.started();
        tracing::info!(deployment = base.plan.settings.deployment, roles = ?base.plan.roles, "running");
    }
    base.runtime.block_on(lifecycle.stopping());
    drain(&base, running, &producer);
    drop((base, producer));
    // A panic of the collecting thread has been reported by the lifecycle already.
    let _ = collector.join();
    started?;
    lifecycle.take_failure().map_or(Ok(()), |reason| Err(AppError::Failed(reason)))
}

fn stop_on_signals(runtime: &Runtime, lifecycle: &Lifecycle) -> Result<(), AppError> {
    let _context = runtime.enter();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let lifecycle = lifecycle.clone();
    runtime.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop; draining");
        lifecycle.stop();
    });
    Ok(())
}

fn serve_http(runtime: &Runtime, plan: &Plan, state: HttpState, lifecycle: &Lifecycle) -> Result<(), AppError> {
    let address = plan.settings.http.metrics;
    let listener = runtime.block_on(http::listen(address)).map_err(|source| AppError::Listen { address, source })?;
    tracing::info!(address = %listener.local_addr()?, "metrics and health");
    let life = lifecycle.clone();
    runtime.spawn(async move {
        if let Err(error) = http::serve(listener, state, life.clone()).await {
            life.fail(error);
        }
    });
    Ok(())
}

/// A stuck poll thread cannot be asked to stop, and keeps its partitions: the process ends.
fn watch(lifecycle: &Lifecycle, health: &Arc<Health>) -> Result<(), AppError> {
    let health = Arc::clone(health);
    heartbeat::watch(
        lifecycle,
        move || health.first_stuck(),
        |name| {
            tracing::error!(stage = name, "a poll thread is stuck; ending the process");
            std::process::exit(1);
        },
    )?;
    Ok(())
}

fn drain(base: &Base, running: Vec<Running>, producer: &Producer) {
    let until = Instant::now() + DRAIN_WITHIN;
    std::thread::spawn(move || {
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        tracing::error!("not drained within {DRAIN_WITHIN:?}; ending the process, the rest is done again");
        std::process::exit(1);
    });
    running.into_iter().for_each(Running::join);
    if !producer.drain(Instant::now() + LAST_DELIVERIES_WITHIN) {
        let (messages, _) = producer.in_flight();
        tracing::warn!(messages, "messages on their way were not delivered in time; their origin is read again");
    }
    producer.close();
    tracing::info!(roles = ?base.plan.roles, "drained");
}
