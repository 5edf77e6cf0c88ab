//! One English sentence that a woken engineer understands.

use super::bounds::Ordinary;
use super::entity::EntityState;
use crate::core::event::EventKind;
use crate::core::incident::{Customers, EntityKind, Measure, NamedCount};
use crate::core::rules::{FirstSeen, Rule, Shape};
use std::fmt::Write;

/// What the sentence is about.
pub(super) struct Sentence<'a> {
    pub rule: &'a Rule,
    pub entity: &'a EntityState,
    pub observed: f64,
    pub threshold: f64,
    pub customers: Customers,
    pub ordinary: Option<&'a Ordinary>,
    /// How many actors take part.
    pub actors: u64,
    /// Where the event went that met the rule.
    pub to: Option<&'a str>,
    /// Where the entity sends to.
    pub destinations: &'a [NamedCount],
}

/// Writes it.
pub(super) fn sentence(told: &Sentence<'_>) -> String {
    let mut text = match &told.rule.shape {
        Shape::Count(measure) => counted(told, *measure),
        Shape::Overlap { read_before } => overlap(told, read_before.name()),
        Shape::FirstSeen(what) => first_seen(told, *what),
        Shape::Sequence { within } => {
            let (who, count) = (who(told), number(told.observed));
            let (customers, to) = (plural(told, "customer"), place(told));
            format!("{who} read {count} {customers} within {} and then sent something to {to}", within.name())
        }
    };
    add_usual(&mut text, told.ordinary);
    add_overlap(&mut text, told);
    let _ = write!(text, "; the limit is {}.", number(told.threshold));
    text
}

fn counted(told: &Sentence<'_>, measure: Measure) -> String {
    let (who, count, window) = (who(told), number(told.observed), spoken(told.rule));
    match (measure, told.rule.filter.kind()) {
        (Measure::Customers | Measure::CustomersNamed, Some(EventKind::Egress)) => {
            format!("{who} sent {count} {} to {} within {window}", plural(told, "customer"), place(told))
        }
        (Measure::Customers | Measure::CustomersNamed, Some(EventKind::Query) | None) => {
            format!("{who} read {count} {} within {window}", plural(told, "customer"))
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
        (
            Measure::Rows
            | Measure::Bytes
            | Measure::Overlap
            | Measure::Objects
            | Measure::Destinations
            | Measure::Actors,
            _,
        ) => format!("{who}: {count} {} within {window} ({})", plain(measure), told.rule.title),
    }
}

fn overlap(told: &Sentence<'_>, before: &str) -> String {
    let (count, window, customers) = (number(told.observed), spoken(told.rule), plural(told, "customer"));
    match told.entity.entity {
        EntityKind::Actor => {
            let (who, to) = (who(told), place(told));
            format!("{who} sent {count} {customers} within {window} that it had read in the {before} before, to {to}")
        }
        EntityKind::Team | EntityKind::Destination | EntityKind::Domain | EntityKind::ClientIp | EntityKind::Source => {
            let (actors, to) = (number_of(told.actors), &told.entity.name);
            let accounts = if told.actors == 1 { "account" } else { "accounts" };
            let way = if told.entity.entity == EntityKind::ClientIp { "from" } else { "to" };
            format!("{actors} {accounts} sent {count} {customers} that they had read, {way} {to} within {window}")
        }
    }
}

fn first_seen(told: &Sentence<'_>, what: FirstSeen) -> String {
    let who = who(told);
    match what {
        FirstSeen::Destination => format!("{who} sent something to {} for the first time", place(told)),
        FirstSeen::Object => format!("{who} read something for the first time ({})", told.rule.title),
    }
}

/// The sentence of a resolved incident.
pub(super) fn resolved(rule: &str, entity: &str, why: &str) -> String {
    format!("{rule} on {entity} is over: {why}.")
}

/// What an incident adds to a case that is open already.
pub(super) fn new_in_case(rule: &Rule, entity: EntityKind) -> &'static str {
    match (rule.measure(), rule.filter.kind()) {
        (Measure::Overlap, _) if entity != EntityKind::Actor => "other accounts send to the same place",
        (Measure::Overlap, _) => "customers that were read are leaving",
        (Measure::Canaries, _) => "a decoy is among them",
        (Measure::UnknownRows, _) => "a copy of unknown size",
        (Measure::Customers | Measure::CustomersNamed, Some(EventKind::Egress)) => "customers are leaving",
        (
            Measure::Events
            | Measure::Rows
            | Measure::Bytes
            | Measure::Customers
            | Measure::CustomersNamed
            | Measure::BaseShare
            | Measure::Objects
            | Measure::Destinations
            | Measure::Actors,
            _,
        ) => "another rule is met",
    }
}

fn who(told: &Sentence<'_>) -> String {
    let entity = told.entity;
    match entity.entity {
        EntityKind::Team => format!("{} accounts of team {}", number_of(told.actors), entity.name),
        EntityKind::Destination | EntityKind::Domain | EntityKind::ClientIp => {
            format!("{} accounts at {}", number_of(told.actors), entity.name)
        }
        EntityKind::Source => entity.name.to_string(),
        EntityKind::Actor => actor(entity),
    }
}

fn actor(entity: &EntityState) -> String {
    match (&*entity.role, &*entity.team) {
        ("" | "unknown", _) => entity.name.to_string(),
        (role, "") => format!("{} ({role})", entity.name),
        (role, team) => format!("{} ({role}, {team})", entity.name),
    }
}

fn add_usual(text: &mut String, ordinary: Option<&Ordinary>) {
    let Some(ordinary) = ordinary else { return };
    let own = ordinary.own.map(|own| format!("usual: {}", number(own.max.round())));
    let peers = ordinary.peers.map(|peers| format!("colleagues at most {}", number(peers.p99.round())));
    let known: Vec<String> = own.into_iter().chain(peers).collect();
    let _ = write!(text, " ({})", known.join("; "));
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
