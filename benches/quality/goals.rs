//! What is wanted, and whether it is so. Each verdict is computed.

use crate::attacked::{Outcome, Page};
use crate::cases::{FIRST_DAY_ROWS, LADDER, LEARNED_ROWS};
use crate::measured::Measured;
use crate::ordinary::LIVES;
use crate::reasons::why;
use crate::table::grouped;
use leakwatch::core::incident::Severity;
use std::collections::BTreeMap;

/// Attacks of at least so many customers have to page.
const LARGE: u64 = 300;
/// A slow leak has to page by this customer sent.
const SLOW_SENT: u64 = 300;
/// Evening mail has to page by this customer sent.
const EVENING_SENT: u64 = 60;
/// False pages a week for each thousand actors.
const PAGES: f64 = 1.0;
/// Warnings a week for each thousand actors.
const WARNINGS: f64 = 20.0;
/// Lives that the limits of false alarms hold for.
const HELD_TO: [&str; 4] = ["quiet, first week", "quiet, third week", "sale-day", "outage"];

/// A goal and what became of it.
pub struct Verdict {
    /// What is wanted.
    pub goal: String,
    /// What was found.
    pub found: String,
    /// Whether that is enough.
    pub is_met: bool,
}

/// Every goal.
pub fn verdicts(all: &[Measured]) -> Vec<Verdict> {
    let mut verdicts = vec![large_attacks(all)];
    verdicts.push(rows(
        all,
        "bulk-dump",
        &format!("of somebody with ordinary hours under 600: ≤ {} rows gone", grouped(LEARNED_ROWS)),
    ));
    verdicts.push(rows(
        all,
        "bulk-dump, first day",
        &format!("with nothing learned: ≤ {} rows gone", grouped(FIRST_DAY_ROWS)),
    ));
    for role in ["analyst", "marketing"] {
        verdicts.push(rows(all, &format!("bulk-dump, {role}"), "rows gone within twice the role's ordinary hour"));
    }
    verdicts.push(service(all));
    for kind in ["drip", "collusion"] {
        verdicts.push(sent(all, kind, SLOW_SENT));
    }
    verdicts.push(sent(all, "evening-mail", EVENING_SENT));
    for life in HELD_TO {
        verdicts.push(alarms(all, life, Severity::Page, PAGES));
        verdicts.push(alarms(all, life, Severity::Warning, WARNINGS));
    }
    verdicts
}

/// The outcomes of one attack at its usual size.
pub fn outcomes<'a>(all: &'a [Measured], case: &'a str) -> impl Iterator<Item = &'a Outcome> {
    all.iter().flat_map(|measured| &measured.usual).filter(move |outcome| outcome.case == case)
}

fn large_attacks(all: &[Measured]) -> Verdict {
    let of_seed = |measured: &'_ Measured| -> Vec<Outcome> {
        let usual = measured.usual.iter().filter(|outcome| outcome.customers >= LARGE);
        // What a slow poisoning reads to prepare itself is not its size.
        let rungs = LADDER.iter().zip(&measured.ladder).filter(|(size, _)| u64::from(**size) >= LARGE);
        usual.chain(rungs.flat_map(|(_, outcomes)| outcomes)).cloned().collect()
    };
    let large: Vec<Outcome> = all.iter().flat_map(of_seed).collect();
    let mut missed = BTreeMap::<&str, usize>::new();
    for outcome in large.iter().filter(|outcome| outcome.page.is_none()) {
        *missed.entry(&outcome.case).or_default() += 1;
    }
    let paged = large.len() - missed.values().sum::<usize>();
    let which: Vec<String> = missed.iter().map(|(case, times)| format!("{case} {times} ({})", why(case))).collect();
    let which = if which.is_empty() { String::new() } else { format!("; missed: {}", which.join(", ")) };
    Verdict {
        goal: format!("every attack on at least {LARGE} customers pages, in every seed and size"),
        found: format!("{} of {} paged{which}", grouped(paged as u64), grouped(large.len() as u64)),
        is_met: missed.is_empty() && !large.is_empty(),
    }
}

fn rows(all: &[Measured], case: &str, wanted: &str) -> Verdict {
    let is_kept = |outcome: &Outcome, page: &Page| outcome.allowed_rows.is_none_or(|allowed| page.rows <= allowed);
    let worst = outcomes(all, case).filter_map(|outcome| outcome.page.as_ref()).map(|page| page.rows).max();
    let worst = worst.map_or(String::new(), |rows| format!("; at worst {} rows", grouped(rows)));
    held(all, case, &format!("{case}: {wanted}"), &worst, is_kept)
}

fn service(all: &[Measured]) -> Verdict {
    let by_its_rule = |_: &Outcome, page: &Page| page.rule == "service-misuse";
    held(all, "service-abuse", "service-abuse: pages by `service-misuse`", "", by_its_rule)
}

fn sent(all: &[Measured], case: &str, limit: u64) -> Verdict {
    let in_time = |_: &Outcome, page: &Page| page.sent_before < limit;
    let worst = outcomes(all, case).filter_map(|outcome| outcome.page.as_ref()).map(|page| page.sent).max();
    let worst = worst.map_or(String::new(), |sent| format!("; at worst {} sent", grouped(sent)));
    let goal = format!("{case}: pages no later than the event that carries the {limit}th customer sent");
    held(all, case, &goal, &worst, in_time)
}

/// A goal that a page in time fulfils, in every seed.
fn held(all: &[Measured], case: &str, goal: &str, more: &str, in_time: impl Fn(&Outcome, &Page) -> bool) -> Verdict {
    let total = outcomes(all, case).count();
    let paged = outcomes(all, case).filter(|outcome| outcome.page.is_some()).count();
    let is_kept = |outcome: &&Outcome| outcome.page.as_ref().is_some_and(|page| in_time(outcome, page));
    let kept = outcomes(all, case).filter(is_kept).count();
    Verdict {
        goal: goal.to_owned(),
        found: format!("{paged} of {total} paged, {kept} as wanted{more}"),
        is_met: kept == total && total > 0,
    }
}

fn alarms(all: &[Measured], life: &str, severity: Severity, limit: f64) -> Verdict {
    let rate = rate(all, life, severity);
    let what = if severity == Severity::Page { "false pages" } else { "warnings" };
    Verdict {
        goal: format!("{life}: ≤ {limit} {what} a week for each 1,000 actors"),
        found: format!("{rate:.2}"),
        is_met: rate <= limit && LIVES.iter().any(|known| known.name == life),
    }
}

/// What was raised in a kind of life, a week for each 1,000 actors.
pub fn rate(all: &[Measured], life: &str, severity: Severity) -> f64 {
    let weeks = || all.iter().flat_map(|measured| &measured.weeks).filter(|week| week.life == life);
    let of = |week: &crate::ordinary::Week| {
        week.raised.iter().filter(|((found, ..), _)| *found == severity).map(|(_, count)| *count).sum::<u64>()
    };
    let (raised, actors): (u64, u64) = (weeks().map(of).sum(), weeks().map(|week| week.actors).sum());
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let rate = raised as f64 * 1_000.0 / actors.max(1) as f64;
    rate
}
