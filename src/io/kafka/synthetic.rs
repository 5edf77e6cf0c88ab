//! The synthetic event: ingest makes one every so often in every partition of the activity log, detect passes it on to a
//! topic of its own, and sinks note that it came. It is nobody's incident, so it stays out of the topic of incidents.

use super::error::RunError;
use super::ingest::OutTopic;
use super::lookup::Lookup;
use crate::core::activity::{Control, Record};
use crate::core::time::{EventTime, Millis};
use crate::core::units::Partition;
use crate::io::clock::Clock;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One line of the topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// The partition of the activity log that it came through.
    pub partition: Partition,
    /// How many of those there are.
    pub partitions: u32,
    /// When ingest made it.
    pub time: EventTime,
}

/// The topic, where it is there. Without it the way ends at detect, which is said, and the service goes on.
///
/// # Errors
/// [`RunError`] if no broker answers.
pub fn topic(lookup: &Lookup, name: Option<&String>) -> Result<Option<OutTopic>, RunError> {
    let Some(name) = name else { return Ok(None) };
    match lookup.partitions(name) {
        Ok(partitions) => Ok(Some(OutTopic { name: name.clone(), partitions })),
        Err(RunError::TopicMissing { topic }) => {
            tracing::warn!(topic, "expected a topic for the heartbeat: `leakwatch topics apply` makes it");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// When the next one is due.
pub struct Metronome {
    clock: Arc<dyn Clock>,
    every: Millis,
    last: EventTime,
}

impl Metronome {
    /// The first is due at once.
    pub fn new(clock: Arc<dyn Clock>, every: Millis) -> Self {
        Self { clock, every, last: EventTime::MIN }
    }

    /// The time of one that is due; asked again, it is not due before another [`Self::every`] has passed.
    pub fn due(&mut self) -> Option<EventTime> {
        let now = self.clock.now();
        // A clock that was set back must not silence it.
        let passed = now.since(self.last);
        if passed < self.every && passed >= Millis::ZERO {
            return None;
        }
        self.last = now;
        Some(now)
    }
}

/// The record that the activity log carries.
pub const fn record(time: EventTime) -> Record<'static> {
    Record::Control(Control::Heartbeat { time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::clock::Stepped;
    use std::sync::atomic::AtomicI64;

    #[test]
    fn one_is_due_at_once_then_every_so_often_and_after_the_clock_was_set_back() {
        let clock = Arc::new(Stepped(AtomicI64::new(1_000_000)));
        let mut metronome = Metronome::new(Arc::<Stepped>::clone(&clock), Millis::from_secs(60));
        let mut at = |ms| {
            clock.set_ms(ms);
            metronome.due().map(EventTime::as_millis)
        };
        assert_eq!(at(1_000_000), Some(1_000_000));
        assert_eq!(at(1_059_999), None);
        assert_eq!(at(1_060_000), Some(1_060_000));
        assert_eq!(at(500_000), Some(500_000), "set back");
        assert_eq!(at(559_999), None);
    }
}
