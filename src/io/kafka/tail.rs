//! Whole topics, from their beginning and on as they grow: without a group and without commits, so that every process
//! that follows them has everything.

use super::consumer::reading_config;
use super::error::RunError;
use super::lookup::{Lookup, Quiet};
use super::topics_table::wire_partition;
use crate::core::units::{Offset, Partition};
use crate::io::lifecycle::Lifecycle;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset as WireOffset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::Duration;

const POLL_FOR: Duration = Duration::from_millis(200);
/// After an error of the client, which it repairs by itself or repeats.
const PAUSE: Duration = Duration::from_secs(1);

/// What is heard of the topics.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'a> {
    /// A message.
    Message {
        /// Its topic.
        topic: &'a str,
        /// Its value.
        value: &'a [u8],
    },
    /// Everything that was there at the start has been handed over; said once.
    CaughtUp,
}

/// Follows topics.
pub struct Tail {
    client: BaseConsumer<Quiet>,
    /// Where each partition that held something ended at the start.
    ends: BTreeMap<(String, i32), Offset>,
}

impl Tail {
    /// Begins at the beginning of every partition of `topics`. The client wants the name of a `group`, and neither joins
    /// it nor commits for it.
    ///
    /// # Errors
    /// [`RunError::TopicMissing`], or [`RunError::Kafka`] if the settings are refused or no broker answers.
    pub fn start(connection: &ClientConfig, group: &str, topics: &[&str]) -> Result<Self, RunError> {
        let mut config = reading_config(connection, group);
        // Where retention has taken the beginning, what is left is all there is to show.
        config.set("auto.offset.reset", "earliest");
        let lookup = Lookup::new(connection, group)?;
        let (mut list, mut known) = (TopicPartitionList::new(), BTreeMap::new());
        for topic in topics {
            for partition in (0..lookup.partitions(topic)?).map(Partition) {
                let ends = lookup.ends(topic, partition)?;
                if ends.low < ends.high {
                    known.insert(((*topic).to_owned(), wire_partition(partition)), ends.high);
                }
                list.add_partition_offset(topic, wire_partition(partition), WireOffset::Beginning)
                    .map_err(RunError::kafka(format!("reading {topic} [{partition}]")))?;
            }
        }
        let client =
            BaseConsumer::from_config_and_context(&config, Quiet).map_err(RunError::kafka("making a client"))?;
        client.assign(&list).map_err(RunError::kafka("reading whole topics"))?;
        Ok(Self { client, ends: known })
    }

    /// Hands over what comes until the process is asked to stop. A broker that is away is waited for.
    pub fn follow(&self, lifecycle: &Lifecycle, mut heard: impl FnMut(Heard<'_>)) {
        let mut behind = self.ends.clone();
        if behind.is_empty() {
            heard(Heard::CaughtUp);
        }
        while !lifecycle.is_stopping() {
            match self.client.poll(POLL_FOR) {
                Some(Ok(message)) => {
                    let value = message.payload().unwrap_or_default();
                    heard(Heard::Message { topic: message.topic(), value });
                    if !behind.is_empty() && arrived(&mut behind, &message) {
                        heard(Heard::CaughtUp);
                    }
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "following topics; it is tried again");
                    lifecycle.sleep(PAUSE);
                }
                None => {}
            }
        }
    }
}

/// Whether `message` is the last of those that were there at the start.
fn arrived(behind: &mut BTreeMap<(String, i32), Offset>, message: &BorrowedMessage<'_>) -> bool {
    let at = (message.topic().to_owned(), message.partition());
    let next = u64::try_from(message.offset()).unwrap_or_default() + 1;
    if behind.get(&at).is_some_and(|end| next >= end.0) {
        behind.remove(&at);
    }
    behind.is_empty()
}
