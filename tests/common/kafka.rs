//! A real Kafka broker for tests: broker and controller in one process, free ports, a directory of its own, ended with the test.

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

const UP_WITHIN: Duration = Duration::from_mins(1);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// A whole topic, also of tens of thousands of lines from brokers that were just killed.
const READ_WITHIN: Duration = Duration::from_mins(3);
/// Where a broker keeps its topics, in its directory.
const DATA: &str = "data";
const CLUSTER_ID: &str = "bGVha3dhdGNoLXRlc3RzMA";

static SHARED: Mutex<Weak<Kafka>> = Mutex::new(Weak::new());
static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// A broker that runs as long as this value lives.
pub struct Kafka {
    child: Child,
    port: u16,
    directory: tempfile::TempDir,
}

impl Kafka {
    /// The broker that the tests of this binary share; `None` where it cannot run here and need not.
    ///
    /// With `CI=true` or `LEAKWATCH_REQUIRE_REAL=1` it must run.
    pub fn shared(test: &str) -> Option<Arc<Self>> {
        super::show_log();
        let mut shared = SHARED.lock().expect("no test panicked while starting the broker");
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        match Self::start() {
            Ok(kafka) => {
                let kafka = Arc::new(kafka);
                *shared = Arc::downgrade(&kafka);
                Some(kafka)
            }
            Err(why) => skip(test, &why),
        }
    }

    /// A broker of the test's own, to be ended in its middle; `None` as for [`Self::shared`].
    pub fn alone(test: &str) -> Option<Self> {
        super::show_log();
        Self::start().map_or_else(|why| skip(test, &why), Some)
    }

    fn start() -> Result<Self, String> {
        let libs = libraries()?;
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (port, controller) = (free_port()?, free_port()?);
        let properties = write_properties(directory.path(), port, controller)?;
        format(&libs, &properties, directory.path(), &[])?;
        let child = java(&libs, directory.path(), "kafka.log")?
            .args(["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "kafka.Kafka"])
            .arg(&properties)
            .spawn()
            .map_err(|error| format!("java does not start: {error}"))?;
        let mut kafka = Self { child, port, directory };
        kafka.await_ready()?;
        Ok(kafka)
    }

    fn await_ready(&mut self) -> Result<(), String> {
        let until = Instant::now() + UP_WITHIN;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the broker ended at once: {status}"));
            }
            let probe: BaseConsumer = self.config().create().map_err(|error| error.to_string())?;
            if probe.fetch_metadata(None, Duration::from_millis(500)).is_ok_and(|seen| !seen.brokers().is_empty()) {
                return Ok(());
            }
        }
        Err(format!("the broker was not up within {UP_WITHIN:?}"))
    }

    /// The connection's settings.
    pub fn config(&self) -> ClientConfig {
        connection(&format!("127.0.0.1:{}", self.port))
    }

    /// Creates topics with so many partitions, and extra settings for each.
    pub fn create_topics(&self, topics: &[(&str, i32)], settings: &[(&str, &str)]) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().expect("an admin client");
        let wanted: Vec<NewTopic<'_>> = topics
            .iter()
            .map(|(name, partitions)| {
                let topic = NewTopic::new(name, *partitions, TopicReplication::Fixed(1));
                settings.iter().fold(topic, |topic, (key, value)| topic.set(key, value))
            })
            .collect();
        let results = wait(admin.create_topics(&wanted, &AdminOptions::new())).expect("an answer");
        for result in results {
            result.expect("the topic is created");
        }
    }

    /// How many bytes of its disk a topic's records take, indexes aside.
    pub fn log_bytes(&self, topic: &str) -> u64 {
        let prefix = format!("{topic}-");
        let data = fs::read_dir(self.directory.path().join(DATA)).expect("the broker's data").flatten();
        let partitions = data.filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.strip_prefix(&prefix).is_some_and(|number| number.parse::<u32>().is_ok())
        });
        let files = partitions.flat_map(|entry| fs::read_dir(entry.path()).expect("a partition").flatten());
        let logs = files.filter(|file| file.path().extension().is_some_and(|end| end == "log"));
        logs.map(|file| file.metadata().map_or(0, |meta| meta.len())).sum()
    }

    /// Gives a topic so many partitions.
    pub fn add_partitions(&self, topic: &str, partitions: usize) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().expect("an admin client");
        let wanted = [NewPartitions::new(topic, partitions)];
        wait(admin.create_partitions(&wanted, &AdminOptions::new())).expect("an answer");
    }

    /// Deletes a partition's records before `offset`, as retention would.
    pub fn delete_before(&self, topic: &str, partition: i32, offset: i64) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().expect("an admin client");
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset)).expect("an offset");
        wait(admin.delete_records(&list, &AdminOptions::new())).expect("an answer");
    }
}

fn wait<T>(task: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(task)
}

