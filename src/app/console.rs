//! The console, served by the processes whose role is sinks: there whoever is on call looks at incidents.

use super::{AppError, Base};
use crate::config::settings::{AuthSettings, InternalTopic, Role};
use crate::core::rules::{RuleText, check};
use crate::io::http::console::{Board, Console, router};
use crate::io::http::listen;
use crate::io::kafka::RunError;
use crate::io::kafka::case_log::CaseLog;
use crate::io::kafka::tail::Tail;
use std::sync::Arc;

/// Serves it in a task of its own, where this process's role says so.
///
/// # Errors
/// [`AppError::Console`] or [`AppError::Run`].
pub(super) fn serve(base: &Base) -> Result<(), AppError> {
    let settings = &base.plan.settings;
    if !base.plan.roles.contains(&Role::Sinks) {
        return Ok(());
    }
    match settings.http.auth {
        AuthSettings::None => {}
        AuthSettings::Header { .. } | AuthSettings::Oidc { .. } => {
            tracing::warn!("the console is not served: this version has no authentication for it yet");
            return Ok(());
        }
    }
    let router = router(console(base)?);
    let address = settings.http.console;
    let listener = base.runtime.block_on(listen(address)).map_err(|source| AppError::Console { address, source })?;
    tracing::info!(address = %listener.local_addr()?, "console");
    let life = base.services.lifecycle.clone();
    base.runtime.spawn(async move {
        let stopping = life.clone();
        let served = axum::serve(listener, router);
        // Streams of events never end by themselves: whoever still listens is cut off.
        tokio::select! {
            ended = served => if let Err(error) = ended { life.fail(error) },
            () = stopping.stopping() => {}
        }
    });
    Ok(())
}

fn console(base: &Base) -> Result<Console, AppError> {
    let (settings, services) = (&base.plan.settings, &base.services);
    let name = |topic| settings.topics.name(topic);
    let (incidents, verdicts) = (name(InternalTopic::Incidents), name(InternalTopic::Verdicts));
    let group = services.group("console");
    let tail = Tail::start(&services.connection, &group, &[incidents, verdicts])?;
    let board = Arc::new(Board::new(verdicts));
    let (follower, life) = (Arc::clone(&board), services.lifecycle.clone());
    services.lifecycle.spawn("console", move || -> Result<(), RunError> {
        tail.follow(&life, |heard| follower.hear(heard));
        Ok(())
    })?;
    let activity = name(InternalTopic::Activity);
    let log = CaseLog::new(&services.connection, &group, services.producer.clone(), activity, verdicts)?;
    let texts: Vec<RuleText<'_>> = base.plan.rules.yaml.iter().map(|yaml| RuleText { name: "rules", yaml }).collect();
    // They were checked before anything was started.
    let rules = check(&texts).unwrap_or_default();
    Ok(Console {
        board,
        log: Arc::new(log),
        rules: Arc::new(rules),
        metrics: Arc::clone(&services.metrics),
        health: Arc::clone(&base.health),
        clock: Arc::clone(&services.clock),
        deployment: settings.deployment.as_str().into(),
    })
}
