//! Who could do it, and to whom: what a history shows of its actors and of the customers.

use crate::core::activity::{Activity, ActorKind, Flags};
use crate::core::event::EventKind;
use crate::core::history::History;
use crate::core::time::EventTime;
use crate::core::units::Tag;
use std::collections::{BTreeMap, BTreeSet};

/// Customers that leaks are made of, at most.
const MAX_CUSTOMERS: usize = 60_000;
/// Whoever queried less often is no account that somebody works with.
const LEAST_QUERIES: u32 = 20;

/// An actor that an attack can be done by.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The login.
    pub actor: String,
    /// The role.
    pub role: String,
    /// The team.
    pub team: String,
    /// The address it comes from.
    pub client_ip: Option<String>,
    /// Hours that it works in, from UTC.
    pub utc_offset_minutes: i16,
    /// Whether the directory has it.
    pub listed: bool,
    /// When it queried: the first event of every day.
    pub mornings: Vec<EventTime>,
    queries: u32,
}

/// Everybody, the customers, and what they are kept in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cast {
    /// Actors that work with customers, in an order that says nothing of them.
    pub people: Vec<Person>,
    /// Customers, as tags of one kind; keyed, so in an order that says nothing either.
    pub customers: Vec<Tag>,
    /// The kind of identifier that names them.
    pub kind: String,
    /// The object that they are queried from most.
    pub object: String,
}

impl Cast {
    /// What `history` shows.
    pub fn of(history: &History) -> Self {
        let mut seen = Seen::default();
        history.each_activity(|activity| {
            if activity.received >= history.from() {
                seen.take(activity);
            }
        });
        seen.into_cast()
    }
}

#[derive(Default)]
struct Seen {
    people: BTreeMap<String, Person>,
    kinds: BTreeMap<String, BTreeSet<Tag>>,
    objects: BTreeMap<String, u64>,
}

impl Seen {
    fn take(&mut self, activity: &Activity<'_>) {
        if activity.kind != EventKind::Query || !activity.is_of_customers() {
            return;
        }
        if activity.actor_kind == ActorKind::Human && activity.left_at.is_none() {
            self.meet(activity);
        }
        if let Some(object) = activity.objects.first() {
            *self.objects.entry((*object).to_owned()).or_default() += 1;
        }
        for list in &activity.tags {
            let all = activity.counts_all(list);
            let kept = self.kinds.entry(list.kind.to_owned()).or_default();
            kept.extend(list.tags().enumerate().filter(|(at, _)| all || list.is_member(*at)).map(|(_, tag)| tag));
            // The smallest of keyed tags are a fair sample.
            while kept.len() > MAX_CUSTOMERS {
                kept.pop_last();
            }
        }
    }

    fn meet(&mut self, activity: &Activity<'_>) {
        if !self.people.contains_key(activity.actor) {
            self.people.insert(activity.actor.to_owned(), Person::new(activity));
        }
        let Some(person) = self.people.get_mut(activity.actor) else { return };
        person.queries += 1;
        let last = person.mornings.last().map(|morning| morning.as_millis() / DAY_MS);
        if last.is_none_or(|day| day < activity.time.as_millis() / DAY_MS) {
            person.mornings.push(activity.time);
        }
    }

    fn into_cast(self) -> Cast {
        let (kind, customers) = self.kinds.into_iter().max_by_key(|(_, tags)| tags.len()).unwrap_or_default();
        let object =
            self.objects.into_iter().max_by_key(|(_, count)| *count).map_or_else(String::new, |(name, _)| name);
        let mut people: Vec<Person> =
            self.people.into_values().filter(|person| person.queries >= LEAST_QUERIES).collect();
        people.sort_by_key(|person| mixed(&person.actor));
        Cast { people, customers: customers.into_iter().collect(), kind, object }
    }
}

const DAY_MS: i64 = 86_400_000;

impl Person {
    fn new(activity: &Activity<'_>) -> Self {
        Self {
            actor: activity.actor.to_owned(),
            role: activity.role.to_owned(),
            team: activity.team.to_owned(),
            client_ip: activity.client_ip.map(str::to_owned),
            utc_offset_minutes: activity.utc_offset_minutes,
            listed: activity.flags.has(Flags::LISTED),
            mornings: Vec::new(),
            queries: 0,
        }
    }
}

/// FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>): an order without meaning, the same in every run.
fn mixed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
