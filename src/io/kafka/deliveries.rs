//! Which messages are on their way, and which sets of them have arrived.
//!
//! Only a delivery report is proof. A set is complete once it is sealed and every message in it is reported delivered;
//! a message that fails leaves its set open for ever, and ends the process.

use crate::io::lifecycle::{Lifecycle, lock};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// At most this many bytes are on their way; senders wait for room.
pub const IN_FLIGHT_BYTES: usize = 32 * 1024 * 1024;
/// At most this many messages are on their way.
pub const IN_FLIGHT_MESSAGES: usize = 100_000;
const WAIT_SLICE: Duration = Duration::from_millis(100);

/// Messages whose delivery is awaited together.
#[derive(Debug)]
pub struct DeliverySet {
    outstanding: AtomicUsize,
}

impl DeliverySet {
    /// An open, empty set.
    pub fn open() -> Arc<Self> {
        Arc::new(Self { outstanding: AtomicUsize::new(1) })
    }

    /// No further message joins.
    pub fn seal(&self) {
        self.outstanding.fetch_sub(1, Ordering::SeqCst);
    }

    /// One more message.
    pub fn join(&self) {
        self.outstanding.fetch_add(1, Ordering::SeqCst);
    }

    /// One message has arrived, or was never sent.
    pub fn leave(&self) {
        self.outstanding.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether it is sealed and everything in it has arrived.
    pub fn is_delivered(&self) -> bool {
        self.outstanding.load(Ordering::SeqCst) == 0
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Load {
    messages: usize,
    bytes: usize,
}

/// Everything on its way.
#[derive(Debug)]
pub struct InFlight {
    load: Mutex<Load>,
    changed: Condvar,
    lifecycle: Lifecycle,
}

impl InFlight {
    /// Nothing on its way.
    pub fn new(lifecycle: Lifecycle) -> Self {
        Self { load: Mutex::default(), changed: Condvar::new(), lifecycle }
    }

    /// Waits for room for a message of `bytes`; `false` once the process has failed.
    pub fn enter(&self, bytes: usize) -> bool {
        let mut load = lock(&self.load);
        while load.messages > 0 && (load.messages >= IN_FLIGHT_MESSAGES || load.bytes + bytes > IN_FLIGHT_BYTES) {
            if self.lifecycle.has_failed() {
                return false;
            }
            load = self.changed.wait_timeout(load, WAIT_SLICE).unwrap_or_else(PoisonError::into_inner).0;
        }
        load.messages += 1;
        load.bytes += bytes;
        true
    }

    /// A message of `bytes` has arrived, or was never sent.
    pub fn leave(&self, bytes: usize) {
        let mut load = lock(&self.load);
        load.messages = load.messages.saturating_sub(1);
        load.bytes = load.bytes.saturating_sub(bytes);
        drop(load);
        self.changed.notify_all();
    }

    /// Sleeps until something arrives, at most `span`.
    pub fn wait_change(&self, span: Duration) {
        let load = lock(&self.load);
        drop(self.changed.wait_timeout(load, span).unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until `done` holds, which it is asked after every arrival; says whether it came in time.
    pub fn wait_until(&self, until: Instant, mut done: impl FnMut() -> bool) -> bool {
        loop {
            if done() {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.lifecycle.has_failed() {
                return false;
            }
            self.wait_change(left.min(WAIT_SLICE));
        }
    }

    /// Messages and bytes on their way.
    pub fn load(&self) -> (usize, usize) {
        let load = lock(&self.load);
        (load.messages, load.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_delivered_once_sealed_and_empty() {
        let set = DeliverySet::open();
        set.join();
        set.seal();
        assert!(!set.is_delivered(), "one message is on its way");
        set.leave();
        assert!(set.is_delivered());
    }

    #[test]
    fn one_message_always_fits_and_a_failure_frees_the_waiting() {
        let life = Lifecycle::new();
        let flight = InFlight::new(life.clone());
        assert!(flight.enter(2 * IN_FLIGHT_BYTES), "a message larger than the limit goes alone");
        life.fail("on purpose");
        assert!(!flight.enter(1));
        flight.leave(2 * IN_FLIGHT_BYTES);
        assert_eq!(flight.load(), (0, 0));
    }
}
