//! The incident line, section 4 of the contract.

use super::id::IncidentId;
use crate::core::time::{EventTime, Millis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the line's format.
pub const SCHEMA_VERSION: u32 = 1;

/// What happened to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Its condition was met for the first time.
    Opened,
    /// A higher severity was met.
    Escalated,
    /// What was observed has doubled.
    Updated,
    /// The condition was false for the rule's hold, or the rule went.
    Resolved,
}

/// How much an incident matters. `page` needs a person now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// To know.
    Info,
    /// To look at in working hours.
    Warning,
    /// To wake somebody.
    Page,
}

impl Severity {
    /// The name in incidents and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Page => "page",
        }
    }
}

/// What kind of thing an incident is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// An account.
    Actor,
    /// A team of the directory.
    Team,
    /// A destination as sent to.
    Destination,
    /// A registrable domain.
    Domain,
    /// A client address.
    ClientIp,
    /// A source of events.
    Source,
}

impl EntityKind {
    /// The name in rules and incidents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Team => "team",
            Self::Destination => "destination",
            Self::Domain => "domain",
            Self::ClientIp => "client_ip",
            Self::Source => "source",
        }
    }
}

/// What an incident is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// Its kind.
    pub kind: EntityKind,
    /// Its name, in the directory's spelling for actors.
    pub id: String,
}

/// What a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Events.
    Events,
    /// Records returned.
    Rows,
    /// Bytes returned or sent.
    Bytes,
    /// Distinct customers, those not named by identifiers estimated from row counts.
    Customers,
    /// Distinct customers named by identifiers: a lower bound.
    CustomersNamed,
    /// Distinct customers read before and then sent.
    Overlap,
    /// Share of the customer base named by identifiers, in percent: rows without names are often groups and sums.
    BaseShare,
    /// Distinct objects.
    Objects,
    /// Distinct destinations.
    Destinations,
    /// Distinct actors.
    Actors,
    /// Queries whose row count is unknown.
    UnknownRows,
    /// Distinct decoy customers.
    Canaries,
}

/// A window's length: one of six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Window {
    /// One minute, in slices of 1 s.
    #[serde(rename = "1m")]
    Minute,
    /// Five minutes, in slices of 5 s.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// One hour, in slices of 1 min.
    #[serde(rename = "1h")]
    Hour,
    /// 24 hours, in slices of 24 min.
    #[serde(rename = "24h")]
    Day,
    /// Seven days, in slices of 168 min.
    #[serde(rename = "7d")]
    Week,
    /// 30 days, in slices of 12 h.
    #[serde(rename = "30d")]
    Month,
}

impl Window {
    /// Slices in a window.
    pub const SLICES: i64 = 60;

    /// Every window, shortest first.
    pub const ALL: [Self; 6] = [Self::Minute, Self::FiveMinutes, Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Its length.
    pub const fn length(self) -> Millis {
        match self {
            Self::Minute => Millis::from_mins(1),
            Self::FiveMinutes => Millis::from_mins(5),
            Self::Hour => Millis::from_hours(1),
            Self::Day => Millis::from_hours(24),
            Self::Week => Millis::from_days(7),
            Self::Month => Millis::from_days(30),
        }
    }

    /// The length of one of its slices.
    pub const fn slice(self) -> Millis {
        Millis::new(self.length().as_millis() / Self::SLICES)
    }

    /// The name in rules and incidents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::FiveMinutes => "5m",
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }
}

/// Customers concerned, in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Customers {
    /// Distinct customers read, named by identifiers.
    pub read: u64,
    /// Distinct customers sent out.
    pub egressed: u64,
    /// Read before, then sent.
    pub overlap: u64,
    /// Distinct customers read, those not named estimated from row counts.
    pub read_estimate: u64,
    /// Relative standard error of the figures; 0 where they are exact.
    pub error: f64,
}

/// A name and how often it occurred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedCount {
    /// The destination or object, masked.
    pub name: String,
    /// Events.
    pub count: u64,
}

/// One end of the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The producer's own id of the event.
    pub id: Option<String>,
    /// When the event happened.
    #[serde(with = "super::super::time::rfc3339")]
    #[schemars(with = "String")]
    pub time: EventTime,
}

/// One revision of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Incident {
    /// The version of this format: 1.
    pub schema: u32,
    /// The incident.
    pub incident: IncidentId,
    /// Counts its lines from 1.
    pub revision: u32,
    /// What happened to it.
    pub status: Status,
    /// The leak it belongs to: the id of the case's oldest incident.
    pub case: IncidentId,
    /// The rule that raised it.
    pub rule: String,
    /// The rule's title.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// The rule does not count yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
    /// What it is about.
    pub entity: Entity,
    /// The actors concerned, largest share first; at most 100.
    pub actors: Vec<String>,
    /// How many actors are concerned.
    pub actors_total: u64,
    /// Event time at which the condition was met.
    #[serde(with = "super::super::time::rfc3339")]
    #[schemars(with = "String")]
    pub time: EventTime,
    /// What was counted.
    pub measure: Measure,
    /// Over which window.
    pub window: Window,
    /// The corrected count.
    pub observed: f64,
    /// The limit in force.
    pub threshold: f64,
    /// The baselines that took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// Customers concerned.
    pub customers: Customers,
    /// The top destinations.
    pub destinations: Vec<NamedCount>,
    /// The top objects.
    pub objects: Vec<NamedCount>,
    /// The first event of the evidence.
    pub first_event: Option<Evidence>,
    /// The last event of the evidence.
    pub last_event: Option<Evidence>,
    /// One sentence for a woken engineer.
    pub summary: String,
    /// What to do: a path or URL.
    pub runbook: String,
}

/// The baselines that took part in a limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// The entity's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnBaseline>,
    /// Its peers'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peers: Option<PeerBaseline>,
}

/// Largest values of the same window on learned days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OwnBaseline {
    /// The median of the days' largest values.
    pub median: f64,
    /// The largest.
    pub max: f64,
    /// How many days were learned.
    pub days: u32,
}

/// The same over a role's actors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PeerBaseline {
    /// What makes them peers: `role`.
    pub by: String,
    /// The median of their maxima.
    pub p50: f64,
    /// The 99th percentile of their maxima.
    pub p99: f64,
    /// How many peers.
    pub n: u64,
}
