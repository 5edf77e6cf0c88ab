//! What other limits of a rule would have raised and cost.

use super::Console;
use super::api::Refused;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// The curve of a rule as far as it is there: it is made in the background, and asked for again until it is ready.
pub(super) async fn curve(State(console): State<Console>, Path(id): Path<String>) -> Result<Response, Refused> {
    if !console.rules.get().set.rules.iter().any(|rule| rule.id == id) {
        return Err(Refused::new(StatusCode::NOT_FOUND, "expected the id of a configured rule"));
    }
    Ok(Json(console.workbench.curve(&id)).into_response())
}
