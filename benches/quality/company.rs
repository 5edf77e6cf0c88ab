//! A simulated company, and an engine that watches it under the shipped rules.

use leakwatch::config::EngineSettings;
use leakwatch::core::decode::{DecodeLimits, Decoder};
use leakwatch::core::engine::{Engine, EngineOut};
use leakwatch::core::event::FieldSet;
use leakwatch::core::filter::{FalsePositiveRate, FilterSet, Manifest};
use leakwatch::core::identifiers::{IdentifierKind, Region, TagKey, Tagger, normalise};
use leakwatch::core::identity::Directory;
use leakwatch::core::incident::{Incident, Status};
use leakwatch::core::ingest::{IngestSettings, Knowledge, RejectedRecord, SourceIndex, SourceRecord, SourceSpec};
use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::{Epoch, Offset, Partition};
use leakwatch::simulate::{Customer, CustomerBase, CustomerIndex, Scene, SimulatedEvent, Topic};
use std::convert::Infallible;
use std::sync::Arc;

const LATENESS: Millis = Millis::from_hours(1);
const MAX_FUTURE: Millis = Millis::from_mins(10);
/// The kinds that a customer file has columns of.
const KINDS: [IdentifierKind; 4] =
    [IdentifierKind::Phone, IdentifierKind::Email, IdentifierKind::NationalId, IdentifierKind::CustomerId];

/// Makes tags, and filters of them.
pub struct TagMaker {
    key: TagKey,
    /// Under the key.
    pub tagger: Tagger,
}

impl Default for TagMaker {
    fn default() -> Self {
        let key = TagKey::new([7; 16]);
        Self { tagger: Tagger::new(&key), key }
    }
}

impl TagMaker {
    /// The filters of `base`, wrong about `rate` of all others.
    pub fn filters(&self, base: &CustomerBase, rate: FalsePositiveRate) -> Arc<FilterSet> {
        let mut manifest = Manifest::new(EventTime::MIN, Region::CN, &self.key.fingerprint());
        let mut files = Vec::new();
        for kind in &KINDS {
            let (customers, canaries) =
                (self.tags(kind, base, 0..base.count()), self.tags(kind, base, base.canaries()));
            let built = manifest.add_kind(kind.name(), Some(customers), Some(canaries), rate);
            files.extend(built.expect("a filter can be built"));
        }
        let filters = FilterSet::open(manifest, &self.key.fingerprint(), |wanted| {
            let file = files.iter().find(|(file, _)| file.name == wanted).expect("a file of the manifest");
            Ok::<_, Infallible>(file.1.clone())
        });
        Arc::new(filters.expect("what was just built opens"))
    }

    fn tags(&self, kind: &IdentifierKind, base: &CustomerBase, who: std::ops::Range<CustomerIndex>) -> Vec<u64> {
        let mut normal = String::new();
        let values = who.filter_map(|index| identifier(kind, base.customer(index)));
        let mut tag = |value: String| {
            let is_normal = normalise(kind, &value, Region::CN, &mut normal);
            is_normal.then(|| self.tagger.tag(kind.name(), &normal).0)
        };
        values.filter_map(&mut tag).collect()
    }
}

fn identifier(kind: &IdentifierKind, customer: Customer) -> Option<String> {
    match kind {
        IdentifierKind::Phone => Some(customer.phone().to_string()),
        IdentifierKind::Email => Some(customer.email().to_string()),
        IdentifierKind::NationalId => customer.national_id().map(|id| id.to_string()),
        IdentifierKind::CustomerId => Some(customer.customer_id().to_string()),
        IdentifierKind::Card | IdentifierKind::Iban | IdentifierKind::Other(_) => None,
    }
}

/// What ingest knows of the company in `scene`.
pub fn knowledge(scene: &Scene, tags: &TagMaker, filters: Arc<FilterSet>) -> Knowledge {
    let zone = &scene.settings.zone.name;
    let lines: Vec<String> = scene.population.directory_lines(zone, scene.settings.start).collect();
    let directory = Directory::parse(&lines.join("\n"), zone).expect("a directory");
    let filters = Some(filters);
    Knowledge {
        directory: Arc::new(directory),
        filters,
        tagger: tags.tagger.clone(),
        others: Vec::new(),
        region: Region::CN,
    }
}

/// An engine that is fed one event after the other.
pub struct Watch {
    engine: Engine,
    next: [u64; 2],
    heard: Heard,
}

/// What the engine has said about the event in hand.
#[derive(Default)]
struct Heard(Vec<Incident>);

impl Watch {
    /// Watches under the shipped rules.
    pub fn new(knowledge: Knowledge) -> Self {
        Self::under(knowledge, SHIPPED.yaml)
    }

    /// Watches under `rules`, YAML that passes the check.
    pub fn under(knowledge: Knowledge, rules: &str) -> Self {
        let sources = Topic::ALL.map(|topic| SourceSpec::new(topic.name(), Decoder::Native, None)).to_vec();
        let settings = IngestSettings {
            partitions: 1,
            sources,
            customer_objects: EngineSettings::default().customer_objects,
            max_future: MAX_FUTURE,
            limits: DecodeLimits::default(),
            filter_stale_after: None,
        };
        let engine = Engine::new(settings, knowledge, &[rules], LATENESS);
        Self { engine, next: [0; 2], heard: Heard::default() }
    }

    /// Takes in an event; gives the lines that count and that it raised.
    pub fn feed(&mut self, event: &SimulatedEvent) -> std::vec::Drain<'_, Incident> {
        let is_egress = event.topic == Topic::Egress;
        let next = &mut self.next[usize::from(is_egress)];
        let record = SourceRecord {
            source: SourceIndex(u16::from(is_egress)),
            epoch: Epoch(0),
            partition: Partition(0),
            offset: Offset(*next),
            received: event.arrival,
            payload: event.line.as_bytes(),
        };
        *next += 1;
        self.heard.0.clear();
        self.engine.feed(&record, &mut self.heard);
        self.heard.0.retain(|line| !line.shadow && line.status != Status::Resolved);
        self.heard.0.drain(..)
    }
}

impl EngineOut for Heard {
    fn incident(&mut self, incident: Incident) {
        self.0.push(incident);
    }

    fn reject(&mut self, _record: &SourceRecord<'_>, rejected: RejectedRecord<'_>) {
        panic!("a simulated record is good: {}", rejected.detail);
    }

    fn unknown_fields(&mut self, _fields: FieldSet) {}
}
