//! Whoever is told of incidents: a web server that remembers, and that can fail and be slow.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use leakwatch::core::incident::Incident;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How it answers.
#[derive(Clone, Copy, Debug)]
pub enum Mood {
    /// At once.
    Well,
    /// With 503.
    Failing,
    /// After seconds.
    Slow,
}

#[derive(Default)]
struct Inner {
    mood: AtomicU8,
    told: Mutex<Told>,
}

/// What it was told.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Bodies by idempotency key.
    pub bodies: BTreeMap<String, Bytes>,
    /// Keys that came again with another body.
    pub differing: Vec<String>,
    /// Revisions that came, for the first time, after a later one.
    pub out_of_order: Vec<String>,
    last: BTreeMap<String, u32>,
}

/// The server, as long as this value lives.
pub struct Receiver {
    /// Where.
    pub url: String,
    inner: Arc<Inner>,
    _runtime: Runtime,
}

impl Receiver {
    /// On a free port.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let (runtime, inner) = (runtime.expect("a runtime"), Arc::<Inner>::default());
        let router = Router::new().route("/hook", post(take)).with_state(Arc::clone(&inner));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, inner, _runtime: runtime }
    }

    /// From now on it answers so.
    pub fn feel(&self, mood: Mood) {
        self.inner.mood.store(mood as u8, Ordering::SeqCst);
    }

    /// What it was told so far.
    pub fn told(&self) -> Told {
        self.inner.told.lock().expect("no panic").clone()
    }
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mood = inner.mood.load(Ordering::SeqCst);
    if mood == Mood::Failing as u8 {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    if mood == Mood::Slow as u8 {
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    let Some(key) = headers.get("idempotency-key").and_then(|key| key.to_str().ok()) else {
        return StatusCode::BAD_REQUEST;
    };
    let incident: Incident = serde_json::from_slice(&body).expect("an incident");
    let mut told = inner.told.lock().expect("no panic");
    match told.bodies.get(key) {
        Some(before) if *before != body => told.differing.push(key.to_owned()),
        Some(_) => {}
        None => {
            let last = told.last.get(&incident.incident.0).copied().unwrap_or_default();
            if incident.revision < last {
                told.out_of_order.push(key.to_owned());
            }
            told.last.insert(incident.incident.0, incident.revision.max(last));
            told.bodies.insert(key.to_owned(), body);
        }
    }
    StatusCode::OK
}
