//! The console, served by the processes whose role is sinks: there whoever is on call looks at incidents.
//!
//! Detection does not depend on it: where it cannot be served, that is said, and the service goes on.

use super::Base;
use crate::config::settings::{AuthSettings, InternalTopic, NameSettings, Role};
use crate::core::cases::Pseudonyms;
use crate::io::http::console::{Access, Board, Console, router, turns};
use crate::io::http::listen;
use crate::io::http::oidc::Verifier;
use crate::io::kafka::RunError;
use crate::io::kafka::case_log::{CaseLog, CaseTopics};
use crate::io::kafka::explain_log::ExplainLog;
use crate::io::kafka::history_log::HistoryLog;
use crate::io::kafka::tail::Tail;
use crate::io::lifecycle::chain;
use crate::io::sinks::SinkSetupError;
use crate::io::typed_text::TypedText;
use crate::io::workbench::{Tools, Workbench};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// Why there is no console.
#[derive(Debug, Error)]
enum ConsoleError {
    #[error("http.auth")]
    Oidc(#[from] SinkSetupError),
    #[error("http.auth.user: expected the name of a header")]
    Header(#[from] axum::http::header::InvalidHeaderName),
    #[error("http.console: {address}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("http.pseudonym_key_file {}: {reason}", path.display())]
    PseudonymKey { path: PathBuf, reason: String },
    #[error("no randomness for pseudonyms: {0}")]
    Random(getrandom::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Serves it in a task of its own, where this process's role says so and its address is free.
pub(super) fn serve(base: &Base) {
    if !base.plan.roles.contains(&Role::Sinks) {
        return;
    }
    if let Err(error) = start(base) {
        tracing::warn!(error = chain(&error), "the console is not served");
    }
}

fn start(base: &Base) -> Result<(), ConsoleError> {
    let settings = &base.plan.settings;
    let access = match &settings.http.auth {
        AuthSettings::None => Access::Local,
        AuthSettings::Header { user, admins } => {
            let admins = admins.iter().cloned().collect();
            Access::Header { user: user.parse()?, admins: Arc::new(admins) }
        }
        AuthSettings::Oidc(settings) => {
            let clock = Arc::clone(&base.services.clock);
            Access::Oidc(Arc::new(Verifier::new(settings.as_ref().clone(), clock)?))
        }
    };
    let address = settings.http.console;
    let listener = base.runtime.block_on(listen(address));
    let listener = listener.map_err(|source| ConsoleError::Listen { address, source })?;
    let router = router(console(base)?, access);
    tracing::info!(address = %listener.local_addr()?, "console");
    let life = base.services.lifecycle.clone();
    base.runtime.spawn(async move {
        let stopping = life.clone();
        let served = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>());
        // Streams of events never end by themselves: whoever still listens is cut off.
        tokio::select! {
            ended = served => if let Err(error) = ended { life.fail(error) },
            () = stopping.stopping() => {}
        }
    });
    Ok(())
}

fn console(base: &Base) -> Result<Console, ConsoleError> {
    let (settings, services) = (&base.plan.settings, &base.services);
    let name = |topic| settings.topics.name(topic);
    let (group, verdicts) = (settings.console_group(), name(InternalTopic::Verdicts));
    let activity = name(InternalTopic::Activity);
    let topics = CaseTopics { activity, verdicts, audit: name(InternalTopic::Audit) };
    let log = CaseLog::new(&services.connection, &group, services.producer.clone(), topics)?;
    let bounds = (settings.engine.clock.lateness, settings.engine.limits.max_entities);
    let rules = Arc::clone(&base.rules);
    let explain = ExplainLog::new(&services.connection, &group, activity, bounds)?;
    let tools = Tools {
        log: Box::new(HistoryLog::new(&services.connection, &group, activity)?),
        rules: Arc::clone(&rules),
        lateness: settings.engine.clock.lateness,
        clock: Arc::clone(&services.clock),
    };
    Ok(Console {
        board: follow(base, &group)?,
        log: Arc::new(log),
        explain: Arc::new(explain),
        turns: turns(),
        rules,
        workbench: Arc::new(Workbench::start(tools, &services.lifecycle)?),
        metrics: Arc::clone(&services.metrics),
        health: Arc::clone(&base.health),
        typed: TypedText::new(settings.engine.filters.as_ref()),
        clock: Arc::clone(&services.clock),
        deployment: settings.deployment.as_str().into(),
    })
}

/// The book of cases, kept up by a thread of its own.
fn follow(base: &Base, group: &str) -> Result<Arc<Board>, ConsoleError> {
    let (settings, services) = (&base.plan.settings, &base.services);
    let [incidents, verdicts] =
        [InternalTopic::Incidents, InternalTopic::Verdicts].map(|topic| settings.topics.name(topic));
    let tail = Tail::start(&services.connection, group, &[incidents, verdicts])?;
    let board = Arc::new(Board::new(verdicts, names(&settings.http.names)?));
    let (follower, life) = (Arc::clone(&board), services.lifecycle.clone());
    services.lifecycle.spawn("console", move || -> Result<(), RunError> {
        tail.follow(&life, |heard| follower.hear(heard));
        Ok(())
    })?;
    Ok(board)
}

/// The shortest secret that pseudonyms may follow from, in bytes.
const LEAST_KEY_BYTES: usize = 16;

fn names(settings: &NameSettings) -> Result<Option<Pseudonyms>, ConsoleError> {
    let key = match settings {
        NameSettings::Own => return Ok(None),
        NameSettings::Pseudonyms(None) => {
            let mut key = vec![0; LEAST_KEY_BYTES];
            getrandom::fill(&mut key).map_err(ConsoleError::Random)?;
            key
        }
        NameSettings::Pseudonyms(Some(path)) => {
            let refused = |reason: String| ConsoleError::PseudonymKey { path: path.clone(), reason };
            let key = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
            if key.trim_ascii().len() < LEAST_KEY_BYTES {
                return Err(refused(format!("expected at least {LEAST_KEY_BYTES} bytes")));
            }
            key.trim_ascii().to_owned()
        }
    };
    Ok(Some(Pseudonyms::new(&key)))
}
