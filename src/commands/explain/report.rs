//! What `explain` says.

use crate::commands::format::Format;
use crate::core::detector::{Explanation, Verdict};
use crate::core::incident::{Baseline, EntityKind, Severity};
use crate::core::time::EventTime;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write as _};

#[derive(Serialize)]
struct Report<'a> {
    actor: &'a str,
    at: String,
    rules: &'a [Explanation],
}

/// Prints it.
pub fn print(actor: &str, at: EventTime, told: &[Explanation], format: Format) -> io::Result<()> {
    let text = match format {
        Format::Text => text(actor, at, told),
        Format::Json => serde_json::to_string(&Report { actor, at: at.to_string(), rules: told })? + "\n",
    };
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Whatever fires comes first.
fn text(actor: &str, at: EventTime, told: &[Explanation]) -> String {
    let mut text = format!("{actor} at {at}\n\n");
    let fires = |one: &&Explanation| matches!(one.verdict, Verdict::Fires { .. } | Verdict::Shadow { .. });
    let (first, then): (Vec<_>, Vec<_>) = told.iter().partition(|one| fires(one));
    for one in first.into_iter().chain(then) {
        line(&mut text, one);
    }
    text
}

fn line(text: &mut String, one: &Explanation) {
    let mark = match one.verdict {
        Verdict::Fires { severity: Severity::Page } => "PAGE",
        Verdict::Fires { severity: Severity::Warning } => "warn",
        Verdict::Fires { severity: Severity::Info } => "info",
        Verdict::Shadow { .. } => "shadow",
        Verdict::BelowLimit | Verdict::TooFewActors { .. } | Verdict::NoLimit | Verdict::Excepted | Verdict::Off => "",
    };
    let count = format!("{} {}", number(one.observed), measure(one));
    let _ = writeln!(text, "{mark:<7}{:<18}{count:<28}{}", one.rule, why(one));
}

fn measure(one: &Explanation) -> String {
    let what = serde_json::to_value(one.measure).ok().and_then(|value| value.as_str().map(str::to_owned));
    let on = match one.entity.kind {
        EntityKind::Actor => String::new(),
        EntityKind::Team | EntityKind::Destination | EntityKind::Domain | EntityKind::ClientIp | EntityKind::Source => {
            format!(" at {}", one.entity.id)
        }
    };
    format!("{} in {}{on}", what.unwrap_or_default(), one.window.name())
}

fn why(one: &Explanation) -> String {
    let limits = limits(one);
    match one.verdict {
        Verdict::Fires { .. } => format!("reached: {limits}"),
        Verdict::Shadow { .. } => format!("reached, in shadow: {limits}"),
        Verdict::BelowLimit => format!("below {limits}"),
        Verdict::TooFewActors { wanted } => {
            format!(
                "reached, but by {} actors with enough of it, of at least {wanted}: {limits}",
                one.actors.min(wanted - 1)
            )
        }
        Verdict::NoLimit => "no limit for this entity".into(),
        Verdict::Excepted => format!("an exception lets it off: {limits}"),
        Verdict::Off => "switched off".into(),
    }
}

fn limits(one: &Explanation) -> String {
    let named = [("info", one.limits.info), ("warn", one.limits.warning), ("page", one.limits.page)];
    let known = named.into_iter().filter_map(|(name, limit)| limit.map(|limit| format!("{name} {}", number(limit))));
    let mut text = format!("{} ({}", known.collect::<Vec<_>>().join(", "), one.limit_from);
    match (&one.baseline, one.baseline_limit) {
        (Some(baseline), Some(limit)) => {
            let _ = write!(text, "; ordinary: {}, hence {}", ordinary(baseline), number(limit));
        }
        (None | Some(_), _) => {}
    }
    text + ")"
}

fn ordinary(baseline: &Baseline) -> String {
    let own = baseline.own.as_ref().map(|own| format!("own at most {} in {} days", number(own.max), own.days));
    let peers =
        baseline.peers.as_ref().map(|peers| format!("99 % of {} colleagues at most {}", peers.n, number(peers.p99)));
    own.into_iter().chain(peers).collect::<Vec<_>>().join(", ")
}

fn number(value: f64) -> String {
    if value.fract().abs() < f64::EPSILON { format!("{value:.0}") } else { format!("{value:.1}") }
}
