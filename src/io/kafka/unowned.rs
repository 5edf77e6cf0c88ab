//! Partitions that a group's members all leave to each other.
//!
//! Cooperative rebalancing (KIP-429) gives a partition that moves in two steps: its owner gives it up and joins again, which
//! starts the second step. An owner that is killed in between and comes back under its static name (KIP-345) is handed what
//! the first step left it, knows of nothing to give up, and does not join again: the partition is nobody's until the
//! group's members change. So somebody has to look, and to make the group deal again: see
//! docs/adr/009-somebody-looks-for-unowned-partitions.md.

use super::consumer::consumer_config;
use super::error::RunError;
use super::lookup::Quiet;
use super::services::Services;
use super::topics_table::TopicTable;
use crate::io::lifecycle::Lifecycle;
use crate::io::metrics::KafkaMetrics;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::metadata::MetadataTopic;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Seen unowned this often, one look after another, it is no rebalance under way.
const SEEN_TIMES: u32 = 4;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The passing member stays this long at most.
const STAY_WITHIN: Duration = Duration::from_secs(30);
const TURN: Duration = Duration::from_millis(100);
const STABLE: &str = "Stable";
/// More topics or partitions in one assignment are not believed.
const MAX_ASSIGNED: usize = 1 << 20;

type Partitions = BTreeSet<(String, i32)>;

/// Looks for partitions of a group's topics that no member owns, as long as the process runs.
struct Unowned {
    stage: &'static str,
    group: String,
    topics: Arc<TopicTable>,
    connection: ClientConfig,
    lifecycle: Lifecycle,
    metrics: KafkaMetrics,
}

/// Starts looking, on a thread of its own.
///
/// # Errors
/// If the operating system grants no thread.
pub fn watch(
    stage: &'static str,
    group: String,
    topics: Arc<TopicTable>,
    services: &Services,
) -> Result<JoinHandle<()>, RunError> {
    let mut connection = services.connection.clone();
    // Whoever passes through must not be taken for this process.
    connection.remove(super::client::INSTANCE);
    let lifecycle = services.lifecycle.clone();
    let unowned = Unowned { stage, group, topics, connection, lifecycle, metrics: services.metrics.kafka.clone() };
    Ok(services.lifecycle.spawn(&format!("{stage}-unowned"), move || unowned.run())?)
}

impl Unowned {
    fn run(self) -> Result<(), RunError> {
        let mut config = self.connection.clone();
        config.set("group.id", &self.group);
        let client =
            BaseConsumer::from_config_and_context(&config, Quiet).map_err(RunError::kafka("making a client"))?;
        let (mut before, mut seen) = (Partitions::new(), 0);
        while !self.lifecycle.sleep(LOOK_EVERY) {
            let now = match self.look(&client) {
                Ok(now) => now,
                Err(error) => {
                    tracing::debug!(stage = self.stage, %error, "who owns what could not be asked");
                    continue;
                }
            };
            seen = if now.is_empty() || now != before { 0 } else { seen + 1 };
            // Sinks have a group each under one stage's name: what this one has changed is added.
            let count = |partitions: &Partitions| i64::try_from(partitions.len()).unwrap_or(i64::MAX);
            self.metrics.unowned.with_label_values(&[self.stage]).add(count(&now) - count(&before));
            before = now;
            if seen + 1 >= SEEN_TIMES && !before.is_empty() {
                tracing::warn!(stage = self.stage, partitions = before.len(), "partitions are nobody's; dealing again");
                self.metrics.dealt_again.with_label_values(&[self.stage]).inc();
                self.pass_through();
                seen = 0;
            }
        }
        Ok(())
    }

