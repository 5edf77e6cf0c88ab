//! Small real stages, and a deployment of the runtime around them.

use leakwatch::config::settings::StateStore;
use leakwatch::core::activity::{Activity, Control, Flags, Origin, Record, Tick};
use leakwatch::core::detector::{DetectorStats, Kept, Output, StateError, Walk};
use leakwatch::core::incident::{
    Customers, Entity, EntityKind, Incident, Measure, SCHEMA_VERSION, Severity, Status, Window, incident_id,
};
use leakwatch::core::time::EventTime;
use leakwatch::core::units::{Offset, Ordinal, Partition, Position};
use leakwatch::io::clock::SystemClock;
use leakwatch::io::kafka::detect::{self, DetectSettings};
use leakwatch::io::kafka::error::RunError;
use leakwatch::io::kafka::ingest::{self, IngestSettings};
use leakwatch::io::kafka::producer::Producer;
use leakwatch::io::kafka::services::{Running, Services};
use leakwatch::io::kafka::stages::{
    DetectFactory, DetectStage, FrozenState, IngestFactory, IngestOut, IngestStage, RejectedRecord, RuleSet,
    SourceRecord,
};
use leakwatch::io::lifecycle::Lifecycle;
use leakwatch::io::metrics::Metrics;
use leakwatch::io::shared_rules::{CheckedRules, SharedRules};
use leakwatch::io::snapshots::{Scope, SnapshotStore};
use leakwatch::io::stores;
use rdkafka::config::ClientConfig;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Rules whose text nobody reads.
fn shared(rules: RuleSet) -> Arc<SharedRules> {
    Arc::new(SharedRules::new(CheckedRules { published: rules, set: leakwatch::core::rules::RuleSet::default() }))
}

/// Reads `{"actor": …}` and emits one activity for it.
pub struct LineIngest {
    pub partitions: u32,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    actor: &'a str,
}

/// Ingest panics over a record of this actor's.
pub const POISON: &str = "poison";
/// Detect does.
pub const POISON_LATER: &str = "poison-later";

impl IngestStage for LineIngest {
    fn process(&mut self, record: &SourceRecord<'_>, out: &mut dyn IngestOut) {
        let Ok(line) = serde_json::from_slice::<Line<'_>>(record.payload) else {
            let detail = "expected an object with a field `actor`";
            out.reject(RejectedRecord { reason: "not_json", detail, index: None, digest: None });
            return;
        };
        assert_ne!(line.actor, POISON, "a record that ends the process");
        let origin = Origin {
            source: u64::from(record.source.0),
            epoch: record.epoch,
            partition: record.partition,
            offset: record.offset.0,
            ..Origin::default()
        };
        let activity = Activity {
            origin,
            time: record.received,
            received: record.received,
            flags: Flags::default(),
            actor: line.actor,
            ..Activity::default()
        };
        let to = line.actor.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        out.emit(Partition(to % self.partitions), &Record::Activity(activity));
    }
}

/// Makes [`LineIngest`]s.
pub struct LineIngestFactory {
    pub partitions: u32,
}

impl IngestFactory for LineIngestFactory {
    fn stage(&self) -> Box<dyn IngestStage> {
        Box::new(LineIngest { partitions: self.partitions })
    }

    fn controls(&self) -> Vec<Record<'_>> {
        Vec::new()
    }

    fn controls_version(&self) -> u64 {
        0
    }
}

/// Counts each actor's events once, and raises an incident at every hundredth.
#[derive(Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct CountDetect {
    partition: u32,
    partitions: u32,
    position: Option<Position>,
    highest: BTreeMap<(u64, u32), u64>,
    pub actors: BTreeMap<String, u64>,
    duplicates: u64,
    rules: Option<String>,
}

pub const EVERY: u64 = 100;

impl DetectStage for CountDetect {
    fn apply(&mut self, position: Position, record: &Record<'_>, out: &mut Vec<Output>) {
        self.position = Some(position);
        match record {
            Record::Activity(activity) => {
                let origin = (activity.origin.source, activity.origin.partition.0);
                let seen = self.highest.get(&origin).is_some_and(|highest| activity.origin.offset <= *highest);
                if seen {
                    self.duplicates += 1;
                    return;
                }
                assert_ne!(activity.actor, POISON_LATER, "a record that ends the process");
                self.highest.insert(origin, activity.origin.offset);
                let count = self.actors.entry(activity.actor.to_owned()).or_default();
                *count += 1;
                if count.is_multiple_of(EVERY) {
                    out.push(Output::Incident(Box::new(incident(activity.actor, *count))));
                }
            }
            Record::Control(Control::Rules { version, .. }) => self.rules = Some((*version).to_owned()),
            Record::Control(_)
            | Record::Tick(Tick { .. })
            | Record::Pool(_)
            | Record::Roles(_)
            | Record::Source(_)
            | Record::SourceRows(_) => {}
        }
    }

    fn pass_over(&mut self, position: Position, record: &Record<'_>) {
        self.position = Some(position);
        if let Record::Activity(activity) = record {
            let origin = (activity.origin.source, activity.origin.partition.0);
            self.highest.insert(origin, activity.origin.offset);
        }
    }

    fn position(&self) -> Option<Position> {
        self.position
    }

    fn freeze(&self) -> FrozenState {
        let bytes = postcard::to_stdvec(self).expect("encodes");
        Box::new(move || bytes)
    }

    fn stats(&self) -> DetectorStats {
        DetectorStats { entities: self.actors.len() as u64, duplicates: self.duplicates, ..DetectorStats::default() }
    }

    fn walk(&self, _walk: &mut Walk) -> Option<Kept> {
        Some(Kept::default())
    }

