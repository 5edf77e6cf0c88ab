//! What an event costs in each stage, and in all of them: a retailer's traffic against the filter of 900,000 customers.

use criterion::{
    BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use leakwatch::config::EngineSettings;
use leakwatch::core::activity::{BatchBuilder, BatchReader, Control, Record};
use leakwatch::core::decode::{DecodeLimits, Decoder};
use leakwatch::core::detector::{Detector, DetectorSettings};
use leakwatch::core::engine::{Engine, EngineOut, MAX_ENTITIES};
use leakwatch::core::event::FieldSet;
use leakwatch::core::filter::{FalsePositiveRate, FilterSet, Manifest};
use leakwatch::core::identifiers::{IdentifierKind, Region, TagKey, Tagger, normalise};
use leakwatch::core::identity::Directory;
use leakwatch::core::incident::{Incident, Window};
use leakwatch::core::ingest::{
    Ingest, IngestOut, IngestSettings, Knowledge, RejectedRecord, SourceIndex, SourceRecord, SourceSpec,
};

use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::{Epoch, Offset, Ordinal, Partition, Position, Tag};
use leakwatch::core::window::{Distinct, EXACT_UP_TO, Recent, SumRing, Sums};
use leakwatch::simulate::life::usual;
use leakwatch::simulate::{SimulateSettings, SimulatedEvent, World, Zone};
use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Arc;

const CUSTOMERS: u32 = 900_000;
const ACTORS: u32 = 300;
/// From nine in the morning in Shanghai.
const START: &str = "2012-05-07T01:00:00Z";
const EVENTS: usize = 100_000;
const LATENESS: Millis = Millis::from_hours(1);

/// The traffic, and what ingest knows.
struct Setting {
    events: Vec<SimulatedEvent>,
    knowledge: Knowledge,
}

fn world() -> World {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").expect("a bundled zone");
    World::new(SimulateSettings {
        seed: 1,
        actors: ACTORS,
        // `cargo test --benches` only wants to know that it runs.
        customers: if std::env::args().any(|arg| arg == "--bench") { CUSTOMERS } else { 10_000 },
        start: EventTime::parse_rfc3339(START).expect("a time"),
        days: 3,
        zone: Zone { name: "Asia/Shanghai".to_owned(), rules: zone },
        received: false,
        life: usual(),
        attacks: Vec::new(),
    })
    .expect("a retailer")
}

fn filters(world: &World, tagger: &Tagger, key: &TagKey) -> FilterSet {
    let base = &world.scene().base;
    let mut normal = String::new();
    let mut manifest = Manifest::new(EventTime::MIN, Region::CN, &key.fingerprint());
    let mut files = Vec::new();
    for kind in [IdentifierKind::Phone, IdentifierKind::Email, IdentifierKind::CustomerId] {
        let tags = (0..base.count()).filter_map(|index| {
            let customer = base.customer(index);
            let value = match kind {
                IdentifierKind::Phone => customer.phone().to_string(),
                IdentifierKind::Email => customer.email().to_string(),
                _ => customer.customer_id().to_string(),
            };
            normalise(&kind, &value, Region::CN, &mut normal).then(|| tagger.tag(kind.name(), &normal).0)
        });
        let tags = Some(tags.collect());
        files.extend(manifest.add_kind(kind.name(), tags, None, FalsePositiveRate::DEFAULT).expect("builds"));
    }
    FilterSet::open(manifest, &key.fingerprint(), |wanted| {
        let file = files.iter().find(|(file, _)| file.name == wanted).expect("a file");
        Ok::<_, Infallible>(file.1.clone())
    })
    .expect("opens")
}

impl Setting {
    fn new() -> Self {
        let world = world();
        let key = TagKey::new([7; 16]);
        let tagger = Tagger::new(&key);
        let filters = Some(Arc::new(filters(&world, &tagger, &key)));
        let scene = world.scene();
        let lines: Vec<String> =
            scene.population.directory_lines(&scene.settings.zone.name, scene.settings.start).collect();
        let directory = Arc::new(Directory::parse(&lines.join("\n"), "Asia/Shanghai").expect("a directory"));
        let events: Vec<_> = world.events().take(EVENTS).collect();
        let bytes: usize = events.iter().map(|event| event.line.len()).sum();
        println!("{} events of {} bytes on average", events.len(), bytes / events.len());
        Self { events, knowledge: Knowledge { directory, filters, tagger, others: Vec::new(), region: Region::CN } }
    }

    fn ingest_settings() -> IngestSettings {
        let source = |name: &str| SourceSpec::new(name, Decoder::Native, None);
        IngestSettings {
            partitions: 1,
            sources: vec![source("db-queries"), source("egress")],
            customer_objects: EngineSettings::default().customer_objects,
            max_future: Millis::from_mins(10),
            limits: DecodeLimits::default(),
            filter_stale_after: None,
        }
    }

    fn records(&self) -> impl Iterator<Item = SourceRecord<'_>> {
        (0..).zip(&self.events).map(|(offset, event)| SourceRecord {
            source: SourceIndex(u16::from(event.topic == leakwatch::simulate::Topic::Egress)),
            epoch: Epoch(0),
            partition: Partition(0),
            offset: Offset(offset),
            received: event.arrival,
            payload: event.line.as_bytes(),
        })
    }

    /// The activity log of all events, as messages.
    fn log(&self) -> Vec<Vec<u8>> {
        let mut ingest = Ingest::new(Arc::new(Self::ingest_settings()), self.knowledge.clone());
        let mut log = Log::default();
        for record in self.records() {
            ingest.process(&record, &mut log);
            if log.batch.is_full() {
                log.close();
            }
        }
        log.close();
        log.messages
    }
}

