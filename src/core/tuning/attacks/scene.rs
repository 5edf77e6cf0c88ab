//! Attacks as activities: who reads and sends what, when.

use super::Leak;
use super::people::{Cast, Person};
use crate::core::activity::{Activity, ActorKind, DestinationClass, Flags, Origin, TagList};
use crate::core::event::EventKind;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{ByteCount, Epoch, Rows};
use smallvec::smallvec;

/// Customers in one query or one upload.
const A_TIME: usize = 50;
const BYTES_A_TAG: usize = 8;
const BYTES_A_CUSTOMER: u64 = 60;
/// The source that injected records stand under in origins: no topic's name hashes to it but by chance.
const INJECTED: u64 = u64::MAX;
const DOMAIN: &str = "injected-attack.example";
const HOST: &str = "files.injected-attack.example";
/// Attacks begin after so large a part of a history has gone by: what is ordinary is learned by then, if ever.
const AFTER: f64 = 0.6;

/// One attack to inject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attack {
    /// How.
    pub leak: Leak,
    /// How many customers.
    pub size: usize,
    /// Who: places among the cast's people.
    pub first: usize,
}

/// What one person does in an attack.
#[derive(Clone, Debug)]
pub struct Plot {
    /// The attack's place among those of the scene.
    pub attack: usize,
    /// The person's place among the cast's people.
    pub person: usize,
    /// When, customers from where in the cast's list to where, and whether they are read or sent.
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    time: EventTime,
    from: usize,
    to: usize,
    kind: EventKind,
}

/// Attacks at work on a cast.
#[derive(Debug)]
pub struct Scene<'a> {
    cast: &'a Cast,
    tags: Vec<u8>,
    members: Vec<u8>,
    plots: Vec<Plot>,
}

impl<'a> Scene<'a> {
    /// Lays out `attacks` in a history that lasted from `first` to `last`. Each attack has customers of its own, as far as
    /// there are enough.
    pub fn new(cast: &'a Cast, attacks: &[Attack], (first, last): (EventTime, EventTime)) -> Self {
        let tags = cast.customers.iter().flat_map(|tag| tag.0.to_le_bytes()).collect();
        let mut scene = Self { cast, tags, members: vec![0xff; A_TIME.div_ceil(8)], plots: Vec::new() };
        let mut next = 0;
        for (at, attack) in attacks.iter().enumerate() {
            let size = attack.size.min(cast.customers.len());
            if next + size > cast.customers.len() {
                next = 0;
            }
            let people = attack.leak.people();
            for number in 0..people {
                let person = (attack.first + number) % cast.people.len().max(1);
                let share = (next + size * number / people)..(next + size * (number + 1) / people);
                let Some(who) = cast.people.get(person) else { continue };
                let steps = steps(attack.leak, share, who, (first, last));
                scene.plots.push(Plot { attack: at, person, steps });
            }
            next += size;
        }
        scene
    }

    /// What everybody does.
    pub fn plots(&self) -> &[Plot] {
        &self.plots
    }

    /// All of it, by when it arrives.
    pub fn activities(&'a self) -> Vec<Activity<'a>> {
        let mut all: Vec<Activity<'a>> = self
            .plots
            .iter()
            .filter_map(|plot| Some((plot, self.cast.people.get(plot.person)?)))
            .flat_map(|(plot, person)| plot.steps.iter().map(move |step| self.activity(person, *step)))
            .collect();
        all.sort_by_key(|activity| activity.received);
        for (activity, offset) in all.iter_mut().zip(1..) {
            activity.origin = Origin { source: INJECTED, epoch: Epoch(0), offset, ..Origin::default() };
        }
        all
    }

    fn activity(&'a self, person: &'a Person, step: Step) -> Activity<'a> {
        let tags = &self.tags[step.from * BYTES_A_TAG..step.to * BYTES_A_TAG];
        let customers = step.to - step.from;
        let named = u32::try_from(customers).unwrap_or(u32::MAX);
        let query = step.kind == EventKind::Query;
        let list = TagList { kind: &self.cast.kind, tags, members: &self.members, canaries: &[] };
        let flags = Flags::default().with(Flags::CUSTOMER_OBJECT, query).with(Flags::LISTED, person.listed);
        Activity {
            time: step.time,
            received: step.time,
            kind: step.kind,
            flags,
            actor: &person.actor,
            actor_kind: ActorKind::Human,
            role: &person.role,
            team: &person.team,
            utc_offset_minutes: person.utc_offset_minutes,
            client_ip: person.client_ip.as_deref(),
            objects: if query { smallvec![self.cast.object.as_str()] } else { smallvec![] },
            operation: query.then_some("select"),
            rows: query.then_some(Rows(u64::from(named))),
            bytes: Some(ByteCount(u64::from(named) * BYTES_A_CUSTOMER)),
            channel: (!query).then_some("http"),
            destination: (!query).then_some(HOST),
            domain: (!query).then_some(DOMAIN),
            class: DestinationClass::External,
            named,
            named_customers: named,
            tags: smallvec![list],
            ..Activity::default()
        }
    }
}

