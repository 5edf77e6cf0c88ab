//! Questions to the broker that are outside any assignment: partition counts, log ends, committed offsets.

use super::consumer::log_line;
use super::error::RunError;
use super::log_reader::LogRange;
use super::patience::patiently;
use super::topics_table::{wire_offset, wire_partition};
use crate::core::time::EventTime;
use crate::core::units::{Offset, Partition};
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset as WireOffset, TopicPartitionList};
use std::time::{Duration, Instant};

/// A topic that is not there is asked for again this long.
const TOPIC_WITHIN: Duration = Duration::from_secs(5);
const TOPIC_EVERY: Duration = Duration::from_millis(200);

/// Where a partition's log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The first offset that is there.
    pub low: Offset,
    /// The next offset to be written.
    pub high: Offset,
}

impl Ends {
    /// Whether nothing was ever written.
    pub fn is_untouched(self) -> bool {
        self.low == self.high && self.high == Offset(0)
    }
}

/// What a group has committed for a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The next offset to read.
    pub next: Offset,
    /// What was kept with it.
    pub metadata: String,
}

/// Takes the client's log, and nothing else.
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log_line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl ConsumerContext for Quiet {}

/// A client that asks and never reads.
pub struct Lookup {
    client: BaseConsumer<Quiet>,
}

impl Lookup {
    /// Asks on behalf of `group`; does not join it.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if the settings are refused.
    pub fn new(connection: &ClientConfig, group: &str) -> Result<Self, RunError> {
        let mut config = connection.clone();
        config.set("group.id", group).set("enable.auto.commit", "false");
        let client =
            BaseConsumer::from_config_and_context(&config, Quiet).map_err(RunError::kafka("making a client"))?;
        Ok(Self { client })
    }

    /// How many partitions `topic` has. A topic that was just created is waited for: brokers hear of it one by one.
    ///
    /// # Errors
    /// [`RunError::TopicMissing`], or [`RunError::Kafka`] if no broker answers.
    pub fn partitions(&self, topic: &str) -> Result<u32, RunError> {
        let until = Instant::now() + TOPIC_WITHIN;
        loop {
            match self.partitions_now(topic) {
                Err(RunError::TopicMissing { .. }) if Instant::now() < until => std::thread::sleep(TOPIC_EVERY),
                answer => return answer,
            }
        }
    }

    fn partitions_now(&self, topic: &str) -> Result<u32, RunError> {
        let metadata = patiently(|within| self.client.fetch_metadata(Some(topic), within));
        let metadata = metadata.map_err(RunError::kafka(format!("asking about topic {topic}")))?;
        let found = metadata.topics().iter().find(|t| t.name() == topic && t.error().is_none());
        match found.map(|t| t.partitions().len()) {
            Some(count) if count > 0 => Ok(u32::try_from(count).unwrap_or(u32::MAX)),
            _ => Err(RunError::TopicMissing { topic: topic.to_owned() }),
        }
    }

    /// Where the log of a partition begins and ends now. A leader that has just been elected is waited for: it may not
    /// know of it yet.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if its leader does not answer.
    pub fn ends(&self, topic: &str, partition: Partition) -> Result<Ends, RunError> {
        let wire = wire_partition(partition);
        let asked = patiently(|within| self.client.fetch_watermarks(topic, wire, within));
        let (low, high) = asked.map_err(RunError::kafka(format!("asking for the ends of {topic} [{partition}]")))?;
        let offset = |raw: i64| Offset(u64::try_from(raw).unwrap_or_default());
        Ok(Ends { low: offset(low), high: offset(high) })
    }

    /// What the group has committed for a partition; `None` where it never has.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if the coordinator does not answer.
    pub fn committed(&self, topic: &str, partition: Partition) -> Result<Option<Committed>, RunError> {
        let mut list = TopicPartitionList::new();
        list.add_partition(topic, wire_partition(partition));
        let doing = || format!("asking for the committed offset of {topic} [{partition}]");
        let asked = patiently(|within| first_of(&self.client.committed_offsets(list.clone(), within)?));
        asked.map_err(RunError::kafka(doing()))
    }

