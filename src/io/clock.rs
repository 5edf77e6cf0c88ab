//! The wall clock, as something that can be handed in.

use crate::core::time::EventTime;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> EventTime;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> EventTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        EventTime::from_millis(ms).unwrap_or(EventTime::MAX)
    }
}

/// A clock that tests step, in milliseconds.
#[cfg(test)]
pub(crate) struct Stepped(pub std::sync::atomic::AtomicI64);

#[cfg(test)]
impl Stepped {
    /// From now on it is so late.
    pub fn set_ms(&self, ms: i64) {
        self.0.store(ms, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(test)]
impl Clock for Stepped {
    fn now(&self) -> EventTime {
        EventTime::from_millis(self.0.load(std::sync::atomic::Ordering::SeqCst)).expect("a time")
    }
}
