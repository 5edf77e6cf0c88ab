//! The console's files and the runbooks, embedded: nothing is fetched from elsewhere, and nothing has to be built.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use pulldown_cmark::{Event, Options, Parser, html};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "src/io/http/console/assets"]
struct Assets;

#[derive(RustEmbed)]
#[folder = "docs/runbooks"]
struct Runbooks;

/// The one page; its script shows the rest.
pub(super) async fn index() -> Response {
    file("index.html")
}

/// A file beside it.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    file(&name)
}

fn file(name: &str) -> Response {
    let Some(found) = Assets::get(name) else { return StatusCode::NOT_FOUND.into_response() };
    ([(header::CONTENT_TYPE, content_type(name)), (header::CACHE_CONTROL, "no-cache")], found.data).into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

/// A runbook as a piece of HTML. Raw HTML in it is shown as text.
pub(super) async fn runbook(Path(rule): Path<String>) -> Response {
    let Some(found) = Runbooks::get(&format!("{rule}.md")) else { return StatusCode::NOT_FOUND.into_response() };
    let text = String::from_utf8_lossy(&found.data);
    let events = Parser::new_ext(&text, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        other => other,
    });
    let mut page = String::new();
    html::push_html(&mut page, events);
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}
