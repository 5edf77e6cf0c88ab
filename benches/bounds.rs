//! Five million accounts, of which all but 100,000 are invented within an hour: what is kept, what it costs, and whether the
//! patient readers are still caught.
//!
//! `BOUNDS_ACTORS`, `BOUNDS_LISTED` and `BOUNDS_MAX_ENTITIES` change the numbers; with `BOUNDS_CUSTOMERS` each invented
//! account looks at so many customers instead of a product.

#[path = "../tests/common/flood.rs"]
mod flood;

use flood::{Company, Flood, LATECOMER, Size, VISITOR, Week};
use leakwatch::core::incident::{Severity, Status};
use leakwatch::simulate::Look;
use std::time::Instant;

/// Clock ticks a second, as `/proc` counts them on every architecture of Linux.
const TICKS_A_SECOND: f64 = 100.0;

/// The detector's sizes are looked at so often in a week.
const LOOKS: u64 = 50;

/// What the environment says of `name`, else what is usual.
fn asked(name: &str, usual: u32) -> u32 {
    std::env::var(name).ok().and_then(|set| set.parse().ok()).unwrap_or(usual)
}

/// User and system time of this process so far, as Linux accounts it.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field, a name in parentheses, may hold spaces; `utime` is the 14th, `stime` the 15th.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS_A_SECOND
}

/// A figure of this process in megabytes, as Linux tells it: `VmHWM` is the most memory so far, `VmRSS` what it has now.
fn memory_mb(figure: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()).unwrap_or_default() / 1_024
}

fn timed(what: &str, company: &Company, flood: Option<Flood>) -> Week {
    let (began, before) = (Instant::now(), cpu_seconds());
    let week = company.week(flood);
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - before);
    println!("\n{what}: {} events in {wall:.0} s, CPU {cpu:.1} s", week.events);
    println!("  events in a CPU-second {:>10.0}", f64::from(u32::try_from(week.events).unwrap_or(u32::MAX)) / cpu);
    println!("  peak of the process    {:>10} MB", memory_mb("VmHWM"));
    println!("  entities at most       {:>10}", week.most.entities);
    println!("  actors among them      {:>10}", week.most.actors);
    println!("  tags at most           {:>10}", week.most_kept.tags);
    println!("  open incidents at most {:>10}", week.most_kept.open_incidents);
    println!("  events counted with others for want of room {}", week.last.crowded);
    week
}

fn tell(company: &Company, week: &Week) {
    for severity in [Severity::Page, Severity::Warning] {
        let all = week.incidents(severity);
        println!("  incidents of {} or more: {}", severity.name(), all.len());
        for (rule, entity) in all.iter().take(12) {
            println!("    {rule} {entity}");
        }
    }
    for reader in [company.reader().as_str(), VISITOR, LATECOMER] {
        let paged = week.of(reader).into_iter().find(|line| line.2 == Severity::Page && line.1 != Status::Resolved);
        match paged {
            Some((rule, _, _, time, observed)) => println!("  {reader}: {rule} pages at {time}, {observed} customers"),
            None => println!("  {reader}: not by name"),
        }
    }
}

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let large = std::env::args().any(|arg| arg == "--bench");
    let (actors, listed, most) = if large { (5_000_000, 100_000, 1_000_000) } else { (4_000, 1_000, 4_000) };
    let (actors, listed) = (asked("BOUNDS_ACTORS", actors), asked("BOUNDS_LISTED", listed));
    let max_entities = asked("BOUNDS_MAX_ENTITIES", most).into();
    let look = match asked("BOUNDS_CUSTOMERS", 0) {
        0 => Look::AtProduct,
        count => Look::AtCustomers(count),
    };
    let look_every = (u64::from(actors) / LOOKS).max(1_000);
    let company = Company::new(Size { listed, customers: 100_000, max_entities, look_every });
    let logins = actors.saturating_sub(listed);
    println!("{listed} listed accounts, {logins} invented, at most {max_entities} entities beside the listed");
    println!("  before anything happens {:>9} MB", memory_mb("VmRSS"));
    let calm = timed("without the flood", &company, None);
    tell(&company, &calm);
    let before = memory_mb("VmHWM");
    let flooded = timed("with it", &company, Some(Flood { logins, look }));
    let (more, entities) = (memory_mb("VmHWM") - before, flooded.most.entities - calm.most.entities);
    println!("  an entity of the flood {:>10} bytes", (more << 20) / entities.max(1));
    tell(&company, &flooded);
    for reader in [company.reader().as_str(), VISITOR] {
        assert_eq!(flooded.of(reader), calm.of(reader), "{reader} is told of as without the flood");
    }
}
