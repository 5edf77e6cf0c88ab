//! Where ingest goes on reading a source partition, and which life of its topic that is.

use super::super::deliveries::DeliverySet;
use super::super::error::RunError;
use super::super::lookup::{Committed, Ends, Lookup};
use super::super::prepare::Preparer;
use super::super::producer::Destination;
use super::super::services::{Services, partition_of_key};
use super::super::topics_table::{TopicPartition, TopicTable};
use super::super::trials::{Care, Trials};
use super::super::workers::Prepared;
use crate::core::activity::{BatchBuilder, Control, Record};
use crate::core::units::{Epoch, Offset};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The record of a gap is waited for this long; then the process ends and starts over.
const GAP_WITHIN: Duration = Duration::from_secs(30);
const EPOCH_KEY: &str = "epoch=";

/// Where to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The first offset to read.
    pub at: Offset,
    /// Which life of the topic.
    pub epoch: Epoch,
    /// What has happened meanwhile.
    pub finding: Finding,
}

/// What the committed offset says against the log's ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing was ever read.
    First,
    /// Everything is still there.
    Whole,
    /// Retention took records that were not read.
    Gap {
        /// The first of them.
        from: Offset,
    },
    /// The log ends before what was read: the topic was created anew.
    Recreated,
}

/// Decides where to go on. The epoch travels with the committed offset, so it outlives every process.
pub fn decide(committed: Option<&Committed>, ends: Ends) -> Start {
    let Some(committed) = committed else {
        return Start { at: ends.low, epoch: Epoch(0), finding: Finding::First };
    };
    let epoch = read_epoch(&committed.metadata);
    if committed.next > ends.high {
        Start { at: ends.low, epoch: Epoch(epoch.0.saturating_add(1)), finding: Finding::Recreated }
    } else if committed.next < ends.low {
        Start { at: ends.low, epoch, finding: Finding::Gap { from: committed.next } }
    } else {
        Start { at: committed.next, epoch, finding: Finding::Whole }
    }
}

fn read_epoch(metadata: &str) -> Epoch {
    Epoch(metadata.strip_prefix(EPOCH_KEY).and_then(|digits| digits.parse().ok()).unwrap_or_default())
}

/// What a worker is told of a source partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// Which life of the topic.
    pub epoch: Epoch,
    /// How its records are to be handled.
    pub care: Care,
}

/// Prepares source partitions.
pub struct SourcePreparer {
    /// Asks the broker.
    pub lookup: Lookup,
    /// The sources' topics.
    pub topics: Arc<TopicTable>,
    /// The activity topic.
    pub activity: String,
    /// Its partitions.
    pub partitions: u32,
    /// Records that end processes.
    pub trials: Arc<Trials>,
    /// The rest.
    pub services: Services,
}

impl Preparer for SourcePreparer {
    type State = SourceState;

    fn prepare(&mut self, at: TopicPartition) -> Result<Prepared<SourceState>, RunError> {
        let topic = self.topics.name(at.topic);
        let committed = self.lookup.committed(topic, at.partition)?;
        let ends = self.lookup.ends(topic, at.partition)?;
        let start = decide(committed.as_ref(), ends);
        match start.finding {
            Finding::First | Finding::Whole => {}
            Finding::Gap { from } => self.record_gap(at, from, start.at)?,
            Finding::Recreated => {
                tracing::warn!(topic, partition = at.partition.0, "the topic was created anew; reading all of it");
            }
        }
        let metadata = format!("{EPOCH_KEY}{}", start.epoch.0);
        let care = self.trials.begin(topic, at.partition, start.at)?;
        Ok(Prepared { at, start: start.at, metadata, state: SourceState { epoch: start.epoch, care } })
    }
}

impl SourcePreparer {
    /// Writes the gap to the activity log, to one partition that the source's name chooses, before reading goes on.
    fn record_gap(&self, at: TopicPartition, from: Offset, to: Offset) -> Result<(), RunError> {
        let source = self.topics.name(at.topic);
        tracing::error!(source, partition = at.partition.0, %from, %to, "records were lost to retention");
        let noticed = self.services.clock.now();
        let gap = Control::Gap { source, partition: at.partition, from: from.0, to: to.0, noticed };
        let mut batch = BatchBuilder::default();
        batch.push(&Record::Control(gap)).map_err(RunError::Encode)?;
        let partition = partition_of_key(source.as_bytes(), self.partitions);
        let (set, to) = (DeliverySet::open(), Destination { topic: &self.activity, partition, key: None });
        self.services.producer.send(to, batch.as_bytes(), Some(&set))?;
        set.seal();
        let delivered = self.services.producer.wait_delivered(&[set], Instant::now() + GAP_WITHIN);
        if delivered { Ok(()) } else { Err(RunError::Stopped) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(next: Option<u64>, low: u64, high: u64) -> (u64, u32, Finding) {
        let committed = next.map(|next| Committed { next: Offset(next), metadata: "epoch=3".into() });
        let start = decide(committed.as_ref(), Ends { low: Offset(low), high: Offset(high) });
        (start.at.0, start.epoch.0, start.finding)
    }

    #[test]
    fn reading_goes_on_where_it_was_left() {
        assert_eq!(start(None, 7, 90), (7, 0, Finding::First));
        assert_eq!(start(Some(50), 7, 90), (50, 3, Finding::Whole));
        assert_eq!(start(Some(90), 90, 90), (90, 3, Finding::Whole));
    }

    #[test]
    fn what_retention_took_is_a_gap_and_a_shorter_log_a_new_topic() {
        assert_eq!(start(Some(5), 7, 90), (7, 3, Finding::Gap { from: Offset(5) }));
        assert_eq!(start(Some(91), 0, 90), (0, 4, Finding::Recreated));
    }
}
