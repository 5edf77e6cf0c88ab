//! A week in which two patient readers take a few customers a day, one of the staff and one whom no directory knows; on its
//! third day logins are invented by the thousand, and a third reader begins after them.

#[allow(dead_code, reason = "a week is fed otherwise than a quality run")]
#[path = "../../benches/quality/company.rs"]
mod company;

use company::{TagMaker, knowledge};
use leakwatch::config::EngineSettings;
use leakwatch::core::decode::{DecodeLimits, Decoder};
use leakwatch::core::detector::{DetectorStats, Kept};
use leakwatch::core::engine::{Engine, EngineOut, MemoryLog};
use leakwatch::core::event::FieldSet;
use leakwatch::core::filter::FalsePositiveRate;
use leakwatch::core::incident::{Incident, Severity, Status};
use leakwatch::core::ingest::{IngestSettings, Knowledge, RejectedRecord, SourceIndex, SourceRecord, SourceSpec};
use leakwatch::core::rules::SHIPPED;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::{Epoch, Offset, Partition};
use leakwatch::simulate::attacks::{AttackRequest, Begin};
use leakwatch::simulate::{Look, SimulateSettings, SimulatedEvent, Topic, World};
use std::collections::BTreeMap;
use std::iter::Peekable;

/// Whom no directory knows, though it was there before the flood.
pub const VISITOR: &str = "visitor-17";
/// Whom no directory knows, and who comes after the flood.
pub const LATECOMER: &str = "visitor-18";
/// Fifteen customers a day: warned of on the third day of it, paged on the fourth.
const PATIENT: u32 = 75;
/// Thirty on each of the two days that are left.
const LATE: u32 = 60;
const MAX_FUTURE: Millis = Millis::from_mins(10);
const LATENESS: Millis = Millis::from_hours(1);
const WORKDAYS: u32 = 5;
/// Four in the afternoon of Wednesday, where the people live.
const FLOOD_BEGINS: Millis = Millis::from_hours(56);
const FLOOD_LASTS: Millis = Millis::from_hours(1);
/// Everybody has looked at customers by the end of Monday.
const EVERYBODY_BEGINS: Millis = Millis::from_hours(1);
const EVERYBODY_LASTS: Millis = Millis::from_hours(8);
/// Customers that each of the staff looks at.
const LOOKED_AT: u32 = 3;

/// How large everything is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub listed: u32,
    pub customers: u32,
    pub max_entities: u64,
    /// Events between two looks at the detector's sizes.
    pub look_every: u64,
}

/// A flood: how many logins, and what each of them looks at.
#[derive(Clone, Copy, Debug)]
pub struct Flood {
    pub logins: u32,
    pub look: Look,
}

/// The company, and what is known of it.
pub struct Company {
    size: Size,
    world: World,
    knowledge: Knowledge,
}

/// What a week came to.
#[derive(Default)]
pub struct Week {
    pub events: u64,
    /// Every line but shadow ones.
    pub lines: Vec<Incident>,
    /// The most of each that was ever kept.
    pub most: DetectorStats,
    pub most_kept: Kept,
    pub last: DetectorStats,
}

/// What was told of an entity, without what may differ from run to run.
pub type Told = (String, Status, Severity, EventTime, f64);

impl Company {
    pub fn new(size: Size) -> Self {
        let drip = |customers| AttackRequest::new("drip").expect("an attack").sized(customers);
        let world = World::new(SimulateSettings {
            actors: size.listed,
            customers: size.customers,
            days: WORKDAYS,
            life: Vec::new(),
            attacks: vec![drip(PATIENT), drip(PATIENT), drip(LATE).beginning(Begin::OnDay(4))],
            ..SimulateSettings::default()
        });
        let world = world.expect("a world");
        let tags = TagMaker::default();
        let filters = tags.filters(&world.scene().base, FalsePositiveRate::DEFAULT);
        let knowledge = knowledge(world.scene(), &tags, filters);
        Self { size, world, knowledge }
    }

    /// The reader of the staff.
    pub fn reader(&self) -> String {
        let entities = &self.world.attacks()[0].entities;
        entities.iter().find(|entity| entity.kind == "actor").expect("an actor").id.clone()
    }