    /// Commits on behalf of a group that has no members.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if the coordinator does not answer.
    pub fn commit(&self, topic: &str, partition: Partition, at: &Committed) -> Result<(), RunError> {
        let mut list = TopicPartitionList::new();
        let mut element = list.add_partition(topic, wire_partition(partition));
        let doing = || format!("committing for {topic} [{partition}]");
        element.set_offset(WireOffset::Offset(wire_offset(at.next.0))).map_err(RunError::kafka(doing()))?;
        element.set_metadata(&at.metadata);
        patiently(|_| self.client.commit(&list, CommitMode::Sync)).map_err(RunError::kafka(doing()))
    }

    /// The first offset of a partition whose message was written at `time` or later; `None` where there is none yet.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if its leader does not answer.
    pub fn offset_at(&self, topic: &str, partition: Partition, time: EventTime) -> Result<Option<Offset>, RunError> {
        let doing = || format!("asking for the offset of a time in {topic} [{partition}]");
        let mut list = TopicPartitionList::new();
        let asked = list.add_partition_offset(topic, wire_partition(partition), WireOffset::Offset(time.as_millis()));
        asked.map_err(RunError::kafka(doing()))?;
        let asked = patiently(|within| first_of(&self.client.offsets_for_times(list.clone(), within)?));
        Ok(asked.map_err(RunError::kafka(doing()))?.map(|first| first.next))
    }
}

/// What of a partition was written between two times, as far as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The first offset that is there at all.
    pub low: Offset,
    /// What was asked for.
    pub range: LogRange,
}

impl Lookup {
    /// What of `topic` was written from `from` on and before `to`; without these from its beginning, and to its end.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if the partition's leader does not answer.
    pub fn written(
        &self,
        topic: &str,
        partition: Partition,
        from: Option<EventTime>,
        to: Option<EventTime>,
    ) -> Result<Written, RunError> {
        let Ends { low, high } = self.ends(topic, partition)?;
        let offset_at = |time| self.offset_at(topic, partition, time).map(|at| at.unwrap_or(high));
        let to = to.map_or(Ok(high), offset_at)?.min(high);
        let from = from.map_or(Ok(low), offset_at)?.clamp(low, to);
        Ok(Written { low, range: LogRange { partition, from, to } })
    }

    /// The same, and at most the newest `messages` of it, with whether that leaves anything out. Such a reader may read more
    /// than it asked for: a broker that keeps no index of times is read from the beginning.
    ///
    /// # Errors
    /// As for [`Self::written`].
    pub fn newest_written(
        &self,
        topic: &str,
        partition: Partition,
        (from, to): (Option<EventTime>, Option<EventTime>),
        messages: u64,
    ) -> Result<(LogRange, bool), RunError> {
        let range = match self.written(topic, partition, from, to) {
            Ok(written) if written.range.from < written.range.to => written.range,
            Ok(_) | Err(_) => self.written(topic, partition, None, None)?.range,
        };
        let newest = Offset(range.to.0.saturating_sub(messages));
        Ok((LogRange { from: range.from.max(newest), ..range }, range.from < newest))
    }
}

/// What the list's first element says, unless that is an error; `None` where it names no offset.
fn first_of(list: &TopicPartitionList) -> Result<Option<Committed>, KafkaError> {
    let elements = list.elements();
    let Some(first) = elements.first() else { return Ok(None) };
    first.error()?;
    Ok(known(first.offset()).map(|next| Committed { next, metadata: first.metadata().to_owned() }))
}

fn known(offset: WireOffset) -> Option<Offset> {
    match offset {
        WireOffset::Offset(at) => Some(Offset(u64::try_from(at).unwrap_or_default())),
        WireOffset::Beginning
        | WireOffset::End
        | WireOffset::Stored
        | WireOffset::Invalid
        | WireOffset::OffsetTail(_) => None,
    }
}
