//! Tells the stories to Kafka, each event once.

use crate::story::{Due, Source, Stories};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{ClientContext, Message};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Partitions of each source.
pub const PARTITIONS: i32 = 4;
/// About what one story has.
const EVENTS_A_STORY: u32 = 15;
const DELIVERED_WITHIN: Duration = Duration::from_mins(3);

#[derive(Default)]
struct Deliveries {
    ok: AtomicU64,
    failed: AtomicU64,
}

struct Counting(Arc<Deliveries>);

impl ClientContext for Counting {}

impl ProducerContext for Counting {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let count = if result.is_ok() { &self.0.ok } else { &self.0.failed };
        count.fetch_add(1, Ordering::SeqCst);
        if let Err((error, message)) = result {
            eprintln!("an event was not taken by {}: {error}", message.topic());
        }
    }
}

/// Where events go, and what has been told so far.
pub struct Feed {
    producer: ThreadedProducer<Counting>,
    deliveries: Arc<Deliveries>,
    names: [String; 2],
    kept: [File; 2],
    rng: ChaCha8Rng,
    /// The stories.
    pub stories: Stories,
    /// Events so far.
    pub events: u64,
}

impl Feed {
    /// To the topics `names` (queries, egress); every line is also kept in a file of `directory`, for a replay.
    pub fn new(config: &ClientConfig, names: [String; 2], directory: &Path, seed: u64) -> Self {
        let deliveries = Arc::new(Deliveries::default());
        let mut config = config.clone();
        // Once each, whatever happens to brokers: sequence numbers, and no end of trying within the time.
        config.set("enable.idempotence", "true").set("acks", "all").set("linger.ms", "5");
        config.set("message.timeout.ms", "180000").set("queue.buffering.max.messages", "1000000");
        let producer = config.create_with_context(Counting(Arc::clone(&deliveries))).expect("a producer");
        let kept = files(directory).map(|path| File::create(path).expect("a file"));
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self { producer, deliveries, names, kept, rng, stories: Stories::default(), events: 0 }
    }

    /// Tells new stories for `load` at `rate` events a second; then those that have begun, to their ends.
    pub fn run(&mut self, load: Duration, rate: u32) {
        let (began, mut waiting) = (Instant::now(), BinaryHeap::new());
        let every = Duration::from_secs(1) * EVENTS_A_STORY / rate;
        let mut next_story = Duration::ZERO;
        loop {
            let now = began.elapsed();
            while next_story <= now && next_story < load {
                let start_ms = u64::try_from(next_story.as_millis()).expect("small");
                waiting.extend(self.stories.next(start_ms, &mut self.rng).into_iter().map(Reverse));
                next_story += every;
            }
            let due = |due: &Reverse<Due>| Duration::from_millis(due.0.at_ms) <= now;
            while waiting.peek().is_some_and(due) {
                let Some(Reverse(event)) = waiting.pop() else { break };
                self.tell(&event);
            }
            if waiting.is_empty() && now >= load {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Tells one event, as happening now.
    pub fn tell(&mut self, due: &Due) {
        let at = usize::from(due.source == Source::Egress);
        let line = format!(r#"{},"time":"{:.3}"}}"#, due.event, jiff::Timestamp::now());
        writeln!(self.kept[at], "{line}").expect("written");
        let partition = self.rng.random_range(0..PARTITIONS);
        let mut record = BaseRecord::<(), [u8]>::to(&self.names[at]).partition(partition).payload(line.as_bytes());
        while let Err((_, back)) = self.producer.send(record) {
            record = back;
            std::thread::sleep(Duration::from_millis(5));
        }
        self.events += 1;
    }

    /// Waits until the brokers have all of it.
    pub fn settle(&self) {
        let until = Instant::now() + DELIVERED_WITHIN;
        let done = || self.deliveries.ok.load(Ordering::SeqCst) == self.events;
        while !done() && Instant::now() < until {
            let _ = self.producer.flush(Duration::from_millis(200));
        }
        assert_eq!(self.deliveries.failed.load(Ordering::SeqCst), 0, "the test's own producer lost events");
        assert!(done(), "the brokers did not take every event within {DELIVERED_WITHIN:?}");
    }
}

/// What was told, one file a source.
pub fn files(directory: &Path) -> [std::path::PathBuf; 2] {
    ["queries", "egress"].map(|source| directory.join(format!("told-{source}.ndjson")))
}
