//! Part of a partition's log, from one offset to another: read once and in order, without joining a group or commits.

use super::batch::Received;
use super::consumer::reading_config;
use super::error::RunError;
use super::lookup::Quiet;
use super::topics_table::{wire_offset, wire_partition};
use crate::core::activity::{BatchReader, CodecError, Control, Record, Standing};
use crate::core::time::EventTime;
use crate::core::units::{Offset, Ordinal, Partition, Position};
use rdkafka::config::{ClientConfig, FromClientConfigAndContext};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset as WireOffset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// A message that should be there is waited for this long.
const NEXT_WITHIN: Duration = Duration::from_secs(30);
/// A broker says within this where a partition ends.
const ENDS_WITHIN: Duration = Duration::from_secs(30);
const POLL_FOR: Duration = Duration::from_millis(200);

/// Messages of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRange {
    /// The partition.
    pub partition: Partition,
    /// The first offset.
    pub from: Offset,
    /// The first offset that no longer belongs to it.
    pub to: Offset,
}

/// Reads ranges of one topic.
pub struct LogReader {
    client: BaseConsumer<Quiet>,
    topic: String,
}

impl LogReader {
    /// A reader of `topic`; connects when it first reads. The client wants the name of a `group`, and neither joins it
    /// nor commits for it.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if the settings are refused.
    pub fn new(connection: &ClientConfig, group: &str, topic: &str) -> Result<Self, RunError> {
        let mut config = reading_config(connection, group);
        config.set("enable.partition.eof", "true");
        let client =
            BaseConsumer::from_config_and_context(&config, Quiet).map_err(RunError::kafka("making a client"))?;
        Ok(Self { client, topic: topic.to_owned() })
    }

    /// Hands every message of `range` to `take`, in order, until that breaks off.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if retention took the range's beginning or the broker refuses, [`RunError::Stalled`] if the
    /// log does not go on, or what `take` says.
    pub fn messages(
        &self,
        range: LogRange,
        mut take: impl FnMut(&Received<'_>) -> Result<ControlFlow<()>, RunError>,
    ) -> Result<(), RunError> {
        if range.from >= range.to {
            return Ok(());
        }
        self.assign(range)?;
        let here = wire_partition(range.partition);
        let mut heard = Instant::now();
        while heard.elapsed() < NEXT_WITHIN {
            match self.client.poll(POLL_FOR) {
                Some(Ok(message)) if message.partition() == here => {
                    heard = Instant::now();
                    let received = received(&message);
                    let broken_off = received.offset < range.to && take(&received)?.is_break();
                    if broken_off || received.offset.0 + 1 >= range.to.0 {
                        return Ok(());
                    }
                }
                Some(Err(KafkaError::PartitionEOF(at))) if at == here => return Ok(()),
                Some(Err(error)) => self.judge(range, error)?,
                // What is left of another range.
                Some(Ok(_)) | None => {}
            }
        }
        Err(RunError::Stalled { topic: self.topic.clone(), partition: range.partition, within: NEXT_WITHIN })
    }

    /// Hands every record of a range of the activity log to `take`, in order, with how detect took it. Gives how many
    /// messages are damaged; they are passed over from there on, as detect does.
    ///
    /// # Errors
    /// As for [`Self::messages`]; [`RunError::Log`] if a newer version wrote the log.
    pub fn records(
        &self,
        range: LogRange,
        mut take: impl FnMut(Position, &Record<'_>, Standing),
    ) -> Result<u64, RunError> {
        self.records_while(range, |position, record, standing| {
            take(position, record, standing);
            ControlFlow::Continue(())
        })
    }

    /// The same, until `take` breaks off.
    ///
    /// # Errors
    /// As for [`Self::records`].
    pub fn records_while(
        &self,
        range: LogRange,
        mut take: impl FnMut(Position, &Record<'_>, Standing) -> ControlFlow<()>,
    ) -> Result<u64, RunError> {
        let left_out = self.left_out(range)?;
        let mut damaged = 0;
        let mut each = |position: Position, record: &Record<'_>| {
            let standing = if left_out.contains(&position) { Standing::LeftOut } else { Standing::Applied };
            take(position, record, standing)
        };
        self.messages(range, |message| {
            match each_record(message, &mut each) {
                Ok(told) => return Ok(told),
                Err(source @ CodecError::Version { .. }) => {
                    return Err(RunError::Log { partition: range.partition, source });
                }
                Err(CodecError::Magic | CodecError::Damaged { .. } | CodecError::Encode) => damaged += 1,
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(damaged)
    }

    /// The records of `range` that detect left out. The log says so behind them, however far: all of it is looked through,
    /// and read only where a message names the log itself.
    fn left_out(&self, range: LogRange) -> Result<BTreeSet<Position>, RunError> {
        let mut found = BTreeSet::new();
        if range.from >= range.to {
            return Ok(found);
        }
        let (_, end) = self
            .client
            .fetch_watermarks(&self.topic, wire_partition(range.partition), ENDS_WITHIN)
            .map_err(RunError::kafka(format!("asking for the end of {} [{}]", self.topic, range.partition)))?;
        let to = Offset(u64::try_from(end).unwrap_or_default());
        let names_itself = memchr::memmem::Finder::new(self.topic.as_bytes());
        self.messages(LogRange { to, ..range }, |message| {
            if names_itself.find(message.payload).is_some() {
                // What cannot be read is told of by whoever reads for the records themselves.
                let _ = each_record(message, &mut |_, record| {
                    if let Record::Control(Control::LeftOut { topic, partition, position, .. }) = record
                        && (*topic, *partition) == (&*self.topic, range.partition)
                    {
                        found.insert(*position);
                    }
                    ControlFlow::Continue(())
                });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    fn assign(&self, range: LogRange) -> Result<(), RunError> {
        let doing = || format!("reading {} [{}]", self.topic, range.partition);
        let mut list = TopicPartitionList::new();
        let from = WireOffset::Offset(wire_offset(range.from.0));
        list.add_partition_offset(&self.topic, wire_partition(range.partition), from)
            .map_err(RunError::kafka(doing()))?;
        self.client.assign(&list).map_err(RunError::kafka(doing()))
    }

    /// A broker that is away may come back, and no group is needed; anything else will not change.
    fn judge(&self, range: LogRange, error: KafkaError) -> Result<(), RunError> {
        match error {
            KafkaError::PartitionEOF(_)
            | KafkaError::MessageConsumption(
                RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::Resolve,
            ) => Ok(()),
            source => Err(RunError::kafka(format!("reading {} [{}]", self.topic, range.partition))(source)),
        }
    }
}

fn each_record(
    message: &Received<'_>,
    take: &mut impl FnMut(Position, &Record<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, CodecError> {
    for (ordinal, record) in (0..).zip(BatchReader::new(message.payload)?) {
        let position = Position { offset: message.offset, ordinal: Ordinal(ordinal) };
        if take(position, &record?).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn received<'a>(message: &'a BorrowedMessage<'_>) -> Received<'a> {
    Received {
        offset: Offset(u64::try_from(message.offset()).unwrap_or_default()),
        timestamp: message.timestamp().to_millis().and_then(EventTime::from_millis),
        payload: message.payload().unwrap_or_default(),
    }
}
