//! What the API says of cases and rules.

use crate::core::cases::{Case, Judgement, Precision, RuleWeek, RuleWeeks, Step, Told, overall, recent};
use crate::core::incident::{Customers, Entity, Incident, IncidentId, Severity};
use crate::core::rules::{BaselineSpec, Mode, Rule, Subject};
use crate::core::time::{EventTime, rfc3339};
use serde::Serialize;
use std::collections::BTreeSet;

/// Actors that a case's line in the list names.
const NAMED_ACTORS: usize = 5;
/// Recorded incidents of one rule that its page draws, the newest.
const RECORDED: usize = 1_000;
/// Weeks of one rule that its page draws: half a year.
const WEEKS: u32 = 26;

/// A case as a line of the list.
#[derive(Debug, Serialize)]
pub(super) struct CaseLine<'a> {
    case: &'a IncidentId,
    open: bool,
    severity: Severity,
    title: &'a str,
    summary: &'a str,
    entity: &'a Entity,
    rules: Vec<&'a str>,
    actors: Vec<&'a str>,
    actors_total: usize,
    incidents: usize,
    customers: Customers,
    #[serde(with = "rfc3339")]
    began: EventTime,
    #[serde(with = "rfc3339")]
    last: EventTime,
    judgement: Option<&'a Judgement>,
}

impl<'a> CaseLine<'a> {
    /// `None` for a case without incidents, which there is not.
    pub fn new(case: &Case<'a>) -> Option<Self> {
        let gravest = *case.incidents.first()?;
        let shown = &gravest.shown;
        let actors = each_once(case.incidents.iter().flat_map(|told| &told.shown.actors));
        let rules = each_once(case.incidents.iter().map(|told| &told.last.rule));
        Some(Self {
            case: case.id,
            open: case.is_open(),
            severity: shown.severity,
            title: &shown.title,
            summary: &shown.summary,
            entity: &shown.entity,
            rules,
            actors_total: actors.len(),
            actors: actors.into_iter().take(NAMED_ACTORS).collect(),
            incidents: case.incidents.len(),
            customers: most(&case.incidents),
            began: case.incidents.iter().map(|told| told.began()).min().unwrap_or(shown.time),
            last: case.incidents.iter().map(|told| told.last.time).max().unwrap_or(shown.time),
            judgement: case.judgement,
        })
    }
}

/// Names in the order in which they are first met.
fn each_once<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut met = BTreeSet::new();
    names.map(String::as_str).filter(|name| met.insert(*name)).collect()
}

/// The largest figure of each kind in any of the incidents: they overlap, so they must not be added.
fn most(incidents: &[&Told]) -> Customers {
    incidents.iter().fold(Customers::default(), |most, told| {
        let one = told.shown.customers;
        Customers {
            read: most.read.max(one.read),
            egressed: most.egressed.max(one.egressed),
            overlap: most.overlap.max(one.overlap),
            read_estimate: most.read_estimate.max(one.read_estimate),
            error: most.error.max(one.error),
        }
    })
}

/// A case with its incidents.
#[derive(Debug, Serialize)]
pub(super) struct CasePage<'a> {
    #[serde(flatten)]
    line: CaseLine<'a>,
    told: Vec<ToldView<'a>>,
}

#[derive(Debug, Serialize)]
struct ToldView<'a> {
    open: bool,
    peak: f64,
    line: &'a Incident,
    steps: &'a [Step],
}

impl<'a> ToldView<'a> {
    fn new(told: &'a Told) -> Self {
        Self { open: told.is_open(), peak: told.peak(), line: &told.shown, steps: &told.steps }
    }
}

impl<'a> CasePage<'a> {
    pub fn new(case: &Case<'a>) -> Option<Self> {
        let told = case.incidents.iter().map(|told| ToldView::new(told)).collect();
        Some(Self { line: CaseLine::new(case)?, told })
    }
}

/// An incident that names an account, and its case.
#[derive(Debug, Serialize)]
pub(super) struct ToldOf<'a> {
    case: &'a IncidentId,
    #[serde(flatten)]
    told: ToldView<'a>,
}

impl<'a> ToldOf<'a> {
    pub fn new(case: &'a IncidentId, told: &'a Told) -> Self {
        Self { case, told: ToldView::new(told) }
    }
}

/// A rule, and what it has done.
#[derive(Debug, Serialize)]
pub(super) struct RuleLine<'a> {
    id: &'a str,
    title: &'a str,
    mode: &'static str,
    measure: crate::core::incident::Measure,
    by: &'static str,
    window: &'static str,
    limits: LimitLine,
    floor: Option<f64>,
    own_factor: Option<f64>,
    peers_factor: Option<f64>,
    precision: Option<Precision>,
    weeks: Vec<WeekLine>,
    recorded: Vec<Recorded>,
}

/// What the rule raised in a week, and what that turned out to be.
#[derive(Debug, Serialize)]
struct WeekLine {
    /// ISO 8601, such as `2012-W19`.
    week: String,
    /// Its Monday, 00:00 UTC.
    #[serde(with = "rfc3339")]
    from: EventTime,
    #[serde(flatten)]
    of: RuleWeek,
}

#[derive(Debug, Serialize)]
struct LimitLine {
    info: Option<f64>,
    warning: Option<f64>,
    page: Option<f64>,
}

/// An incident that the rule has raised.
#[derive(Debug, Serialize)]
struct Recorded {
    #[serde(with = "rfc3339")]
    time: EventTime,
    peak: f64,
    severity: Severity,
    overlap: u64,
}

impl<'a> RuleLine<'a> {
    /// `weeks` are the rule's, as of `now`.
    pub fn new<'t>(
        rule: &'a Rule,
        weeks: Option<&RuleWeeks>,
        now: EventTime,
        told: impl Iterator<Item = &'t Told>,
    ) -> Self {
        let limits = rule.limits.resolve(&Subject::default());
        let mut recorded: Vec<Recorded> = told.filter(|told| told.last.rule == rule.id).map(record).collect();
        recorded.sort_by_key(|one| one.time);
        let factor = |of: fn(&BaselineSpec) -> Option<f64>| rule.baseline.as_ref().and_then(of);
        Self {
            id: &rule.id,
            title: &rule.title,
            mode: match rule.mode {
                Mode::Live => "live",
                Mode::Shadow => "shadow",
                Mode::Off => "off",
            },
            measure: rule.measure(),
            by: rule.by.name(),
            window: rule.window.name(),
            limits: LimitLine { info: limits.info, warning: limits.warn, page: limits.page },
            floor: rule.baseline.as_ref().map(|baseline| baseline.floor),
            own_factor: factor(|baseline| baseline.own.map(|(_, factor, _)| factor)),
            peers_factor: factor(|baseline| baseline.peers.map(|(_, factor)| factor)),
            precision: weeks.map(overall),
            weeks: weeks.map_or_else(Vec::new, |weeks| week_lines(weeks, now)),
            recorded: recorded.split_off(recorded.len().saturating_sub(RECORDED)),
        }
    }
}

fn week_lines(weeks: &RuleWeeks, now: EventTime) -> Vec<WeekLine> {
    recent(weeks, now, WEEKS).into_iter().map(|(from, of)| WeekLine { week: from.iso_week(), from, of }).collect()
}

fn record(told: &Told) -> Recorded {
    Recorded {
        time: told.began(),
        peak: told.peak(),
        severity: told.shown.severity,
        overlap: told.shown.customers.overlap,
    }
}
