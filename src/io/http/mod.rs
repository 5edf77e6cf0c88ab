//! Metrics and health on one port, the console on another.

pub mod console;
mod health;
pub mod oidc;

pub use health::Health;

use crate::io::lifecycle::Lifecycle;
use crate::io::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the handlers read.
#[derive(Clone)]
pub struct HttpState {
    /// All metrics.
    pub metrics: Arc<Metrics>,
    /// Whether it lives, and is ready.
    pub health: Arc<Health>,
}

/// `/metrics`, `/healthz` and `/readyz`.
pub fn router(state: HttpState) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(state)
}

/// Listens on `address`; port 0 takes a free one.
///
/// # Errors
/// If the address cannot be had.
pub async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves until the process is asked to stop.
///
/// # Errors
/// Those of the listener.
pub async fn serve(listener: TcpListener, state: HttpState, lifecycle: Lifecycle) -> std::io::Result<()> {
    let stop = async move { lifecycle.stopping().await };
    axum::serve(listener, router(state)).with_graceful_shutdown(stop).await
}

async fn metrics(State(state): State<HttpState>) -> Response {
    match state.metrics.render() {
        Ok(text) => ([(header::CONTENT_TYPE, METRICS_TYPE)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn healthz(State(state): State<HttpState>) -> Response {
    answer(&state.health.stuck())
}

async fn readyz(State(state): State<HttpState>) -> Response {
    answer(&state.health.not_ready())
}

/// 200 and `ok`, or 503 and the reasons, a line each.
fn answer(reasons: &[String]) -> Response {
    if reasons.is_empty() {
        (StatusCode::OK, "ok\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n").into_response()
    }
}
