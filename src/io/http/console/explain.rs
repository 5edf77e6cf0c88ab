//! Why each rule fired on an account, or did not, now.

use super::Console;
use super::api::{Refused, blocking, failed};
use crate::core::detector::Explanation;
use crate::core::incident::EntityKind;
use crate::core::time::{EventTime, Millis, rfc3339};
use crate::io::kafka::explain_log::ExplainBounds;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// What one explanation reads of the activity log, at most: the longest window and a day.
const BOUNDS: ExplainBounds =
    ExplainBounds { messages: 100_000, back: Millis::from_days(31), within: Duration::from_secs(20) };

#[derive(Serialize)]
struct Answer {
    #[serde(with = "rfc3339")]
    at: EventTime,
    /// Whether a bound left something out: counts may be too low.
    cut: bool,
    rules: Vec<Explanation>,
}

/// Each rule's count, limit, and where the limit came from; no rules where the log does not name the account.
pub(super) async fn explain(State(console): State<Console>, Path(actor): Path<String>) -> Result<Response, Refused> {
    let at = console.clock.now();
    let unknown = || Refused::new(StatusCode::NOT_FOUND, "expected an account as this console shows it");
    let actor = console.board.account(&actor).ok_or_else(unknown)?;
    // Who asks while another is answered waits without a thread.
    let turn = Arc::clone(&console.turns).acquire_owned().await.map_err(|error| failed(&error))?;
    let (log, rules) = (Arc::clone(&console.explain), console.rules.get());
    let mut told = blocking(move || {
        let _turn = turn;
        log.explain(&actor, at, &rules.published.yaml, BOUNDS)
    })
    .await?;
    for rule in told.told.iter_mut().filter(|rule| rule.entity.kind == EntityKind::Actor) {
        rule.entity.id = console.board.shown(&rule.entity.id);
    }
    Ok(Json(Answer { at, cut: told.cut, rules: told.told }).into_response())
}
