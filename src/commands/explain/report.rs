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

/// A line's columns; the reason comes last, and is as long as it is.
struct Row<'a> {
    mark: &'static str,
    rule: &'a str,
    count: String,
    why: String,
}

/// Whatever fires comes first.
fn text(actor: &str, at: EventTime, told: &[Explanation]) -> String {
    let fires = |one: &&Explanation| matches!(one.verdict, Verdict::Fires { .. } | Verdict::Shadow { .. });
    let (first, then): (Vec<_>, Vec<_>) = told.iter().partition(|one| fires(one));
    let rows: Vec<Row<'_>> = first.into_iter().chain(then).map(row).collect();
    let rule = widest(rows.iter().map(|row| row.rule));
    let count = widest(rows.iter().map(|row| row.count.as_str()));
    let mut text = format!("{actor} at {at}\n\n");
    for row in rows {
        let _ = writeln!(text, "{:<6}  {:<rule$}  {:<count$}  {}", row.mark, row.rule, row.count, row.why);
    }
    text
}

fn widest<'a>(column: impl Iterator<Item = &'a str>) -> usize {
    column.map(|cell| cell.chars().count()).max().unwrap_or(0)
}

fn row(one: &Explanation) -> Row<'_> {
    let mark = match one.verdict {
        Verdict::Fires { severity: Severity::Page } => "PAGE",
        Verdict::Fires { severity: Severity::Warning } => "warn",
        Verdict::Fires { severity: Severity::Info } => "info",
        Verdict::Shadow { .. } => "shadow",
        Verdict::BelowLimit | Verdict::TooFewActors { .. } | Verdict::NoLimit | Verdict::Excepted | Verdict::Off => "",
    };
    let count = format!("{} {}", number(one.observed), measure(one));
    Row { mark, rule: &one.rule, count, why: why(one) }
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
        Verdict::TooFewActors { wanted } => format!("reached, but by fewer than {wanted} actors: {limits}"),
        Verdict::NoLimit => "no limit for this entity".into(),
        Verdict::Excepted => format!("an exception lets it off: {limits}"),
        Verdict::Off => "switched off".into(),
    }
}

fn limits(one: &Explanation) -> String {
    let named = [("info", one.limits.info), ("warn", one.limits.warning), ("page", one.limits.page)];
    let known = named.into_iter().filter_map(|(name, limit)| limit.map(|limit| format!("{name} {}", number(limit))));
    let mut text = format!("{} ({}", known.collect::<Vec<_>>().join(", "), one.limit_from);
    if let (Some(baseline), Some(limit)) = (&one.baseline, one.baseline_limit) {
        let _ = write!(text, "; ordinary: {}, hence {}", ordinary(baseline), number(limit));
    }
    text + ")"
}

fn ordinary(baseline: &Baseline) -> String {
    let own = baseline.own.as_ref().map(|own| format!("own at most {} in {} days", number(own.max), own.days));
    let peers =
        baseline.peers.as_ref().map(|peers| format!("99 % of {} colleagues at most {}", peers.n, number(peers.p99)));
    own.into_iter().chain(peers).collect::<Vec<_>>().join(", ")
}

/// With one decimal where there is one to tell.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::detector::InForce;
    use crate::core::incident::{Entity, Measure, OwnBaseline, PeerBaseline, Window};

    fn one(
        rule: &str,
        entity: (EntityKind, &str),
        (measure, observed): (Measure, f64),
        verdict: Verdict,
    ) -> Explanation {
        Explanation {
            rule: rule.into(),
            title: String::new(),
            entity: Entity { kind: entity.0, id: entity.1.into() },
            measure,
            window: Window::Day,
            observed,
            limits: InForce { info: None, warning: Some(600.0), page: Some(2_500.5) },
            limit_from: "role",
            baseline_limit: None,
            baseline: None,
            actors: 1,
            verdict,
            place: 0,
        }
    }

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let baseline = Baseline {
            own: Some(OwnBaseline { median: 12.0, max: 120.0, days: 9 }),
            peers: Some(PeerBaseline { by: "role".into(), p50: 30.0, p99: 180.25, n: 14 }),
        };
        let me = (EntityKind::Actor, "emp0042");
        let fires = Verdict::Fires { severity: Severity::Warning };
        let told = [
            one("base-share", me, (Measure::BaseShare, 1.04), Verdict::BelowLimit),
            one("pooled-read", (EntityKind::Team, "cs-2"), (Measure::CustomersNamed, 1_686.0), Verdict::BelowLimit),
            Explanation {
                baseline: Some(baseline),
                baseline_limit: Some(600.0),
                ..one("bulk-read", me, (Measure::Customers, 612.0), fires)
            },
        ];
        insta::assert_snapshot!(text("emp0042", EventTime::MIN, &told));
    }
}
