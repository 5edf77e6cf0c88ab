//! How often each rule was right, and the exceptions that `expected` proposes.

use crate::commands::format::Format;
use crate::core::cases::{Case, CaseBook, Judgement, Precision, Verdict};
use crate::core::incident::EntityKind;
use crate::core::time::{EventTime, Millis};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

/// What is proposed ends after so long: long enough to find out whether it was meant to go on.
const PROPOSED_FOR: Millis = Millis::from_days(30);

/// One rule in one week.
#[derive(Debug, Serialize)]
struct Row {
    week: String,
    rule: String,
    #[serde(flatten)]
    precision: Precision,
}

/// The word for a verdict.
pub(super) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::True => "true",
        Verdict::False => "false",
        Verdict::Expected => "expected",
    }
}

/// Writes how often each rule was right, by the week in which incidents began.
///
/// # Errors
/// Those of standard output.
pub(super) fn print(book: &CaseBook, format: Format) -> io::Result<()> {
    let rows = rows(book);
    let mut out = io::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{}", serde_json::json!({ "precision": rows })),
        Format::Text if rows.is_empty() => writeln!(out, "no verdict has been given yet"),
        Format::Text => rows.iter().try_for_each(|row| {
            let Precision { right, judged } = row.precision;
            writeln!(out, "{:<9} {:<20} {right} of {judged} right", row.week, row.rule)
        }),
    }
}

fn rows(book: &CaseBook) -> Vec<Row> {
    let mut weeks: BTreeMap<(String, String), Precision> = BTreeMap::new();
    for case in book.cases() {
        let Some(judgement) = case.judgement else { continue };
        for told in &case.incidents {
            let at = (told.began().iso_week(), told.last.rule.clone());
            weeks.entry(at).or_default().add(judgement.verdict);
        }
    }
    weeks.into_iter().map(|((week, rule), precision)| Row { week, rule, precision }).collect()
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
