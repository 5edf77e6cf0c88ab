//! What liveness and readiness mean.
//!
//! Live: only a stuck poll thread is not. A broker that is away must not become a restart storm. Ready: every stage
//! has joined its group and restored what it was given; an empty assignment is fine, or the pod too many would never
//! be ready; and the first filter is loaded where one is configured.

use crate::io::kafka::consumer::Notes;
use crate::io::kafka::heartbeat::Heartbeat;
use crate::io::lifecycle::{Lifecycle, lock};
use std::sync::{Arc, Mutex};

type Condition = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// What is asked before the process counts as live or ready.
pub struct Health {
    lifecycle: Lifecycle,
    hearts: Mutex<Vec<Arc<Heartbeat>>>,
    conditions: Mutex<Vec<Condition>>,
    started: std::sync::atomic::AtomicBool,
}

impl Health {
    /// Not ready until [`Self::started`].
    pub fn new(lifecycle: Lifecycle) -> Self {
        Self { lifecycle, hearts: Mutex::default(), conditions: Mutex::default(), started: false.into() }
    }

    /// A stage runs: its heart has to beat, and it has to have settled in its group.
    pub fn stage(&self, name: &'static str, heartbeat: Arc<Heartbeat>, notes: Arc<Notes>) {
        lock(&self.hearts).push(heartbeat);
        self.condition(move || (!notes.is_settled()).then(|| format!("{name}: no assignment yet")));
    }

    /// Something else that readiness needs; `None` once it is so.
    pub fn condition(&self, unmet: impl Fn() -> Option<String> + Send + Sync + 'static) {
        lock(&self.conditions).push(Box::new(unmet));
    }

    /// Every stage has been started.
    pub fn started(&self) {
        self.started.store(true, std::sync::atomic::Ordering::SeqCst);
    }

    /// The first poll thread that is stuck.
    pub fn first_stuck(&self) -> Option<&'static str> {
        lock(&self.hearts).iter().find(|heart| heart.is_stuck()).map(|heart| heart.name())
    }

    /// Why it is not live.
    pub fn stuck(&self) -> Vec<String> {
        let hearts = lock(&self.hearts);
        let stuck = hearts.iter().filter(|heart| heart.is_stuck());
        stuck.map(|heart| format!("{}: its poll thread is stuck for {:?}", heart.name(), heart.age())).collect()
    }

    /// Why it is not ready.
    pub fn not_ready(&self) -> Vec<String> {
        if self.lifecycle.is_stopping() {
            return vec!["stopping".to_owned()];
        }
        let mut reasons = self.stuck();
        if !self.started.load(std::sync::atomic::Ordering::SeqCst) {
            reasons.push("starting".to_owned());
        }
        reasons.extend(lock(&self.conditions).iter().filter_map(|unmet| unmet()));
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn ready_is_started_with_every_condition_met() {
        let health = Health::new(Lifecycle::new());
        let loaded = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&loaded);
        health.condition(move || (!seen.load(Ordering::SeqCst)).then(|| "no filter yet".to_owned()));
        assert_eq!(health.not_ready(), ["starting", "no filter yet"]);
        health.started();
        assert_eq!(health.not_ready(), ["no filter yet"]);
        loaded.store(true, Ordering::SeqCst);
        assert!(health.not_ready().is_empty() && health.stuck().is_empty());
        health.lifecycle.stop();
        assert_eq!((health.not_ready().len(), health.stuck().len()), (1, 0), "draining is live and not ready");
    }
}
