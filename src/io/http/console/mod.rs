//! The console: pages for whoever is on call, and the JSON API under `/api/v1` that they are made from.
//!
//! Its state is the incidents and verdicts topics, read whole: a restart loses nothing, and every process that serves it
//! shows the same.

mod api;
mod assets;
mod board;
mod body;
mod curve;
mod events;
mod exception;
mod explain;
mod guard;
mod logs;
mod rate;
mod unmask;
mod views;
mod who;

pub use board::Board;
pub use logs::{Explains, Ledger};
pub use who::Access;

use crate::io::clock::Clock;
use crate::io::http::Health;
use crate::io::metrics::Metrics;
use crate::io::shared_rules::SharedRules;
use crate::io::typed_text::TypedText;
use crate::io::workbench::Workbench;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What the handlers read.
#[derive(Clone)]
pub struct Console {
    /// Cases and verdicts.
    pub board: Arc<Board>,
    /// The activity log and the verdicts topic.
    pub log: Arc<dyn Ledger>,
    /// The activity log, to explain accounts from.
    pub explain: Arc<dyn Explains>,
    /// Whose turn it is to have an account explained; see [`turns`].
    pub turns: Arc<Semaphore>,
    /// The rules that are configured.
    pub rules: Arc<SharedRules>,
    /// Where rules are tried out.
    pub workbench: Arc<Workbench>,
    /// This process's metrics.
    pub metrics: Arc<Metrics>,
    /// Whether this process lives, and is ready.
    pub health: Arc<Health>,
    /// What becomes of notes and reasons before they are kept.
    pub typed: TypedText,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// What the deployment is called.
    pub deployment: Arc<str>,
}

/// Accounts explained at a time: each is a scan of the log.
const EXPLAINED_AT_A_TIME: usize = 1;

/// Nobody's turn yet.
pub fn turns() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(EXPLAINED_AT_A_TIME))
}

/// A request's body is at most so long, in bytes: a verdict and its note.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// Pages, API and runbooks, for whom `access` knows.
pub fn router(console: Console, access: Access) -> Router {
    let gate = who::Gate { access: access.clone(), rate: Arc::default() };
    let known = axum::middleware::from_fn_with_state(gate, who::identify);
    Router::new()
        .route("/", get(assets::index))
        // Where alerts link to: the same page, whose script goes to the case. It shows; only a POST decides.
        .route("/cases/{id}/verdict", get(assets::index))
        .route("/assets/{*name}", get(assets::asset))
        .route("/runbooks/{rule}", get(assets::runbook))
        .route("/api/v1/cases", get(api::cases))
        .route("/api/v1/cases/{id}", get(api::case))
        .route("/api/v1/cases/{id}/timeline", get(api::timeline))
        .route("/api/v1/cases/{id}/verdict", post(api::judge))
        .route("/api/v1/actors/{actor}", get(api::actor))
        .route("/api/v1/actors/{actor}/explain", get(explain::explain))
        .route("/api/v1/actors/{actor}/unmask", post(unmask::unmask))
        .route("/api/v1/cases/{id}/exception", post(exception::propose))
        .route("/api/v1/rules", get(api::rules))
        .route("/api/v1/rules/{id}/curve", get(curve::curve))
        .route("/api/v1/health", get(api::health))
        .route("/api/v1/events", get(events::events))
        .with_state(console)
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(known)
        .layer(axum::middleware::from_fn_with_state(access, guard::guard))
}