/// Collects messages.
#[derive(Default)]
struct Log {
    batch: BatchBuilder,
    messages: Vec<Vec<u8>>,
}

impl Log {
    fn close(&mut self) {
        if !self.batch.is_empty() {
            self.messages.push(self.batch.as_bytes().to_vec());
            self.batch.clear();
        }
    }
}

impl IngestOut for Log {
    fn emit(&mut self, _to: Partition, record: &Record<'_>) {
        self.batch.push(record).expect("encodes");
    }

    fn reject(&mut self, rejected: RejectedRecord<'_>) {
        panic!("a good record: {}", rejected.detail);
    }

    fn unknown_fields(&mut self, _fields: FieldSet) {}
}

/// Forgets what it hears, but not that it heard.
#[derive(Default)]
struct Counted {
    heard: u64,
}

impl IngestOut for Counted {
    fn emit(&mut self, _to: Partition, record: &Record<'_>) {
        self.heard += 1;
        black_box(record);
    }

    fn reject(&mut self, rejected: RejectedRecord<'_>) {
        panic!("a good record: {}", rejected.detail);
    }

    fn unknown_fields(&mut self, _fields: FieldSet) {}
}

impl EngineOut for Counted {
    fn incident(&mut self, _incident: Incident) {
        self.heard += 1;
    }

    fn reject(&mut self, _record: &SourceRecord<'_>, rejected: RejectedRecord<'_>) {
        panic!("a good record: {}", rejected.detail);
    }

    fn unknown_fields(&mut self, _fields: FieldSet) {}
}

fn ingest(group: &mut BenchmarkGroup<'_, WallTime>, setting: &Setting) {
    let limits = DecodeLimits::default();
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            for event in &setting.events {
                Decoder::Native.decode(event.line.as_bytes(), None, &limits, &mut |_, decoded| {
                    black_box(decoded.expect("a good record"));
                });
            }
        });
    });
    group.bench_function("ingest (decode, resolve, normalise, tag, filter)", |bencher| {
        let mut ingest = Ingest::new(Arc::new(Setting::ingest_settings()), setting.knowledge.clone());
        bencher.iter(|| {
            let mut out = Counted::default();
            setting.records().for_each(|record| ingest.process(&record, &mut out));
            out.heard
        });
    });
}

