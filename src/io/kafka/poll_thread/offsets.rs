//! Commits, and the end.

use super::PollThread;
use rdkafka::consumer::{CommitMode, Consumer};
use std::time::Instant;

impl<S: Send + 'static> PollThread<S> {
    /// Sends what was reached since the last call; failed commits are sent again.
    pub(super) fn commit(&mut self) {
        self.committed_at = Instant::now();
        for (at, point) in self.setup.board.take() {
            if let Some(owned) = self.owned.get_mut(&at).filter(|owned| owned.generation == point.generation) {
                owned.reached = Some(point.next);
                owned.uncommitted = true;
            }
        }
        let again = self.setup.notes.take_commit_failure();
        let points: Vec<_> = (self.owned.iter())
            .filter(|(_, owned)| owned.uncommitted || again)
            .filter_map(|(at, owned)| Some((*at, Some(owned.reached?), owned.metadata.as_str())))
            .collect();
        if points.is_empty() || self.setup.lifecycle.has_failed() {
            return;
        }
        let list = self.list(points.into_iter());
        match self.consumer.commit(&list, CommitMode::Async) {
            Ok(()) => {
                self.setup.notes.commit_sent();
                self.owned.values_mut().for_each(|owned| owned.uncommitted = false);
            }
            Err(error) => tracing::warn!(stage = self.setup.stage, %error, "commit not sent"),
        }
    }

    /// Leaves the group. Everything is released by now.
    pub(super) fn close(self) {
        self.setup.notes.close();
        self.setup.heartbeat.beat();
        drop(self.consumer);
    }
}