    fn rules_version(&self) -> Option<&str> {
        self.rules.as_deref()
    }
}

/// Makes [`CountDetect`]s.
pub struct CountDetectFactory;

impl DetectFactory for CountDetectFactory {
    fn fresh(&self, partition: Partition, partitions: u32) -> Box<dyn DetectStage> {
        Box::new(CountDetect { partition: partition.0, partitions, ..CountDetect::default() })
    }

    fn restore(&self, _: Partition, _: u32, state: &[u8]) -> Result<Box<dyn DetectStage>, StateError> {
        let read: CountDetect = postcard::from_bytes(state).map_err(|_| StateError::Damaged)?;
        Ok(Box::new(read))
    }
}

/// The line at an actor's `count`th event: a function of the two alone.
pub fn incident(actor: &str, count: u64) -> Incident {
    let entity = Entity { kind: EntityKind::Actor, id: actor.to_owned() };
    let id = incident_id("test", &entity, EventTime::MIN);
    let revision = u32::try_from(count / EVERY).expect("few");
    Incident {
        schema: SCHEMA_VERSION,
        incident: id.clone(),
        revision,
        status: if revision == 1 { Status::Opened } else { Status::Updated },
        case: id,
        rule: "test".into(),
        title: "A test".into(),
        severity: Severity::Page,
        shadow: false,
        entity,
        actors: vec![actor.to_owned()],
        actors_total: 1,
        time: EventTime::MIN,
        measure: Measure::Events,
        window: Window::Hour,
        observed: f64::from(u32::try_from(count).expect("few")),
        threshold: 100.0,
        baseline: None,
        customers: Customers::default(),
        destinations: Vec::new(),
        objects: Vec::new(),
        first_event: None,
        last_event: None,
        summary: "A test".into(),
        runbook: String::new(),
    }
}

/// The names of one test's topics.
#[derive(Clone, Debug)]
pub struct Topics {
    pub source: String,
    pub activity: String,
    pub incidents: String,
    pub shadow: String,
    pub rejected: String,
}

impl Topics {
    pub fn of(test: &str) -> Self {
        let name = |what: &str| format!("{test}.{what}");
        Self {
            source: name("source"),
            activity: name("activity"),
            incidents: name("incidents"),
            shadow: name("shadow"),
            rejected: name("rejected"),
        }
    }

    pub fn all(&self, source: i32, activity: i32) -> Vec<(&str, i32)> {
        vec![
            (self.source.as_str(), source),
            (self.activity.as_str(), activity),
            (self.incidents.as_str(), 2),
            (self.shadow.as_str(), 1),
            (self.rejected.as_str(), 1),
        ]
    }
}

/// One process's worth of the runtime.
pub struct Instance {
    pub services: Services,
    pub running: Vec<Running>,
    collector: std::thread::JoinHandle<()>,
}

impl Instance {
    pub fn new(connection: &ClientConfig, deployment: &str) -> Self {
        let lifecycle = Lifecycle::new();
        let metrics = Arc::new(Metrics::new().expect("metrics"));
        let (producer, collector) = Producer::start(connection, &lifecycle, &metrics.kafka).expect("a producer");
        let services = Services {
            connection: connection.clone(),
            group_prefix: deployment.to_owned(),
            lifecycle,
            metrics,
            clock: Arc::new(SystemClock),
            producer,
        };
        Self { services, running: Vec::new(), collector }
    }

    pub fn ingest(mut self, topics: &Topics, partitions: u32) -> Self {
        let settings = IngestSettings {
            sources: vec![topics.source.clone()],
            activity: topics.activity.clone(),
            rejected: topics.rejected.clone(),
            keep_rejected_value: false,
            workers: 2,
            heartbeat_every: None,
        };
        let factory: Arc<dyn IngestFactory> = Arc::new(LineIngestFactory { partitions });
        self.running.push(ingest::start(&settings, &factory, None, &self.services).expect("ingest starts"));
        self
    }

    pub fn try_detect(
        &mut self,
        topics: &Topics,
        rules: Option<&RuleSet>,
        directory: &Path,
        runtime: &tokio::runtime::Handle,
    ) -> Result<(), RunError> {
        let settings = DetectSettings {
            activity: topics.activity.clone(),
            incidents: topics.incidents.clone(),
            shadow: topics.shadow.clone(),
            heartbeats: None,
            snapshot_every: Duration::from_millis(500),
            workers: 2,
        };
        let scope = Scope { deployment: self.services.group_prefix.clone(), topic: topics.activity.clone() };
        let place = StateStore::Directory(directory.to_owned());
        let store = SnapshotStore::new(stores::open(&place).expect("a store"), scope, 31, runtime.clone());
        let (factory, rules) = (Arc::new(CountDetectFactory), rules.cloned().map(shared));
        self.running.push(detect::start(&settings, factory, rules, store, Arc::default(), &self.services)?);
        Ok(())
    }

    /// Asks it to stop, waits, and says what went wrong.
    pub fn stop(self) -> Option<String> {
        self.services.lifecycle.stop();
        self.wait()
    }

    /// Ends it without committing or writing anything more, as a crash would.
    pub fn crash(self) {
        self.services.lifecycle.fail("the test ends it");
        self.wait();
    }

    fn wait(self) -> Option<String> {
        self.running.into_iter().for_each(Running::join);
        self.services.producer.close();
        drop(self.services.producer);
        self.collector.join().expect("the collector ends");
        self.services.lifecycle.take_failure().map(|reason| reason.to_string())
    }
}

/// A position, for comparisons.
pub fn at(offset: u64) -> Position {
    Position { offset: Offset(offset), ordinal: Ordinal(0) }
}
