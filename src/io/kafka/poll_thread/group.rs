//! Answers to the group: assignments once prepared, revocations once finished.

use super::super::consumer::Change;
use super::super::error::RunError;
use super::super::topics_table::TopicPartition;
use super::super::workers::{Control, Countdown, Prepared};
use super::{Owned, Phase, PollThread, RELEASE_WITHIN};
use rdkafka::consumer::Consumer;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The last commits are waited for this long.
const LAST_COMMITS_WITHIN: Duration = Duration::from_secs(1);
const CONTROL_WITHIN: Duration = Duration::from_secs(1);

impl<S: Send + 'static> PollThread<S> {
    pub(super) fn answer_group(&mut self) -> Result<(), RunError> {
        match std::mem::replace(&mut self.phase, Phase::Steady) {
            Phase::Steady if self.setup.lifecycle.is_stopping() => {
                let all: Vec<TopicPartition> = self.owned.keys().copied().collect();
                self.begin_release(&all, false, true)
            }
            Phase::Steady => match self.setup.notes.next_change() {
                Some(Change::Assign(wanted)) => self.begin_assign(wanted),
                Some(Change::Revoke { partitions, lost }) => self.begin_release(&partitions, lost, false),
                None => Ok(()),
            },
            Phase::Preparing { wanted, ready } => self.go_on_assigning(wanted, ready),
            Phase::Releasing { partitions, done, until, lost, closing } => {
                if done.is_done() || Instant::now() >= until {
                    self.finish_release(partitions, lost, closing, done.is_done());
                } else {
                    self.phase = Phase::Releasing { partitions, done, until, lost, closing };
                }
                Ok(())
            }
            Phase::Committing { partitions, until, closing } => {
                if self.setup.notes.has_pending_commits() && Instant::now() < until {
                    self.phase = Phase::Committing { partitions, until, closing };
                    return Ok(());
                }
                self.give_up(&partitions, closing)
            }
            Phase::Released => {
                self.phase = Phase::Released;
                Ok(())
            }
        }
    }

    fn begin_assign(&mut self, wanted: Vec<TopicPartition>) -> Result<(), RunError> {
        self.setup.notes.set_answering(true);
        let sent = self.setup.prepare.jobs.try_send(wanted.clone());
        // Where what follows fails, the phase says what is still to be answered.
        self.phase = Phase::Preparing { wanted: wanted.clone(), ready: Vec::new() };
        sent.map_err(|_| RunError::Ended { what: "the thread that prepares partitions" })?;
        self.go_on_assigning(wanted, Vec::new())
    }

    fn go_on_assigning(&mut self, wanted: Vec<TopicPartition>, mut ready: Vec<Prepared<S>>) -> Result<(), RunError> {
        ready.extend(self.setup.prepare.ready.try_iter());
        if self.setup.lifecycle.is_stopping() {
            // The client closes only after an answer; nobody reads what it fetches now.
            let list = self.bare_list(&wanted);
            return self.consumer.incremental_assign(&list).map_err(RunError::kafka("assigning while stopping"));
        }
        if ready.len() < wanted.len() {
            self.phase = Phase::Preparing { wanted, ready };
            return Ok(());
        }
        let list = self.list(ready.iter().map(|p| (p.at, Some(p.start), p.metadata.as_str())));
        self.phase = Phase::Preparing { wanted, ready: Vec::new() };
        for prepared in ready {
            self.adopt(prepared)?;
        }
        self.phase = Phase::Steady;
        self.consumer.incremental_assign(&list).map_err(RunError::kafka("assigning partitions"))?;
        self.setup.notes.set_answering(false);
        self.count_owned();
        Ok(())
    }

    fn adopt(&mut self, prepared: Prepared<S>) -> Result<(), RunError> {
        let Prepared { at, start, metadata, state } = prepared;
        let (generation, worker) = (self.generations.fresh(), self.least_loaded());
        self.control(worker, Control::Adopt { at, generation, start, state })?;
        let owned = Owned { generation, worker, metadata, reached: None, uncommitted: false, going: false };
        self.owned.insert(at, owned);
        Ok(())
    }

    fn least_loaded(&self) -> usize {
        let mut loads = vec![0_usize; self.setup.ports.len()];
        for owned in self.owned.values() {
            loads[owned.worker] += 1;
        }
        loads.iter().enumerate().min_by_key(|(_, load)| **load).map_or(0, |(worker, _)| worker)
    }

    fn begin_release(&mut self, partitions: &[TopicPartition], lost: bool, closing: bool) -> Result<(), RunError> {
        let done = Countdown::new(partitions.iter().filter(|at| self.owned.contains_key(at)).count());
        let within = if self.setup.lifecycle.has_failed() { Duration::ZERO } else { RELEASE_WITHIN };
        let until = Instant::now() + within;
        self.phase =
            Phase::Releasing { partitions: partitions.to_vec(), done: Arc::clone(&done), until, lost, closing };
        for at in partitions {
            if self.parking.forget(*at) {
                self.pause_or_resume(*at, false);
            }
            let Some(owned) = self.owned.get_mut(at) else { continue };
            owned.going = true;
            let worker = owned.worker;
            self.control(worker, Control::Release { at: *at, lost, done: Arc::clone(&done) })?;
        }
        Ok(())
    }

    /// Commits what the workers finished; a commit after the answer would come too late to be taken.
    fn finish_release(&mut self, partitions: Vec<TopicPartition>, lost: bool, closing: bool, complete: bool) {
        if !complete {
            tracing::warn!(stage = self.setup.stage, "a worker was not finished in time; its work is done again");
        }
        if !lost {
            self.commit();
        }
        self.phase = Phase::Committing { partitions, until: Instant::now() + LAST_COMMITS_WITHIN, closing };
    }

    fn give_up(&mut self, partitions: &[TopicPartition], closing: bool) -> Result<(), RunError> {
        for at in partitions {
            self.owned.remove(at);
        }
        self.setup.notes.forget(partitions);
        self.count_owned();
        if closing {
            self.phase = Phase::Released;
            return Ok(());
        }
        let list = self.bare_list(partitions);
        self.consumer.incremental_unassign(&list).map_err(RunError::kafka("giving partitions up"))
    }

    /// Answers what the group still waits for, without any of the work that goes before: the client closes only once it has
    /// its answers, and until it is closed the partitions are nobody else's.
    pub(super) fn abandon(&mut self) {
        let mut changes = Vec::new();
        match std::mem::replace(&mut self.phase, Phase::Released) {
            Phase::Preparing { wanted, .. } => changes.push(Change::Assign(wanted)),
            Phase::Releasing { partitions, lost, closing: false, .. } => {
                changes.push(Change::Revoke { partitions, lost });
            }
            Phase::Committing { partitions, closing: false, .. } => {
                changes.push(Change::Revoke { partitions, lost: false });
            }
            Phase::Releasing { .. } | Phase::Committing { .. } | Phase::Steady | Phase::Released => {}
        }
        changes.extend(std::iter::from_fn(|| self.setup.notes.next_change()));
        for change in changes {
            let answered = match change {
                Change::Assign(wanted) => self.consumer.incremental_assign(&self.bare_list(&wanted)),
                Change::Revoke { partitions, .. } => self.consumer.incremental_unassign(&self.bare_list(&partitions)),
            };
            if let Err(error) = answered {
                tracing::debug!(stage = self.setup.stage, %error, "answering while abandoning");
            }
        }
    }

    fn control(&self, worker: usize, message: Control<S>) -> Result<(), RunError> {
        let sent = self.setup.ports[worker].control.send_timeout(message, CONTROL_WITHIN);
        sent.map_err(|_| RunError::Ended { what: "a worker" })
    }

    fn count_owned(&self) {
        let count = i64::try_from(self.owned.len()).unwrap_or(i64::MAX);
        self.setup.metrics.partitions.with_label_values(&[self.setup.stage]).set(count);
    }
}
