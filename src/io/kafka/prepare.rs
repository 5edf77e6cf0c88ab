//! Getting assigned partitions ready on a thread of its own, while the poll thread keeps the membership alive.

use super::error::RunError;
use super::topics_table::TopicPartition;
use super::workers::Prepared;
use crate::io::lifecycle::Lifecycle;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::thread::JoinHandle;

/// At most this many assignments wait to be prepared; the group asks for one at a time.
const JOBS: usize = 4;
/// At most this many prepared partitions wait for the poll thread.
const READY: usize = 64;

/// Finds out where to start reading a partition, and with what.
pub trait Preparer: Send + 'static {
    /// What the worker gets.
    type State: Send + 'static;

    /// Prepares one partition; may take as long as a restore does.
    ///
    /// # Errors
    /// [`RunError`] ends the process.
    fn prepare(&mut self, at: TopicPartition) -> Result<Prepared<Self::State>, RunError>;
}

/// The poll thread's end.
#[derive(Debug)]
pub struct PrepareThread<S> {
    /// Partitions to prepare.
    pub jobs: Sender<Vec<TopicPartition>>,
    /// Prepared ones.
    pub ready: Receiver<Prepared<S>>,
}

/// Starts the thread; it ends when the poll thread's end is dropped.
///
/// # Errors
/// If the operating system grants no thread.
pub fn spawn<P: Preparer>(
    lifecycle: &Lifecycle,
    name: &str,
    mut preparer: P,
) -> Result<(PrepareThread<P::State>, JoinHandle<()>), RunError> {
    let (jobs, inbox) = bounded::<Vec<TopicPartition>>(JOBS);
    let (results, ready) = bounded(READY);
    let thread = lifecycle.spawn(name, move || -> Result<(), RunError> {
        for at in inbox.iter().flatten() {
            if results.send(preparer.prepare(at)?).is_err() {
                break;
            }
        }
        Ok(())
    })?;
    Ok((PrepareThread { jobs, ready }, thread))
}
