//! What `leakwatch simulate` says when it is done.

use super::output::FileCount;
use crate::simulate::World;
use serde::Serialize;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// What was written, and how fast.
#[derive(Debug, Serialize)]
pub struct Summary {
    out: String,
    files: Vec<FileCount>,
    events: u64,
    seconds: f64,
    attacks: Vec<AttackLine>,
}

#[derive(Debug, Serialize)]
struct AttackLine {
    name: String,
    actors: Vec<String>,
    first_event: String,
    events: u64,
    customers_read: u64,
    customers_sent: u64,
}

impl Summary {
    /// The summary of what was written into `out` in `elapsed`.
    pub fn new(out: &Path, files: Vec<FileCount>, world: &World, elapsed: Duration) -> Self {
        let attacks = world.truth().into_iter().map(|truth| AttackLine {
            name: truth.name,
            actors: truth.actors,
            first_event: truth.first_event,
            events: truth.events,
            customers_read: truth.customers_read,
            customers_sent: truth.customers_sent,
        });
        let is_traffic = |file: &&FileCount| ["db-queries.ndjson", "egress.ndjson"].contains(&file.file.as_str());
        Self {
            out: out.display().to_string(),
            events: files.iter().filter(is_traffic).map(|file| file.records).sum(),
            seconds: (elapsed.as_secs_f64() * 1_000.0).round() / 1_000.0,
            attacks: attacks.collect(),
            files,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} events in {:.1} s, written to {}", self.events, self.seconds, self.out)?;
        for file in &self.files {
            writeln!(f, "  {:<20} {:>9} records {:>12} bytes", file.file, file.records, file.bytes)?;
        }
        for attack in &self.attacks {
            let (name, from, events) = (&attack.name, &attack.first_event, attack.events);
            write!(f, "  {name}: {} from {from}, {events} events, ", shortened(&attack.actors))?;
            writeln!(f, "{} customers read, {} sent", attack.customers_read, attack.customers_sent)?;
        }
        Ok(())
    }
}

/// A few names, and how many more there are.
fn shortened(names: &[String]) -> String {
    match names {
        [first, second, third, _, rest @ ..] => format!("{first}, {second}, {third} and {} more", rest.len() + 1),
        few => few.join(", "),
    }
}
