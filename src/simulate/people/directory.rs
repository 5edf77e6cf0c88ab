//! The staff and its destinations as lines of the directory.

use super::destination::CLASSIFIED;
use super::{Actor, Population, Work};
use crate::core::time::{EventTime, Millis};
use serde_json::{Map, Value, json};

impl Population {
    /// The directory, a JSON object a line: actors, destinations, then who holds which address.
    pub fn directory_lines<'a>(&'a self, zone_name: &'a str, start: EventTime) -> impl Iterator<Item = String> + 'a {
        let actors = self.actors.iter().map(move |actor| actor_line(actor, zone_name));
        let destinations = CLASSIFIED
            .iter()
            .map(|(destination, class, owner)| json!({"destination": destination, "class": class, "owner": owner}));
        let leases = self.actors.iter().filter(|actor| actor.leased).map(move |actor| lease_line(actor, start));
        actors.chain(destinations).chain(leases).map(|line| line.to_string())
    }
}

fn actor_line(actor: &Actor, zone_name: &str) -> Value {
    let (role, kind) = match actor.work {
        Work::Desk(desk) => (desk.role.name(), "human"),
        Work::Job(_) => ("service", "service"),
    };
    let mut line = Map::new();
    line.insert("actor".into(), actor.name().into());
    line.insert("aliases".into(), actor.spellings[1..].into());
    line.insert("role".into(), role.into());
    line.insert("team".into(), actor.team.as_str().into());
    line.insert("kind".into(), kind.into());
    line.insert("tz".into(), zone_name.into());
    for (field, time) in [("notice_at", actor.notice_at), ("left_at", actor.left_at)] {
        if let Some(time) = time {
            line.insert(field.into(), time.to_string().into());
        }
    }
    Value::Object(line)
}

fn lease_line(actor: &Actor, start: EventTime) -> Value {
    let from = actor.hired_at.unwrap_or_else(|| start.minus(Millis::from_days(30)));
    json!({"client_ip": actor.client_ip, "actor": actor.name(), "from": from.to_string()})
}
