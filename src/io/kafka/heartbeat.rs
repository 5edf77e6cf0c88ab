//! Whether the poll threads still turn. A dead poll thread keeps its partitions, so a stuck one ends the process.

use crate::io::lifecycle::{Lifecycle, Reason};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A poll thread that has not turned for this long is stuck: the process ends.
pub const POLL_STUCK: Duration = Duration::from_mins(1);
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// When a thread last turned.
#[derive(Debug)]
pub struct Heartbeat {
    name: &'static str,
    started: Instant,
    last_ms: AtomicU64,
}

impl Heartbeat {
    /// A heartbeat that beats now.
    pub fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self { name, started: Instant::now(), last_ms: AtomicU64::new(0) })
    }

    /// The thread turns.
    pub fn beat(&self) {
        self.last_ms.store(self.elapsed_ms(), Ordering::Relaxed);
    }

    /// How long ago it last turned.
    pub fn age(&self) -> Duration {
        Duration::from_millis(self.elapsed_ms().saturating_sub(self.last_ms.load(Ordering::Relaxed)))
    }

    /// Whether it is stuck.
    pub fn is_stuck(&self) -> bool {
        self.age() > POLL_STUCK
    }

    /// The thread's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Calls `end` as soon as `stuck` names a thread. A stuck thread cannot be asked to stop, so `end` ends the process.
///
/// # Errors
/// If the operating system grants no thread.
pub fn watch(
    lifecycle: &Lifecycle,
    stuck: impl Fn() -> Option<&'static str> + Send + 'static,
    end: impl Fn(&'static str) + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let life = lifecycle.clone();
    lifecycle.spawn("watchdog", move || -> Result<(), Reason> {
        while !life.sleep(WATCH_EVERY) {
            if let Some(name) = stuck() {
                end(name);
            }
        }
        Ok(())
    })
}