    /// Lives through the week, with `flood` or without one.
    pub fn week(&self, flood: Option<Flood>) -> Week {
        let scene = self.world.scene();
        let start = scene.settings.start;
        let everybody = scene.everybody(start.plus(EVERYBODY_BEGINS), EVERYBODY_LASTS, Look::AtCustomers(LOOKED_AT));
        let Flood { logins, look } = flood.unwrap_or(Flood { logins: 0, look: Look::AtProduct });
        let invented = scene.invented(start.plus(FLOOD_BEGINS), FLOOD_LASTS, logins, look);
        let readers = self.world.attack_events().into_iter().map(|one| unlisted(one.event));
        let mut parts: [Peekable<Box<dyn Iterator<Item = SimulatedEvent> + '_>>; 3] =
            [boxed(everybody), boxed(invented), boxed(readers)];
        let mut watch = Watch::new(self);
        while let Some(next) = earliest(&mut parts) {
            watch.feed(&next);
        }
        watch.finish()
    }
}

fn boxed<'a>(
    events: impl Iterator<Item = SimulatedEvent> + 'a,
) -> Peekable<Box<dyn Iterator<Item = SimulatedEvent> + 'a>> {
    let events: Box<dyn Iterator<Item = SimulatedEvent> + 'a> = Box::new(events);
    events.peekable()
}

/// The event that arrives next.
fn earliest<I: Iterator<Item = SimulatedEvent>>(parts: &mut [Peekable<I>]) -> Option<SimulatedEvent> {
    let arrivals = parts.iter_mut().enumerate().filter_map(|(at, part)| Some((part.peek()?.arrival, at)));
    let (_, at) = arrivals.min()?;
    parts[at].next()
}

/// Of three readers two act under logins that no directory knows.
fn unlisted(event: SimulatedEvent) -> SimulatedEvent {
    let login = match event.attack {
        Some(1) => VISITOR,
        Some(2) => LATECOMER,
        _ => return event,
    };
    let mut line: serde_json::Value = serde_json::from_str(&event.line).expect("JSON");
    line["actor"] = login.into();
    SimulatedEvent { line: line.to_string(), ..event }
}

struct Watch<'a> {
    company: &'a Company,
    engine: Engine,
    offsets: BTreeMap<Topic, u64>,
    week: Week,
}

impl<'a> Watch<'a> {
    fn new(company: &'a Company) -> Self {
        let sources = Topic::ALL.map(|topic| SourceSpec::new(topic.name(), Decoder::Native, None)).to_vec();
        let settings = IngestSettings {
            partitions: 1,
            sources,
            customer_objects: EngineSettings::default().customer_objects,
            max_future: MAX_FUTURE,
            limits: DecodeLimits::default(),
            filter_stale_after: None,
        };
        let log = MemoryLog::bounded(LATENESS, company.size.max_entities);
        let engine = Engine::on(log, settings, company.knowledge.clone(), &[SHIPPED.yaml]);
        Self { company, engine, offsets: BTreeMap::new(), week: Week::default() }
    }

    fn feed(&mut self, event: &SimulatedEvent) {
        let offset = self.offsets.entry(event.topic).or_default();
        let source = SourceIndex(u16::from(event.topic == Topic::Egress));
        let record = SourceRecord {
            source,
            epoch: Epoch(0),
            partition: Partition(0),
            offset: Offset(*offset),
            received: event.arrival,
            payload: event.line.as_bytes(),
        };
        *offset += 1;
        assert!(self.engine.feed(&record, &mut self.week), "a simulated record is good: {}", event.line);
        self.week.events += 1;
        if self.week.events.is_multiple_of(self.company.size.look_every) {
            self.look();
        }
    }

    fn look(&mut self) {
        let (now, most) = (self.engine.stats(), self.week.most);
        self.week.most =
            DetectorStats { entities: most.entities.max(now.entities), actors: most.actors.max(now.actors), ..now };
        self.week.last = now;
        let (now, most) = (self.engine.kept(), &mut self.week.most_kept);
        most.tags = most.tags.max(now.tags);
        most.open_incidents = most.open_incidents.max(now.open_incidents);
    }

    fn finish(mut self) -> Week {
        self.engine.finish(&mut self.week);
        self.look();
        self.week
    }
}

impl EngineOut for Week {
    fn incident(&mut self, incident: Incident) {
        if !incident.shadow {
            self.lines.push(incident);
        }
    }

    fn reject(&mut self, _record: &SourceRecord<'_>, rejected: RejectedRecord<'_>) {
        panic!("a simulated record is good: {}", rejected.detail);
    }

    fn unknown_fields(&mut self, _fields: FieldSet) {}
}

impl Week {
    /// Everything that was told of the entity called `id`, in order.
    pub fn of(&self, id: &str) -> Vec<Told> {
        let lines = self.lines.iter().filter(|line| line.entity.id == id);
        lines.map(|line| (line.rule.clone(), line.status, line.severity, line.time, line.observed)).collect()
    }

    /// Rule and entity of every incident that reached `severity`.
    pub fn incidents(&self, severity: Severity) -> Vec<(&str, &str)> {
        let lines = self.lines.iter().filter(|line| line.severity >= severity && line.status != Status::Resolved);
        let mut found: Vec<_> = lines.map(|line| (line.rule.as_str(), line.entity.id.as_str())).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}
