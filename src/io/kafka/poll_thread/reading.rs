//! Reading: a turn of the client's queue, handed over by partition.

use super::super::batch::OwnedBatch;
use super::super::dispatch::Handover;
use super::super::error::RunError;
use super::super::topics_table::{TopicPartition, TopicTable};
use super::{Owned, Phase, PollThread};
use crate::core::time::EventTime;
use crate::core::units::Offset;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::HashMap;
use std::time::Duration;

/// One turn reads at most this many records before it hands them over.
const TURN_RECORDS: usize = 8_192;
/// One turn reads at most about this many bytes.
const TURN_BYTES: usize = 1024 * 1024;
const IDLE_WAIT: Duration = Duration::from_millis(100);
/// The same while something is under way that the client does not wake the thread for.
const BUSY_WAIT: Duration = Duration::from_millis(5);

impl<S: Send + 'static> PollThread<S> {
    pub(super) fn resume_parked(&mut self) {
        for at in self.parking.partitions() {
            let Some(owned) = self.owned.get(&at) else { continue };
            if self.parking.retry(&self.setup.ports[owned.worker], at) {
                self.pause_or_resume(at, false);
            }
        }
    }

    pub(super) fn pause_or_resume(&self, at: TopicPartition, pause: bool) {
        let list = self.bare_list(&[at]);
        let done = if pause { self.consumer.pause(&list) } else { self.consumer.resume(&list) };
        if let Err(error) = done {
            tracing::warn!(stage = self.setup.stage, %error, pause, "pausing or resuming a partition");
        }
    }

    fn wait(&self) -> Duration {
        let steady = matches!(self.phase, Phase::Steady) && self.parking.is_empty();
        if steady { IDLE_WAIT } else { BUSY_WAIT }
    }

    pub(super) fn read(&mut self) -> Result<(), RunError> {
        let (mut records, mut bytes, mut wait) = (0, 0, self.wait());
        while records < TURN_RECORDS && bytes < TURN_BYTES {
            match self.consumer.poll(wait) {
                Some(Ok(message)) => {
                    records += 1;
                    bytes += message.payload_len();
                    take_in(&mut self.turn, &self.owned, &self.setup.topics, &message);
                }
                Some(Err(error)) => self.judge(error)?,
                None => break,
            }
            wait = Duration::ZERO;
        }
        self.hand_over_turn()
    }

    fn hand_over_turn(&mut self) -> Result<(), RunError> {
        for (at, batch) in std::mem::take(&mut self.turn) {
            let Some(owned) = self.owned.get(&at) else { continue };
            match self.parking.hand_over(&self.setup.ports[owned.worker], batch) {
                Handover::Sent | Handover::Queued => {}
                Handover::Parked => {
                    self.setup.metrics.pauses.with_label_values(&[self.setup.stage]).inc();
                    self.pause_or_resume(at, true);
                }
                Handover::Ended => return Err(RunError::Ended { what: "a worker" }),
            }
        }
        Ok(())
    }

    fn judge(&self, error: KafkaError) -> Result<(), RunError> {
        let stage = self.setup.stage;
        match error {
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => Err(RunError::OffsetGone { stage }),
            KafkaError::MessageConsumptionFatal(code) => Err(RunError::ClientFatal { stage, reason: code.to_string() }),
            // A broker that is away comes back; the client goes on trying.
            other => {
                tracing::debug!(stage, error = %other, "reading");
                Ok(())
            }
        }
    }
}

fn take_in(
    turn: &mut HashMap<TopicPartition, OwnedBatch>,
    owned: &HashMap<TopicPartition, Owned>,
    topics: &TopicTable,
    message: &BorrowedMessage<'_>,
) {
    let Some(at) = topics.locate(message.topic(), message.partition()) else { return };
    let Some(generation) = owned.get(&at).filter(|owned| !owned.going).map(|owned| owned.generation) else { return };
    let batch = turn.entry(at).or_insert_with(|| OwnedBatch::new(at, generation));
    let timestamp = message.timestamp().to_millis().and_then(EventTime::from_millis);
    let offset = Offset(u64::try_from(message.offset()).unwrap_or_default());
    batch.push(offset, timestamp, message.payload().unwrap_or_default());
}
