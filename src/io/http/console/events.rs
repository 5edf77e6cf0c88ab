//! Server-sent events: the console is told that something changed, and asks for what it shows.

use super::Console;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use std::convert::Infallible;

/// An event `cases` with the book's version at once, and another after each change. Changes that come faster than they
/// are read are one event.
pub(super) async fn events(State(console): State<Console>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut changes = console.board.changes();
    changes.mark_changed();
    let told = stream::unfold(changes, |mut changes| async move {
        changes.changed().await.ok()?;
        let version = changes.borrow_and_update().to_string();
        Some((Ok(Event::default().event("cases").data(version)), changes))
    });
    Sse::new(told).keep_alive(KeepAlive::default())
}
