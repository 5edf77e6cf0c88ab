//! A company without a leak: whatever is raised there is false.

use crate::company::{TagMaker, Watch, knowledge};
use leakwatch::core::filter::FilterSet;
use leakwatch::core::incident::{EntityKind, Incident, Severity, Status};
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::simulate::{Calendar, Population, SimulateSettings, World, life};
use std::collections::BTreeMap;
use std::sync::Arc;

const WEEK: Millis = Millis::from_days(7);

/// A kind of life, and the time in which its false alarms are counted.
pub struct Life {
    /// What the tables call it.
    pub name: &'static str,
    /// The life events.
    pub events: &'static [&'static str],
    /// Days of traffic.
    pub days: u32,
    /// When they are counted.
    pub counted: Counted,
}

/// The time in which false alarms are counted.
#[derive(Clone, Copy)]
pub enum Counted {
    /// The first week.
    FirstWeek,
    /// The last week.
    LastWeek,
    /// The week from the midnight before the middle workday on, on which single events fall.
    FromMiddle,
}

/// Every kind of life. The quiet week is there twice: without anything learned, and after two weeks.
pub const LIVES: [Life; 11] = [
    Life { name: "quiet, first week", events: &["quiet"], days: 7, counted: Counted::FirstWeek },
    Life { name: "quiet, third week", events: &["quiet"], days: 21, counted: Counted::LastWeek },
    Life { name: "sale-day", events: &["campaign", "sale-day"], days: 21, counted: Counted::FromMiddle },
    Life { name: "sale-day, first week", events: &["campaign", "sale-day"], days: 7, counted: Counted::FirstWeek },
    Life { name: "outage", events: &["campaign", "outage"], days: 21, counted: Counted::FromMiddle },
    Life { name: "campaign", events: &["campaign"], days: 21, counted: Counted::LastWeek },
    Life { name: "month-end", events: &["campaign", "month-end"], days: 21, counted: Counted::LastWeek },
    Life { name: "new-hires", events: &["campaign", "new-hires"], days: 21, counted: Counted::FromMiddle },
    Life { name: "team-moves", events: &["campaign", "team-moves"], days: 21, counted: Counted::FromMiddle },
    Life { name: "holiday", events: &["campaign", "holiday"], days: 21, counted: Counted::FromMiddle },
    Life { name: "night-etl", events: &["campaign", "night-etl"], days: 21, counted: Counted::LastWeek },
];

/// What was raised, by severity, rule and role (or kind of entity).
pub type Raised = BTreeMap<(Severity, String, String), u64>;

/// What was raised in one company's week.
#[derive(Clone, Debug)]
pub struct Week {
    /// The life.
    pub life: &'static str,
    /// Everybody with an account, services included.
    pub actors: u64,
    /// What was raised.
    pub raised: Raised,
}

/// Watches the company of `settings` live.
pub fn watch(settings: &SimulateSettings, life: &Life, tags: &TagMaker, filters: Arc<FilterSet>) -> Week {
    let events = life.events.iter().filter_map(|name| life::find(name)).collect();
    let settings = SimulateSettings { life: events, days: life.days, attacks: Vec::new(), ..settings.clone() };
    let world = World::new(settings).expect("a company");
    let (from, to) = counted(life.counted, &world.scene().calendar);
    let mut engine = Watch::new(knowledge(world.scene(), tags, filters));
    let mut worst = BTreeMap::<String, Incident>::new();
    for event in world.events() {
        for line in engine.feed(&event) {
            let is_new = matches!(line.status, Status::Opened | Status::Escalated);
            if is_new && (from..to).contains(&event.arrival) {
                worst.insert(line.incident.0.clone(), line);
            }
        }
    }
    let population = &world.scene().population;
    let mut raised = Raised::new();
    for line in worst.into_values() {
        let key = (line.severity, line.rule.clone(), whom(&line, population));
        *raised.entry(key).or_default() += 1;
    }
    let former = population.former().len();
    Week { life: life.name, actors: (population.actors.len() - former) as u64, raised }
}

fn counted(counted: Counted, calendar: &Calendar) -> (EventTime, EventTime) {
    let from = match counted {
        Counted::FirstWeek => calendar.start(),
        Counted::LastWeek => calendar.end().minus(WEEK),
        Counted::FromMiddle => {
            let workdays: Vec<_> = calendar.days().into_iter().filter(|day| !day.is_weekend()).collect();
            calendar.midnight(workdays[workdays.len() / 2])
        }
    };
    (from, from.plus(WEEK))
}

/// The role of whomever an incident is about, a service's name, or the kind of a pooled entity.
fn whom(line: &Incident, population: &Population) -> String {
    match line.entity.kind {
        EntityKind::Actor => match population.find(&line.entity.id) {
            Some(actor) => actor.role().map_or(actor.name(), |role| role.name()).to_owned(),
            None => "unlisted".to_owned(),
        },
        kind @ (EntityKind::Team
        | EntityKind::Destination
        | EntityKind::Domain
        | EntityKind::ClientIp
        | EntityKind::Source) => kind.name().to_owned(),
    }
}