fn codec(group: &mut BenchmarkGroup<'_, WallTime>, log: &[Vec<u8>]) {
    let records: Vec<Record<'_>> = log
        .iter()
        .flat_map(|message| BatchReader::new(message).expect("a header"))
        .map(|r| r.expect("whole"))
        .collect();
    group.bench_function("codec: encode", |bencher| {
        let mut batch = BatchBuilder::default();
        bencher.iter(|| {
            for record in &records {
                batch.push(record).expect("encodes");
                if batch.is_full() {
                    black_box(batch.as_bytes());
                    batch.clear();
                }
            }
        });
    });
    group.bench_function("codec: decode", |bencher| {
        bencher.iter(|| {
            for record in log.iter().flat_map(|message| BatchReader::new(message).expect("a header")) {
                black_box(record.expect("whole"));
            }
        });
    });
}

/// One window of sums and one of distinct tags, an event of ten customers each step.
fn window(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("window update");
    group.throughput(Throughput::Elements(1));
    let start = EventTime::parse_rfc3339(START).expect("a time").as_millis();
    let at = |step: u64| EventTime::from_millis(start + i64::try_from(step).expect("small") * 50).expect("a time");
    group.bench_function("sums", |bencher| {
        let mut ring = SumRing::new(Window::Hour);
        let mut step = 0;
        bencher.iter(|| {
            step += 1;
            ring.add(at(step), Sums { events: 1, rows: 20, ..Sums::default() }, Some("q-000184467"));
        });
    });
    group.bench_function("ten customers", |bencher| {
        let mut distinct = Distinct::<Recent>::new(&[Window::Hour], EXACT_UP_TO);
        let (mut step, mut tag) = (0, 1_u64);
        bencher.iter(|| {
            step += 1;
            for _ in 0..10 {
                tag = tag.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                distinct.observe(Tag(tag.rotate_left(32) >> 44 << 44), at(step));
            }
        });
    });
    group.finish();
}

fn detector(knowledge: &Knowledge) -> Detector {
    let settings = DetectorSettings::sharing(MAX_ENTITIES, Partition(0), 1, LATENESS);
    let mut detector = Detector::new(settings);
    let mut outputs = Vec::new();
    let rules = Control::Rules { version: "", yaml: vec![SHIPPED.yaml] };
    let filter = knowledge.filters.as_ref().map(|filters| Control::Filter(filters.figures()));
    for control in [Some(rules), filter].into_iter().flatten() {
        detector.apply(Position { offset: Offset(0), ordinal: Ordinal(0) }, &Record::Control(control), &mut outputs);
    }
    assert!(detector.rules_version().is_some(), "the shipped rules are in force");
    detector
}

fn detect(group: &mut BenchmarkGroup<'_, WallTime>, setting: &Setting, log: &[Vec<u8>]) {
    group.bench_function("detect (decode batch, windows, rules)", |bencher| {
        bencher.iter_batched_ref(
            || (detector(&setting.knowledge), Vec::new()),
            |(detector, outputs)| {
                for (offset, message) in (1..).zip(log) {
                    for (ordinal, record) in (0..).zip(BatchReader::new(message).expect("a header")) {
                        let position = Position { offset: Offset(offset), ordinal: Ordinal(ordinal) };
                        detector.apply(position, &record.expect("whole"), outputs);
                    }
                }
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("whole: ingest, codec, detect", |bencher| {
        let engine = || Engine::new(Setting::ingest_settings(), setting.knowledge.clone(), &[SHIPPED.yaml], LATENESS);
        bencher.iter_batched_ref(
            || (engine(), Counted::default()),
            |(engine, out)| {
                for record in setting.records() {
                    assert!(engine.feed(&record, out));
                }
            },
            BatchSize::PerIteration,
        );
    });
}

fn pipeline(criterion: &mut Criterion) {
    let setting = Setting::new();
    let log = setting.log();
    let mut group = criterion.benchmark_group("pipeline");
    group.sample_size(20);
    group.throughput(Throughput::Elements(setting.events.len() as u64));
    ingest(&mut group, &setting);
    codec(&mut group, &log);
    detect(&mut group, &setting, &log);
    group.finish();
}

criterion_group!(benches, pipeline, window);
criterion_main!(benches);
