//! Where a sink goes on reading.

use super::super::error::RunError;
use super::super::lookup::{Ends, Lookup};
use super::super::prepare::Preparer;
use super::super::topics_table::{TopicPartition, TopicTable};
use super::super::workers::Prepared;
use super::BEATS;
use crate::core::units::Offset;
use std::sync::Arc;

/// Prepares partitions of the incidents topic.
pub struct LinePreparer {
    /// Asks the broker.
    pub lookup: Lookup,
    /// The incidents topic, and that of the synthetic event.
    pub topics: Arc<TopicTable>,
    /// Whether the sink reads everything at every start.
    pub rebuilds: bool,
}

impl Preparer for LinePreparer {
    /// The topic's end at the start.
    type State = Offset;

    fn prepare(&mut self, at: TopicPartition) -> Result<Prepared<Offset>, RunError> {
        let topic = self.topics.name(at.topic);
        let ends = self.lookup.ends(topic, at.partition)?;
        if at.topic == BEATS {
            // What was made before says nothing about now.
            return Ok(Prepared { at, start: ends.high, metadata: String::new(), state: ends.high });
        }
        let committed = if self.rebuilds { None } else { self.lookup.committed(topic, at.partition)? };
        let start = first(committed.map(|committed| committed.next), ends);
        if let Some(lost) = start.1 {
            tracing::error!(partition = at.partition.0, lost, "incident lines were gone before this sink read them");
        }
        Ok(Prepared { at, start: start.0, metadata: String::new(), state: ends.high })
    }
}

/// The first offset to read, and how many lines retention took before.
fn first(committed: Option<Offset>, ends: Ends) -> (Offset, Option<u64>) {
    match committed {
        Some(next) if next < ends.low => (ends.low, Some(ends.low.0 - next.0)),
        Some(next) if next <= ends.high => (next, None),
        // Nothing read so far, or the topic was created anew.
        Some(_) | None => (ends.low, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_goes_on_where_it_was_or_at_the_beginning() {
        let ends = Ends { low: Offset(10), high: Offset(20) };
        assert_eq!(first(None, ends), (Offset(10), None));
        assert_eq!(first(Some(Offset(15)), ends), (Offset(15), None));
        assert_eq!(first(Some(Offset(4)), ends), (Offset(10), Some(6)));
        assert_eq!(first(Some(Offset(21)), ends), (Offset(10), None));
    }
}
