//! Exceptions: who is let off a rule, for at most 90 days, and who answers for it.

use super::check::{Place, RuleError};
use super::model::{Excepted, Exception};
use super::raw::RawException;
use crate::core::identifiers::mask;
use crate::core::time::{EventTime, Millis};

const LONGEST: Millis = Millis::from_days(90);

pub(super) fn check_exception(place: Place<'_>, raw: &RawException) -> Result<Exception, RuleError> {
    let fault = |field: &str, expected: &str| place.fault(format!("exception of {} ({field})", raw.rule), expected);
    let given = |field: &str, text: &Option<String>| match text {
        Some(text) if !text.trim().is_empty() => Ok(()),
        Some(_) | None => Err(fault(field, "expected a text")),
    };
    given("owner", &raw.owner)?;
    given("ticket", &raw.ticket)?;
    given("reason", &raw.reason)?;
    // Rule files stand in the activity log as they were written.
    for (field, text) in [("owner", &raw.owner), ("ticket", &raw.ticket), ("reason", &raw.reason)] {
        if text.as_deref().is_some_and(|text| names_customer(field, text)) {
            return Err(fault(field, "expected a text without what looks like a customer's number or mail address"));
        }
    }
    let until = raw.until.as_deref().ok_or_else(|| fault("until", "expected an end"))?;
    let until = moment(until, Millis::from_days(1)).ok_or_else(|| fault("until", "expected a date or a time"))?;
    let from = raw.from.as_deref().ok_or_else(|| fault("from", "expected a beginning"))?;
    let from = moment(from, Millis::ZERO).ok_or_else(|| fault("from", "expected a date or a time"))?;
    if until <= from {
        return Err(fault("until", "expected an end after the beginning"));
    }
    if until.since(from) > LONGEST {
        return Err(fault("until", "expected at most 90 days"));
    }
    Ok(Exception { rule: raw.rule.clone(), who: who(raw).ok_or_else(|| fault("actor", WHO))?, from, until })
}

/// Whoever answers for it may be named by a mail address; nobody else is.
fn names_customer(field: &str, text: &str) -> bool {
    let masked = mask(text);
    let marks = ["‹phone›", "‹national-id›", "‹card›", "‹iban›"];
    masked != text && (field != "owner" || marks.iter().any(|mark| masked.contains(mark)))
}

const WHO: &str = "expected exactly one of `actor`, `team`, `role`, `entity`";

fn who(raw: &RawException) -> Option<Excepted> {
    let mut all = [
        raw.actor.clone().map(Excepted::Actor),
        raw.team.clone().map(Excepted::Team),
        raw.role.clone().map(Excepted::Role),
        raw.entity.clone().map(Excepted::Entity),
    ]
    .into_iter()
    .flatten();
    let one = all.next()?;
    all.next().is_none().then_some(one)
}

/// A date stands for its midnight in UTC, moved by `day_end`; an RFC 3339 time for itself.
fn moment(text: &str, day_end: Millis) -> Option<EventTime> {
    let midnight = EventTime::parse_rfc3339(&format!("{}T00:00:00Z", text.trim()));
    midnight.map(|time| time.plus(day_end)).or_else(|| EventTime::parse_rfc3339(text))
}