impl Drop for Kafka {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Settings for a client of `brokers`.
pub fn connection(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    config
}

/// Produces `values` to explicit partitions, and waits for their delivery.
pub fn produce(config: &ClientConfig, topic: &str, values: impl IntoIterator<Item = (i32, Vec<u8>)>) {
    let producer: BaseProducer = config.clone().set("acks", "all").create().expect("a producer");
    for (partition, value) in values {
        let mut record = BaseRecord::<(), [u8]>::to(topic).partition(partition).payload(&value);
        while let Err((_, back)) = producer.send(record) {
            record = back;
            producer.poll(Duration::from_millis(5));
        }
    }
    producer.flush(ANSWER_WITHIN).expect("all is delivered");
}

/// One record read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub partition: i32,
    pub offset: i64,
    /// When the record was made, in milliseconds since the epoch.
    pub made_ms: i64,
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

/// Everything that is in `topic` now, partition by partition.
pub fn read_all(config: &ClientConfig, topic: &str) -> Vec<Line> {
    let config = config.clone().set("group.id", "test-reader").set("enable.partition.eof", "true").to_owned();
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER_WITHIN).expect("metadata");
    let partitions = metadata.topics()[0].partitions().len();
    let mut list = TopicPartitionList::new();
    for partition in 0..i32::try_from(partitions).expect("few") {
        list.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset");
    }
    consumer.assign(&list).expect("assigned");
    let (mut lines, mut ended, until) = (Vec::new(), 0, Instant::now() + READ_WITHIN);
    while ended < partitions {
        assert!(Instant::now() < until, "{topic} is not read to its end within {READ_WITHIN:?}");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => lines.push(Line {
                partition: message.partition(),
                offset: message.offset(),
                made_ms: message.timestamp().to_millis().unwrap_or_default(),
                key: message.key().unwrap_or_default().to_vec(),
                value: message.payload().unwrap_or_default().to_vec(),
            }),
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => ended += 1,
            Some(Err(_)) | None => {}
        }
    }
    lines.sort_by_key(|line| (line.partition, line.offset));
    lines
}

/// What `group` has committed for each partition of `topic`.
pub fn committed(config: &ClientConfig, group: &str, topic: &str, partitions: i32) -> Vec<Option<i64>> {
    let consumer: BaseConsumer = config.clone().set("group.id", group).create().expect("a consumer");
    let mut list = TopicPartitionList::new();
    list.add_partition_range(topic, 0, partitions - 1);
    let answer = consumer.committed_offsets(list, ANSWER_WITHIN).expect("an answer");
    let offset = |offset| match offset {
        Offset::Offset(at) => Some(at),
        _ => None,
    };
    answer.elements().iter().map(|element| offset(element.offset())).collect()
}

/// Waits until `done` holds.
pub fn eventually(what: &str, within: Duration, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + within;
    while !done() {
        assert!(Instant::now() < until, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn skip<T>(test: &str, why: &str) -> Option<T> {
    assert!(!is_required(), "{test}: a real Kafka is required here, and {why}");
    let count = SKIPPED.fetch_add(1, Ordering::SeqCst) + 1;
    eprintln!("SKIPPED {test}: {why}. Tests skipped for want of a real Kafka so far: {count}");
    None
}

pub(super) fn is_required() -> bool {
    let says = |name: &str, value: &str| std::env::var(name).is_ok_and(|set| set == value);
    says("CI", "true") || says("LEAKWATCH_REQUIRE_REAL", "1")
}

pub fn libraries() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let libs = root.join("target/kafka-libs");
    let fetched = Command::new(root.join("tests/kafka/fetch")).arg(&libs).output();
    let fetched = fetched.map_err(|error| format!("tests/kafka/fetch does not start: {error}"))?;
    if fetched.status.success() { Ok(libs) } else { Err(String::from_utf8_lossy(&fetched.stderr).trim().to_owned()) }
}

pub(super) fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    Ok(listener.local_addr().map_err(|error| error.to_string())?.port())
}

fn write_properties(directory: &Path, port: u16, controller: u16) -> Result<PathBuf, String> {
    let data = directory.join(DATA);
    let text = format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\ncontroller.listener.names=CONTROLLER\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs={}\n\
         auto.create.topics.enable=false\noffsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
         share.coordinator.state.topic.replication.factor=1\nshare.coordinator.state.topic.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\ngroup.min.session.timeout.ms=1000\n",
        data.display()
    );
    let path = directory.join("server.properties");
    fs::write(&path, text).map_err(|error| error.to_string())?;
    write_log_settings(directory)?;
    Ok(path)
}

/// What the broker and its tools say on standard output.
pub fn write_log_settings(directory: &Path) -> Result<(), String> {
    let log = "rootLogger.level=WARN\nrootLogger.appenderRef.out.ref=out\nappender.out.type=Console\n\
               appender.out.name=out\nappender.out.layout.type=PatternLayout\nappender.out.layout.pattern=%d %p %c %m%n\n";
    fs::write(directory.join("log4j2.properties"), log).map_err(|error| error.to_string())
}

pub fn format(libs: &Path, properties: &Path, directory: &Path, more: &[String]) -> Result<(), String> {
    let formatted = java(libs, directory, "format.log")?
        .args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"])
        .arg(properties)
        .args(more)
        .status()
        .map_err(|error| format!("java does not start: {error}"))?;
    if formatted.success() { Ok(()) } else { Err("the broker's directory could not be formatted".to_owned()) }
}

pub fn java(libs: &Path, directory: &Path, log: &str) -> Result<Command, String> {
    let out = File::create(directory.join(log)).map_err(|error| error.to_string())?;
    let err = out.try_clone().map_err(|error| error.to_string())?;
    let mut command = Command::new("java");
    command
        .arg("-cp")
        .arg(format!("{}/*", libs.display()))
        .arg(format!("-Dlog4j2.configurationFile={}", directory.join("log4j2.properties").display()))
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err);
    Ok(command)
}