impl Plot {
    /// When it begins and ends.
    pub fn span(&self) -> Option<(EventTime, EventTime)> {
        let times = || self.steps.iter().map(|step| step.time);
        Some((times().min()?, times().max()?))
    }

    /// Customers that it had touched by `time`.
    pub fn touched_by(&self, time: EventTime) -> usize {
        let until = self.steps.iter().filter(|step| step.time <= time);
        let (mut from, mut to) = (usize::MAX, 0);
        for step in until {
            from = from.min(step.from);
            to = to.max(step.to);
        }
        to.saturating_sub(from)
    }
}

fn steps(leak: Leak, share: std::ops::Range<usize>, who: &Person, (first, last): (EventTime, EventTime)) -> Vec<Step> {
    let (reads, sends) = match leak {
        Leak::ReadInAnHour | Leak::ReadInADay | Leak::ReadInAWeek => (true, false),
        Leak::ReadAndSent | Leak::Together => (true, true),
        Leak::Sent => (false, true),
    };
    let chunks: Vec<_> = share.clone().step_by(A_TIME).map(|from| (from, (from + A_TIME).min(share.end))).collect();
    let mut steps = Vec::new();
    for (at, (from, to)) in chunks.iter().enumerate() {
        let time = when(leak, who, (first, last), (at, chunks.len()));
        let step = |time, kind| Step { time, from: *from, to: *to, kind };
        steps.extend(reads.then(|| step(time, EventKind::Query)));
        let later = if reads { time.plus(Millis::from_mins(10)) } else { time };
        steps.extend(sends.then(|| step(later, EventKind::Egress)));
    }
    steps
}

/// When the part number `at` of `parts` happens.
fn when(leak: Leak, who: &Person, (first, last): (EventTime, EventTime), (at, parts): (usize, usize)) -> EventTime {
    let spread = |from: EventTime, span: Millis| from.plus(Millis::new(scaled(span, at, parts)));
    let begins = first.plus(Millis::new(share_of(last.since(first), AFTER)));
    let mornings = || who.mornings.iter().copied();
    let start = mornings().find(|morning| *morning >= begins).or_else(|| mornings().last()).unwrap_or(begins);
    match leak {
        Leak::ReadInAnHour | Leak::ReadAndSent => spread(start, Millis::from_mins(50)),
        Leak::ReadInADay | Leak::Sent | Leak::Together => spread(start, Millis::from_hours(8)),
        Leak::ReadInAWeek => {
            let days: Vec<EventTime> = mornings().rev().take(5).collect();
            let day = at * days.len().max(1) / parts.max(1);
            let morning = days.iter().rev().nth(day).copied().unwrap_or(start);
            let in_day = at * days.len().max(1) % parts.max(1);
            morning.plus(Millis::new(scaled(Millis::from_hours(8), in_day, parts)))
        }
    }
}

fn scaled(span: Millis, at: usize, parts: usize) -> i64 {
    let [at, parts] = [at, parts.max(1)].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    span.as_millis().saturating_mul(at) / parts
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a span of weeks in milliseconds")]
fn share_of(span: Millis, share: f64) -> i64 {
    (span.as_millis() as f64 * share) as i64
}
