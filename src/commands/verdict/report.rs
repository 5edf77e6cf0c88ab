//! How often each rule was right, week by week, and the exceptions that `expected` proposes.

use crate::commands::format::Format;
use crate::core::cases::{Case, CaseBook, Judgement, Precision, RuleWeek, Verdict, weekly};
use crate::core::incident::EntityKind;
use crate::core::time::{EventTime, Millis};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

/// What is proposed ends after so long: long enough to find out whether it was meant to go on.
const PROPOSED_FOR: Millis = Millis::from_days(30);

/// One rule in one week.
#[derive(Debug, Serialize)]
struct Row<'a> {
    week: String,
    rule: &'a str,
    #[serde(flatten)]
    of: RuleWeek,
}

/// The word for a verdict.
pub(super) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::True => "true",
        Verdict::False => "false",
        Verdict::Expected => "expected",
    }
}

/// Writes what each rule raised and how often it was right, by the week in which incidents began.
///
/// # Errors
/// Those of standard output.
pub(super) fn print(book: &CaseBook, format: Format) -> io::Result<()> {
    let rows = rows(book);
    let mut out = io::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{}", serde_json::json!({ "precision": rows })),
        Format::Text => {
            if rows.iter().all(|row| row.of.precision.judged == 0) {
                writeln!(out, "no verdict has been given yet")?;
            }
            rows.iter().try_for_each(|row| writeln!(out, "{}", line(row)))
        }
    }
}

fn line(row: &Row<'_>) -> String {
    let RuleWeek { raised, cases, precision: Precision { right, judged } } = row.of;
    let incidents = if raised == 1 { "incident" } else { "incidents" };
    let (week, rule) = (&row.week, row.rule);
    format!(
        "{week:<9} {rule:<20} {raised:>5} {incidents:<9}  {judged} of {cases} cases judged, {right} of {judged} right"
    )
}

fn rows(book: &CaseBook) -> Vec<Row<'_>> {
    let rules = weekly(book).into_iter();
    let weeks = rules.flat_map(|(rule, weeks)| weeks.into_iter().map(move |(from, of)| (from, rule, of)));
    let mut weeks: Vec<(EventTime, &str, RuleWeek)> = weeks.collect();
    weeks.sort_by_key(|(from, rule, _)| (*from, *rule));
    weeks.into_iter().map(|(from, rule, of)| Row { week: from.iso_week(), rule, of }).collect()
}

/// Exceptions for every rule and entity of `case`, as a rule file has them. What only people know is left to be filled in,
/// and `rules check` refuses it until it is.
pub(super) fn exceptions(case: &Case<'_>, judgement: &Judgement) -> String {
    let (from, until) = (day(judgement.at), day(judgement.at.plus(PROPOSED_FOR)));
    let about: BTreeSet<(&str, EntityKind, &str)> = case
        .incidents
        .iter()
        .map(|told| (told.last.rule.as_str(), told.last.entity.kind, told.last.entity.id.as_str()))
        .collect();
    let mut text = String::from(
        "\nproposed, to be completed and tested (`rules check`, `rules test`, `backtest`):\n\nexceptions:\n",
    );
    for (rule, kind, id) in about {
        let who = match kind {
            EntityKind::Actor => "actor",
            EntityKind::Team => "team",
            EntityKind::Destination | EntityKind::Domain | EntityKind::ClientIp | EntityKind::Source => "entity",
        };
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let (id, owner, reason) = (quoted(id), quoted(&judgement.by), quoted(&judgement.note));
        let _ = writeln!(
            text,
            "  - {{rule: {rule}, {who}: {id}, from: {from}, until: {until}, owner: {owner}, ticket: \"\", reason: {reason}}}"
        );
    }
    text
}

fn day(time: EventTime) -> String {
    time.to_string()[..10].to_owned()
}
