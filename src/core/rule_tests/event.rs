//! The events of a test: written out, in the order of their arrival, with the customers that each names.

use super::customers::{Invented, Ledger, Numbers, Pick};
use super::expand::{Template, Variables};
use super::moment::{self, Moment};
use crate::core::event::Field;
use crate::core::rules::RawTestEvent;
use crate::core::time::{EventTime, Millis};
use serde_json::{Map, Value};
use std::rc::Rc;

/// Events of one test, at most.
const MAX_EVENTS: usize = 100_000;

/// What is wrong in a test: the field, and what was expected.
pub(super) type Fault = (String, String);

/// One event at one time.
#[derive(Clone, Debug)]
pub(super) struct Happening {
    /// When it happens.
    pub time: EventTime,
    /// When it arrives.
    pub received: EventTime,
    fields: Rc<Fields>,
    customers: Numbers,
    decoys: Numbers,
}

/// What the repetitions of an event have in common.
#[derive(Debug)]
struct Fields {
    /// Its place in the test, from 1.
    place: usize,
    native: Map<String, Value>,
    customers: Option<Pick>,
    decoys: Option<Pick>,
    save: Option<String>,
}

/// How many customers and decoys a test needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    pub customers: u32,
    pub decoys: u32,
}

/// Writes out `events`; they arrive in the order of their times, those of one time in the order of the file.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn read(events: &[RawTestEvent], variables: &Variables) -> Result<(Vec<Happening>, Needs), Fault> {
    let mut all = Vec::new();
    for (place, event) in (1..).zip(events) {
        let named = |field: &str| format!("event {place}, {field}");
        for written in event.expand(variables).map_err(|expected| (named("for_each"), expected))? {
            let repeated = repeated(place, &written).map_err(|(field, expected)| (named(&field), expected))?;
            all.extend(repeated);
            if all.len() > MAX_EVENTS {
                return Err((named("times"), format!("expected at most {MAX_EVENTS} events a test")));
            }
        }
    }
    all.sort_by_key(|happening| happening.received);
    let mut ledgers = (Ledger::default(), Ledger::default());
    for happening in &mut all {
        happening.name_customers(&mut ledgers)?;
    }
    Ok((all, Needs { customers: ledgers.0.highest(), decoys: ledgers.1.highest() }))
}

/// One event as often as it happens.
fn repeated(place: usize, event: &RawTestEvent) -> Result<impl Iterator<Item = Happening>, Fault> {
    let fault = |field: &str, expected: &str| (field.to_owned(), expected.to_owned());
    let time = Moment::parse(&event.at).ok_or_else(|| fault("at", moment::EXPECTED))?.start();
    let received = match event.event.get(Field::Received.name()) {
        None => time,
        Some(value) => received(value).ok_or_else(|| fault("received", moment::EXPECTED))?,
    };
    let (every, times) = match (&event.every, event.times) {
        (None, None) => (Millis::ZERO, 1),
        (Some(every), Some(times)) => {
            let span = Millis::parse(every).filter(|span| *span > Millis::ZERO);
            (span.ok_or_else(|| fault("every", "expected a time like 1m"))?, times)
        }
        (Some(_), None) | (None, Some(_)) => return Err(fault("every", "expected `every` and `times` together")),
    };
    if times as usize > MAX_EVENTS {
        return Err((String::from("times"), format!("expected at most {MAX_EVENTS}")));
    }
    let fields = Rc::new(Fields::read(place, &event.event)?);
    Ok((0..i64::from(times)).map(move |number| {
        let later = Millis::new(every.as_millis().saturating_mul(number));
        Happening {
            time: time.plus(later),
            received: received.plus(later),
            fields: Rc::clone(&fields),
            customers: Numbers::new(),
            decoys: Numbers::new(),
        }
    }))
}

fn received(value: &Value) -> Option<EventTime> {
    match value {
        Value::String(text) => Moment::parse(text).map(Moment::start),
        Value::Number(ms) => EventTime::from_millis(ms.as_i64()?),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

impl Fields {
    fn read(place: usize, event: &Map<String, Value>) -> Result<Self, Fault> {
        let mut fields = Self { place, native: Map::new(), customers: None, decoys: None, save: None };
        let pick = |field: &str, value| Pick::parse(value).map(Some).map_err(|expected| (field.to_owned(), expected));
        for (key, value) in event {
            match (key.as_str(), value) {
                ("customers", value) => fields.customers = pick(key, value)?,
                ("canaries", value) => fields.decoys = pick(key, value)?,
                ("save", Value::String(name)) => fields.save = Some(name.trim().to_owned()),
                ("save", _) => return Err((key.clone(), "expected a name".into())),
                (name, value) => fields.native(name, value)?,
            }
        }
        Ok(fields)
    }

    /// Unlike a source, a test must not misspell a field: it would show something else than it says.
    fn native(&mut self, name: &str, value: &Value) -> Result<(), Fault> {
        match Field::ALL.into_iter().find(|field| field.name() == name) {
            Some(Field::Received) => {}
            Some(Field::Time) => return Err((name.to_owned(), "expected the time as `at`".into())),
            Some(_) => drop(self.native.insert(name.to_owned(), value.clone())),
            None => {
                let expected = "expected a field of the event format, `customers`, `canaries` or `save`";
                return Err((name.to_owned(), expected.into()));
            }
        }
        Ok(())
    }
}

impl Happening {
    fn name_customers(&mut self, (customers, decoys): &mut (Ledger, Ledger)) -> Result<(), Fault> {
        let fault = |field: &str, expected| (format!("event {}, {field}", self.fields.place), expected);
        if let Some(pick) = &self.fields.customers {
            self.customers = customers.take(pick).map_err(|expected| fault("customers", expected))?;
        }
        if let Some(pick) = &self.fields.decoys {
            self.decoys = decoys.take(pick).map_err(|expected| fault("canaries", expected))?;
        }
        if let Some(name) = &self.fields.save {
            customers.save(name.clone(), &self.customers);
        }
        Ok(())
    }

    /// The event in the native format, as a source would write it.
    pub fn record(&self) -> Vec<u8> {
        let mut event = self.fields.native.clone();
        event.insert(Field::Time.name().to_owned(), self.time.as_millis().into());
        let of = |numbers: &Numbers, who: Invented| -> Vec<Value> {
            numbers.iter().cloned().flatten().map(|number| who.phone(number).into()).collect()
        };
        let phones = [of(&self.customers, Invented::Customer), of(&self.decoys, Invented::Decoy)].concat();
        if !phones.is_empty() {
            add_phones(&mut event, phones);
        }
        Value::Object(event).to_string().into_bytes()
    }
}

/// Adds `phones` to the identifiers that the event names itself.
fn add_phones(event: &mut Map<String, Value>, phones: Vec<Value>) {
    let identifiers = event.entry(Field::Identifiers.name()).or_insert_with(|| Value::Object(Map::new()));
    // Identifiers that are no object are told as a wrong field when the event is decoded.
    let Value::Object(kinds) = identifiers else { return };
    match kinds.entry("phone").or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(named) => named.extend(phones),
        other => *other = Value::Array(phones),
    }
}

impl Template for RawTestEvent {
    fn texts(&self, each: &mut dyn FnMut(&str)) {
        each(&self.at);
        self.event.texts(each);
    }

    fn map_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        Self { at: change(&self.at), every: self.every.clone(), times: self.times, event: self.event.map_texts(change) }
    }
}