    /// What no member of a stable group owns; nothing while the group is not stable.
    fn look(&self, client: &BaseConsumer<Quiet>) -> Result<Partitions, KafkaError> {
        let groups = client.fetch_group_list(Some(&self.group), ANSWER_WITHIN)?;
        let Some(group) = groups.groups().iter().find(|group| group.name() == self.group && group.state() == STABLE)
        else {
            return Ok(Partitions::new());
        };
        let mut unowned = Partitions::new();
        for topic in self.topics.names() {
            let metadata = client.fetch_metadata(Some(topic), ANSWER_WITHIN)?;
            let of_it = metadata.topics().iter().filter(|known| known.name() == topic && known.error().is_none());
            unowned.extend(of_it.flat_map(MetadataTopic::partitions).map(|part| (topic.to_owned(), part.id())));
        }
        for member in group.members() {
            for owned in member.assignment().and_then(assigned).unwrap_or_default() {
                unowned.remove(&owned);
            }
        }
        Ok(unowned)
    }

    /// Joins the group and leaves it: both make it deal again, and nobody gives up what it keeps.
    fn pass_through(&self) {
        let passing = Passing::default();
        let joined = Arc::clone(&passing.0);
        let member: BaseConsumer<Passing> =
            match BaseConsumer::from_config_and_context(&consumer_config(&self.connection, &self.group), passing) {
                Ok(member) => member,
                Err(error) => return tracing::warn!(stage = self.stage, %error, "the group could not be joined"),
            };
        let names: Vec<&str> = self.topics.names().collect();
        if let Err(error) = member.subscribe(&names) {
            return tracing::warn!(stage = self.stage, %error, "the group could not be joined");
        }
        let until = Instant::now() + STAY_WITHIN;
        while !joined.load(Ordering::SeqCst) && Instant::now() < until && !self.lifecycle.is_stopping() {
            // What it may be given for a moment is not handled and not committed: its next owner reads it.
            let _ = member.poll(TURN);
        }
    }
}

/// Notes that it has been given an assignment.
#[derive(Default)]
struct Passing(Arc<AtomicBool>);

impl ClientContext for Passing {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        super::consumer::log_line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl ConsumerContext for Passing {
    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if matches!(rebalance, Rebalance::Assign(_)) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}

/// The partitions in a member's assignment, in Kafka's `ConsumerProtocolAssignment`: version (int16), an array of topics, each
/// a string and an array of int32; big-endian. `None` where it is cut or absurd.
fn assigned(bytes: &[u8]) -> Option<Vec<(String, i32)>> {
    let mut rest = bytes.get(2..)?;
    let mut found = Vec::new();
    for _ in 0..count(&mut rest)? {
        let length = usize::from(u16::from_be_bytes(take(&mut rest)?));
        let (name, after) = rest.split_at_checked(length)?;
        rest = after;
        let name = std::str::from_utf8(name).ok()?;
        for _ in 0..count(&mut rest)? {
            found.push((name.to_owned(), i32::from_be_bytes(take(&mut rest)?)));
        }
    }
    Some(found)
}

fn count(rest: &mut &[u8]) -> Option<usize> {
    let count = usize::try_from(i32::from_be_bytes(take(rest)?)).ok()?;
    (count <= MAX_ASSIGNED).then_some(count)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::assigned;

    #[test]
    fn an_assignment_is_read_and_a_cut_one_is_not() {
        let mut bytes = vec![0, 3, 0, 0, 0, 2];
        for (name, partitions) in [("a", vec![0_i32, 7]), ("bc", vec![])] {
            bytes.extend(u16::try_from(name.len()).expect("short").to_be_bytes());
            bytes.extend(name.as_bytes());
            bytes.extend(i32::try_from(partitions.len()).expect("few").to_be_bytes());
            bytes.extend(partitions.iter().flat_map(|partition| partition.to_be_bytes()));
        }
        assert_eq!(assigned(&bytes), Some(vec![("a".to_owned(), 0), ("a".to_owned(), 7)]));
        for length in 0..bytes.len() {
            assert_eq!(assigned(&bytes[..length]), None, "{length}");
        }
        assert_eq!(assigned(&[0, 1, 0x7f, 0xff, 0xff, 0xff]), None, "absurd");
    }
}
