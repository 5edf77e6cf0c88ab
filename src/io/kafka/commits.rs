//! Offsets that may be committed: written by workers, sent by the poll thread.

use super::batch::Generation;
use super::topics_table::TopicPartition;
use crate::core::units::Offset;
use crate::io::lifecycle::lock;
use std::collections::HashMap;
use std::sync::Mutex;

/// The next offset to read of a partition, once everything before it is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitPoint {
    /// In which assignment it was reached.
    pub generation: Generation,
    /// The next offset to read.
    pub next: Offset,
}

/// Offsets waiting to be committed.
#[derive(Debug, Default)]
pub struct CommitBoard(Mutex<HashMap<TopicPartition, CommitPoint>>);

impl CommitBoard {
    /// Everything of `at` before `point.next` is safe. Never moves back within one assignment.
    pub fn reached(&self, at: TopicPartition, point: CommitPoint) {
        let mut points = lock(&self.0);
        let known = points.entry(at).or_insert(point);
        if (point.generation, point.next) > (known.generation, known.next) {
            *known = point;
        }
    }

    /// Takes what has been reached since the last call.
    pub fn take(&self) -> HashMap<TopicPartition, CommitPoint> {
        std::mem::take(&mut *lock(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_never_moves_back_within_an_assignment() {
        let (board, at) = (CommitBoard::default(), TopicPartition::default());
        for (generation, next) in [(1, 9), (1, 5), (2, 3), (1, 12)] {
            board.reached(at, CommitPoint { generation: Generation(generation), next: Offset(next) });
        }
        let taken = board.take();
        assert_eq!(taken[&at], CommitPoint { generation: Generation(2), next: Offset(3) });
        assert!(board.take().is_empty());
    }
}
