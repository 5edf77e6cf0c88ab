//! The JSON API.

use super::Console;
use super::body::{Body, Expected};
use super::views::{CaseLine, CasePage, RuleLine, ToldOf};
use super::who::Admin;
use crate::core::cases::{Judgement, Timeline, Verdict, weekly};
use crate::core::incident::IncidentId;
use crate::core::time::{EventTime, Millis};
use crate::io::lifecycle::chain;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Cases in one answer.
const MAX_CASES: usize = 500;
/// Actors of a case whose activity is read for its timeline.
const MAX_DRAWN_ACTORS: usize = 16;
/// A timeline shows at least so much before and after the evidence.
const LEAST_MARGIN: Millis = Millis::from_secs(10);
/// The longest note beside a verdict, in bytes.
pub(super) const MAX_NOTE_BYTES: usize = 2_000;

/// An answer that says no.
pub(super) struct Refused(StatusCode, String);

impl Refused {
    /// With a status and the reason.
    pub fn new(status: StatusCode, why: &str) -> Self {
        Self(status, why.to_owned())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(serde_json::json!({ "error": self.1 }))).into_response()
    }
}

pub(super) fn failed(error: &(dyn std::error::Error + 'static)) -> Refused {
    Refused(StatusCode::SERVICE_UNAVAILABLE, chain(error))
}

/// Does what waits for a broker on a thread that may wait.
pub(super) async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Refused>
where
    T: Send + 'static,
    E: std::error::Error + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| failed(&error))?;
    done.map_err(|error| failed(&error))
}

pub(super) fn no_case() -> Refused {
    Refused(StatusCode::NOT_FOUND, "expected the id of a case or an incident that is kept".into())
}

/// Every case, open ones first.
pub(super) async fn cases(State(console): State<Console>) -> Response {
    #[derive(Serialize)]
    struct Answer<'a> {
        deployment: &'a str,
        caught_up: bool,
        cases: Vec<CaseLine<'a>>,
    }
    let book = console.board.book();
    let cases = book.cases();
    Json(Answer {
        deployment: &console.deployment,
        caught_up: console.board.is_caught_up(),
        cases: cases.iter().take(MAX_CASES).filter_map(CaseLine::new).collect(),
    })
    .into_response()
}

/// One case; the id of any incident of it finds it, too.
pub(super) async fn case(State(console): State<Console>, Path(id): Path<String>) -> Result<Response, Refused> {
    let book = console.board.book();
    let case = book.case(&IncidentId(id)).ok_or_else(no_case)?;
    Ok(Json(CasePage::new(&case)).into_response())
}

/// Distinct customers read, sent, and both, around the case's evidence, over the window of its gravest incident.
pub(super) async fn timeline(State(console): State<Console>, Path(id): Path<String>) -> Result<Response, Refused> {
    let (actors, mut timeline, until) = asked(&console, &IncidentId(id)).ok_or_else(no_case)?;
    let log = Arc::clone(&console.log);
    let timeline = blocking(move || log.draw(&actors, &mut timeline, until).map(|()| timeline)).await?;
    let cut = timeline.cut;
    Ok(Json(serde_json::json!({ "cut": cut, "points": timeline.points() })).into_response())
}

/// The evidence, and half as much again at each end; never more than a window of the case's gravest incident beyond it, nor
/// anything that is yet to come.
fn asked(console: &Console, id: &IncidentId) -> Option<(BTreeSet<String>, Timeline, EventTime)> {
    let book = console.board.book();
    let case = book.case(id)?;
    let window = case.incidents.first()?.shown.window;
    let began = case.incidents.iter().map(|told| told.began()).min()?;
    let evidence =
        case.incidents.iter().filter_map(|told| told.shown.first_event.as_ref()).map(|event| event.time).min();
    let last = case.incidents.iter().map(|told| told.shown.time).max()?;
    let first = evidence.unwrap_or(began).min(began).max(began.minus(window.length()));
    let margin = Millis::new(last.since(first).as_millis() / 2).max(LEAST_MARGIN).min(window.length());
    let until = last.plus(margin).min(console.clock.now()).max(last);
    let actors = case.actors().into_iter().take(MAX_DRAWN_ACTORS).filter_map(|shown| console.board.account(shown));
    let actors = actors.collect();
    Some((actors, Timeline::new(first.minus(margin), until, window), until))
}

/// Every incident that names an account.
pub(super) async fn actor(State(console): State<Console>, Path(actor): Path<String>) -> Response {
    let book = console.board.book();
    let cases = book.cases();
    let concerned = cases.iter().flat_map(|case| case.incidents.iter().map(move |told| (case.id, *told)));
    let told: Vec<ToldOf<'_>> = concerned
        .filter(|(_, told)| told.shown.actors.contains(&actor))
        .map(|(id, told)| ToldOf::new(id, told))
        .collect();
    // What no incident names was only typed, and may be anything.
    let shown = if told.is_empty() { console.typed.masked(&actor) } else { actor.clone() };
    Json(serde_json::json!({ "actor": shown, "pseudonym": console.board.is_veiled(), "told": told })).into_response()
}

/// What a verdict says.
#[derive(Deserialize)]
pub(super) struct Asked {
    verdict: Verdict,
    #[serde(default)]
    note: String,
}

impl Expected for Asked {
    const FORM: &'static str = r#"{"verdict": "true", "false" or "expected", "note": text}"#;
}

/// Keeps a verdict on a case.
pub(super) async fn judge(
    State(console): State<Console>,
    Path(id): Path<String>,
    Admin(by): Admin,
    Body(asked): Body<Asked>,
) -> Result<Response, Refused> {
    if asked.note.len() > MAX_NOTE_BYTES {
        return Err(Refused(StatusCode::BAD_REQUEST, format!("note: expected at most {MAX_NOTE_BYTES} bytes")));
    }
    let known = console.board.book().case(&IncidentId(id)).map(|case| (case.id.clone(), case.judgement.cloned()));
    let (case, before) = known.ok_or_else(no_case)?;
    let judgement = Judgement {
        schema: 1,
        case,
        verdict: asked.verdict,
        by,
        at: console.clock.now(),
        note: console.typed.masked(&asked.note),
    };
    let log = Arc::clone(&console.log);
    let judgement = blocking(move || log.judge(&judgement, before).map(|()| judgement)).await?;
    Ok((StatusCode::CREATED, Json(console.board.shown_judgement(judgement))).into_response())
}

/// Every configured rule, with what it has raised, and how often it was right, week by week.
pub(super) async fn rules(State(console): State<Console>) -> Response {
    let configured = console.rules.get();
    let book = console.board.book();
    let (weeks, now) = (weekly(&book), console.clock.now());
    let lines: Vec<RuleLine<'_>> = configured
        .set
        .rules
        .iter()
        .map(|rule| RuleLine::new(rule, weeks.get(rule.id.as_str()), now, book.incidents()))
        .collect();
    Json(serde_json::json!({ "version": configured.set.version, "rules": lines })).into_response()
}

/// This process: whether it is ready, and its metrics as Prometheus reads them.
pub(super) async fn health(State(console): State<Console>) -> Result<Response, Refused> {
    let metrics = console.metrics.render().map_err(|error| failed(&error))?;
    let (not_ready, stuck) = (console.health.not_ready(), console.health.stuck());
    Ok(Json(serde_json::json!({ "not_ready": not_ready, "stuck": stuck, "metrics": metrics })).into_response())
}
