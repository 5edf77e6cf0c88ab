//! Starting, stopping and failing together: one flag that every thread watches, and the first failure's reason.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Why the process has to end.
pub type Reason = Box<dyn std::error::Error + Send + Sync>;

/// Locks `mutex`, also after a thread panicked with it: the panic has already failed the process.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error with its causes, on one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The process's life, shared by its threads: running, then stopping, perhaps because something failed.
#[derive(Clone, Default)]
pub struct Lifecycle(Arc<Inner>);

#[derive(Default)]
struct Inner {
    stopping: AtomicBool,
    failed: AtomicBool,
    failure: Mutex<Option<Reason>>,
    changed: Condvar,
    notify: Notify,
}

impl Lifecycle {
    /// Running.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to finish.
    pub fn stop(&self) {
        let guard = lock(&self.0.failure);
        self.0.stopping.store(true, Ordering::SeqCst);
        self.0.changed.notify_all();
        self.0.notify.notify_waiters();
        drop(guard);
    }

    /// Asks everybody to finish, and remembers why; the first reason stays. Nothing is committed from here on.
    pub fn fail(&self, reason: impl Into<Reason>) {
        let reason = reason.into();
        tracing::error!(reason = chain(reason.as_ref()), "the process has to end");
        self.0.failed.store(true, Ordering::SeqCst);
        lock(&self.0.failure).get_or_insert(reason);
        self.stop();
    }

    /// Whether everybody is asked to finish.
    pub fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::SeqCst)
    }

    /// Whether something failed.
    pub fn has_failed(&self) -> bool {
        self.0.failed.load(Ordering::SeqCst)
    }

    /// The first failure's reason; the second call gets nothing.
    pub fn take_failure(&self) -> Option<Reason> {
        lock(&self.0.failure).take()
    }

    /// Sleeps for `span`, or until everybody is asked to finish; says whether that is so.
    pub fn sleep(&self, span: Duration) -> bool {
        let until = Instant::now() + span;
        let mut guard = lock(&self.0.failure);
        while !self.is_stopping() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            (guard, _) = self.0.changed.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// Resolves once everybody is asked to finish.
    pub async fn stopping(&self) {
        loop {
            let notified = self.0.notify.notified();
            if self.is_stopping() {
                return;
            }
            notified.await;
        }
    }

    /// Runs `work` on a thread of its own. An error or a panic in it fails the process.
    ///
    /// # Errors
    /// If the operating system grants no thread.
    pub fn spawn<E, F>(&self, name: &str, work: F) -> std::io::Result<JoinHandle<()>>
    where
        E: Into<Reason>,
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        let lifecycle = self.clone();
        let label = name.to_owned();
        Builder::new().name(name.to_owned()).spawn(move || match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => lifecycle.fail(error),
            Err(_) => lifecycle.fail(format!("thread {label} panicked")),
        })
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifecycle")
            .field("stopping", &self.is_stopping())
            .field("failed", &self.has_failed())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_stays_and_stops_everybody() {
        let life = Lifecycle::new();
        assert!(!life.sleep(Duration::ZERO));
        life.fail("first");
        life.fail("second");
        assert!(life.is_stopping() && life.sleep(Duration::from_hours(1)));
        assert_eq!(life.take_failure().map(|reason| reason.to_string()).as_deref(), Some("first"));
    }

    #[test]
    fn a_panic_in_a_thread_fails_the_process() {
        let life = Lifecycle::new();
        let thread = life.spawn("worker-9", || -> Result<(), Reason> { panic!("on purpose") }).expect("a thread");
        thread.join().expect("the panic is caught");
        let reason = life.take_failure().expect("a reason").to_string();
        assert_eq!(reason, "thread worker-9 panicked");
    }
}
