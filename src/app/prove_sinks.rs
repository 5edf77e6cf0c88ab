//! Every configured sink tried out with a marked test incident.

use super::AppError;
use super::sinks::{Parts, make};
use crate::config::Settings;
use crate::core::incident::Incident;
use crate::io::clock::{Clock, SystemClock};
use crate::io::kafka::client::client_config;
use crate::io::lifecycle::{Lifecycle, chain};
use crate::io::metrics::Metrics;
use crate::io::sinks::{ConsoleLinks, IncidentLine, Sink};
use std::sync::Arc;

/// What one sink did with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The sink.
    pub name: String,
    /// Why it did not take it; `None` where it did.
    pub failure: Option<String>,
}

/// Sends a test incident, opened and resolved at once, through every sink of `settings`.
///
/// # Errors
/// [`AppError`] if nothing can be tried at all; a sink that cannot be made is a proof that failed.
pub fn prove_sinks(settings: &Settings) -> Result<Vec<Proof>, AppError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let metrics = Metrics::new()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let opened = Incident::test(clock.now(), &settings.deployment);
    let resolved = opened.clone().resolved();
    let parts = Parts {
        deployment: &settings.deployment,
        links: ConsoleLinks::new(settings.http.console_url.clone()),
        runtime: runtime.handle().clone(),
        lifecycle: Lifecycle::new(),
        clock,
        metrics: &metrics.sinks,
        connection: &client_config(&settings.kafka)?,
    };
    let prove = |sink| -> Result<(), String> {
        let mut sink = make(&parts, sink).map_err(|error| chain(&error))?;
        [&opened, &resolved].into_iter().try_for_each(|line| send(&mut *sink, line))
    };
    let proofs = settings.sinks.iter().map(|sink| Proof { name: sink.name.clone(), failure: prove(sink).err() });
    Ok(proofs.collect())
}

fn send(sink: &mut dyn Sink, incident: &Incident) -> Result<(), String> {
    let json = serde_json::to_vec(incident).map_err(|error| chain(&error))?;
    sink.prove(IncidentLine { incident, json: &json }).map_err(|error| chain(&error))
}
