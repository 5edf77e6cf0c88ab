//! Runs tests, each through an engine of its own.

use super::case::Case;
use super::event::Needs;
use super::matching;
use super::moment::spoken;
use super::report::{Raise, TestReport};
use super::suite::Suite;
use super::world::{World, WorldError};
use crate::core::decode::{DecodeLimits, Decoder};
use crate::core::engine::{Engine, EngineOut};
use crate::core::event::FieldSet;
use crate::core::incident::Incident;
use crate::core::ingest::{IngestSettings, RejectedRecord, SourceIndex, SourceRecord, SourceSpec};
use crate::core::objects::ObjectPatterns;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Epoch, Offset, Partition};
use crate::core::window::EXACT_UP_TO;

/// The configuration's defaults: a test says nothing of the place that its rules are used in.
const CUSTOMER_OBJECTS: [&str; 4] = ["customer", "customers", "*.customer", "*.customers"];
const MAX_FUTURE: Millis = Millis::from_mins(10);
const LATENESS: Millis = Millis::from_hours(1);

/// Runs every test of `suites`, in their order, each under the rules of its own file alone.
///
/// # Errors
/// [`WorldError`], if there can be no customers for them.
pub fn run(suites: &[Suite]) -> Result<Vec<TestReport>, WorldError> {
    let needs = suites.iter().map(Suite::needs).fold(Needs::default(), |a, b| Needs {
        customers: a.customers.max(b.customers),
        decoys: a.decoys.max(b.decoys),
    });
    let world = World::new(needs)?;
    let cases = suites.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite, case)));
    Ok(cases.map(|(suite, case)| run_case(suite, case, &world)).collect())
}

fn run_case(suite: &Suite, case: &Case, world: &World) -> TestReport {
    let settings = IngestSettings {
        partitions: 1,
        sources: vec![SourceSpec::new("test", Decoder::Native, None)],
        customer_objects: ObjectPatterns::new(&CUSTOMER_OBJECTS),
        max_future: MAX_FUTURE,
        limits: DecodeLimits::default(),
        filter_stale_after: None,
    };
    let mut engine = Engine::new(settings, world.knowledge(&case.directory), &[&suite.yaml], LATENESS);
    let mut heard = Heard::default();
    for (offset, happening) in (0..).zip(&case.happenings) {
        heard.time = happening.time;
        let record = SourceRecord {
            source: SourceIndex(0),
            epoch: Epoch(0),
            partition: Partition(0),
            offset: Offset(offset),
            received: happening.received,
            payload: &happening.record(),
        };
        engine.feed(&record, &mut heard);
    }
    engine.finish(&mut heard);
    report(&suite.file, case, heard)
}

fn report(file: &str, case: &Case, heard: Heard) -> TestReport {
    let sampled = case.needs.customers as usize > EXACT_UP_TO;
    let Heard { raised, faults, time: _ } = heard;
    let fits = |expected: usize, raise: usize| case.expected[expected].fits(&raised[raise], sampled);
    let pairs = matching::pairs(case.expected.len(), raised.len(), &fits);
    let missing = case.expected.iter().zip(&pairs).filter(|(_, raise)| raise.is_none());
    let missing = missing.map(|(expected, _)| expected.clone()).collect();
    let answered = |raise: usize| pairs.contains(&Some(raise));
    let unexpected = (0..).zip(&raised).filter(|(at, _)| !answered(*at)).map(|(_, raise)| raise.clone()).collect();
    TestReport { file: file.to_owned(), line: case.line, name: case.name.clone(), missing, unexpected, faults }
}

/// What the engine said in one test.
#[derive(Default)]
struct Heard {
    raised: Vec<Raise>,
    faults: Vec<String>,
    /// Of the event in hand.
    time: EventTime,
}

impl EngineOut for Heard {
    fn incident(&mut self, incident: Incident) {
        self.raised.extend(Raise::of(incident));
    }

    fn reject(&mut self, _record: &SourceRecord<'_>, rejected: RejectedRecord<'_>) {
        self.faults.push(format!("at {} rejected: {}", spoken(self.time), rejected.detail));
    }

    fn unknown_fields(&mut self, fields: FieldSet) {
        let names: Vec<&str> = fields.iter().map(crate::core::event::Field::name).collect();
        self.faults.push(format!("at {} has fields of a wrong type or range: {}", spoken(self.time), names.join(", ")));
    }
}
