//! One English sentence that a woken engineer understands.

use super::entity::EntityState;
use crate::core::event::EventKind;
use crate::core::incident::{Customers, Measure, NamedCount};
use crate::core::rules::{Rule, Shape};
use std::fmt::Write;

/// What the sentence is about.
pub(super) struct Sentence<'a> {
    pub rule: &'a Rule,
    pub entity: &'a EntityState,
    pub observed: f64,
    pub threshold: f64,
    pub customers: Customers,
    /// Where the event went that met the rule.
    pub to: Option<&'a str>,
    /// Where the actor sends to.
    pub destinations: &'a [NamedCount],
}

/// Writes it.
pub(super) fn sentence(told: &Sentence<'_>) -> String {
    let who = who(told.entity);
    let count = number(told.observed);
    let window = spoken(told.rule);
    let mut text = match (told.rule.measure(), told.rule.filter.kind()) {
        (Measure::Customers | Measure::CustomersNamed, Some(EventKind::Egress)) => {
            format!("{who} sent {count} {} to {} within {window}", plural(told, "customer"), place(told))
        }
        (Measure::Customers | Measure::CustomersNamed, Some(EventKind::Query) | None) => {
            format!("{who} read {count} {} within {window}", plural(told, "customer"))
        }
        (Measure::Overlap, _) => {
            let before = match &told.rule.shape {
                Shape::Overlap { read_before } => read_before.name(),
                Shape::Count(_) | Shape::FirstSeen(_) | Shape::Sequence { .. } => told.rule.window.name(),
            };
            let (customers, to) = (plural(told, "customer"), place(told));
            format!("{who} sent {count} {customers} within {window} that it had read in the {before} before, to {to}")
        }
        (Measure::Canaries, _) => {
            format!("{who} touched {count} decoy {}, whom no work should touch", plural(told, "customer"))
        }
        (Measure::UnknownRows, _) => {
            let copies = if is_one(told) { "1 copy or export".into() } else { format!("{count} copies or exports") };
            format!("{who} made {copies} of customers within {window}, of unknown size")
        }
        (Measure::Events, _) => {
            format!("{}: {who}, {count} {} within {window}", told.rule.title, plural(told, "event"))
        }
        (Measure::BaseShare, _) => format!("{who} read {count} % of all customers within {window}"),
        (measure, _) => format!("{who}: {count} {} within {window} ({})", plain(measure), told.rule.title),
    };
    add_overlap(&mut text, told);
    let _ = write!(text, "; the limit is {}.", number(told.threshold));
    text
}

/// The sentence of a resolved incident.
pub(super) fn resolved(rule: &str, entity: &str, why: &str) -> String {
    format!("{rule} on {entity} is over: {why}.")
}

fn who(entity: &EntityState) -> String {
    match (&*entity.role, &*entity.team) {
        ("" | "unknown", _) => entity.name.to_string(),
        (role, "") => format!("{} ({role})", entity.name),
        (role, team) => format!("{} ({role}, {team})", entity.name),
    }
}

fn add_overlap(text: &mut String, told: &Sentence<'_>) {
    if told.rule.measure() != Measure::Overlap && told.customers.overlap > 0 {
        let _ = write!(text, "; sent of those it had read: {}", number_of(told.customers.overlap));
    }
}

fn place(told: &Sentence<'_>) -> String {
    let Some(to) = told.to.or_else(|| told.destinations.first().map(|first| first.name.as_str())) else {
        return "an unnamed place".into();
    };
    match told.destinations.iter().filter(|other| other.name != to).count() {
        0 => to.into(),
        others => format!("{to} and {others} more"),
    }
}

fn is_one(told: &Sentence<'_>) -> bool {
    (told.observed - 1.0).abs() < f64::EPSILON
}

fn plural(told: &Sentence<'_>, noun: &str) -> String {
    if is_one(told) { noun.into() } else { format!("{noun}s") }
}

fn spoken(rule: &Rule) -> &'static str {
    match rule.window.name() {
        "1m" => "1 min",
        "5m" => "5 min",
        "1h" => "1 h",
        "24h" => "24 h",
        "7d" => "7 days",
        name => name.strip_suffix('d').map_or(name, |_| "30 days"),
    }
}

fn plain(measure: Measure) -> &'static str {
    match measure {
        Measure::Events => "events",
        Measure::Rows => "rows",
        Measure::Bytes => "bytes",
        Measure::Customers | Measure::CustomersNamed => "customers",
        Measure::Overlap => "customers read and sent",
        Measure::BaseShare => "% of all customers",
        Measure::Objects => "objects",
        Measure::Destinations => "destinations",
        Measure::Actors => "actors",
        Measure::UnknownRows => "queries of unknown size",
        Measure::Canaries => "decoys",
    }
}

/// Thousands separated by commas; a share with at most two decimals.
fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole count, never negative")]
        return number_of(value as u64);
    }
    format!("{value:.2}")
}

fn number_of(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
