//! The name behind a pseudonym, for an admin who says why.

use super::Console;
use super::api::{MAX_NOTE_BYTES, Refused, blocking};
use super::body::{Body, Expected};
use super::who::Admin;
use crate::core::cases::Audited;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

/// Why it is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    reason: String,
}

impl Expected for Asked {
    const FORM: &'static str = r#"{"reason": text}"#;
}

/// Tells the name once it is audited that, by whom and why it was asked for: what cannot be audited is not told.
pub(super) async fn unmask(
    State(console): State<Console>,
    Path(shown): Path<String>,
    Admin(by): Admin,
    Body(asked): Body<Asked>,
) -> Result<Response, Refused> {
    let refused = |status, why: &str| Refused::new(status, why);
    if asked.reason.trim().is_empty() || asked.reason.len() > MAX_NOTE_BYTES {
        let why = format!("reason: expected a text of at most {MAX_NOTE_BYTES} bytes");
        return Err(refused(StatusCode::BAD_REQUEST, &why));
    }
    if !console.board.is_veiled() {
        return Err(refused(
            StatusCode::CONFLICT,
            "expected http.pseudonyms: accounts are shown under their own names",
        ));
    }
    let unknown = || refused(StatusCode::NOT_FOUND, "expected a pseudonym that this console shows");
    let actor = console.board.account(&shown).ok_or_else(unknown)?;
    let reason = console.typed.masked(&asked.reason);
    let audited = Audited::unmask(console.clock.now(), by, actor.clone(), reason);
    let log = Arc::clone(&console.log);
    blocking(move || log.audit(&audited)).await?;
    Ok((StatusCode::CREATED, Json(serde_json::json!({ "pseudonym": shown, "actor": actor }))).into_response())
}
