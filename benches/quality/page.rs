//! The page: goals, attacks, sizes, ordinary life, counting.

use crate::args::Args;
use crate::attacked::{Outcome, Page};
use crate::cases::{DAYS, LADDER};
use crate::counting::{CORRECTED, COUNTS, Errors};
use crate::goals::{outcomes, rate, verdicts};
use crate::measured::Measured;
use crate::ordinary::{LIVES, Raised};
use crate::table::{Table, grouped, median_and_worst, share, span};
use leakwatch::core::incident::Severity;
use std::collections::BTreeMap;

/// The whole page.
pub fn page(args: &Args, all: &[Measured]) -> String {
    let (seeds, people, customers) = (args.seeds, grouped(args.people.into()), grouped(args.customers.into()));
    format!(
        "# Detection quality\n\n\
         Written by `make quality`: {seeds} simulated companies (a seed each) of {people} people and {customers} customers, \
         under the shipped\nrules as they are. Attacks are planted into {DAYS} days of ordinary traffic with campaigns, \
         point attacks in the last week.\n\n\
         ## Goals\n\n{}\n\
         ## Attacks at their usual size\n\n\
         Caught is a page whose entity or actors are the attack's. What is gone counts the event that brought the page. \
         Two figures are\nthe median and the worst over the seeds that were caught. Time runs from the attack's first event, \
         also where weeks of\npreparation come before the leak.\n\n{}\n\
         ## Attacks by size\n\n\
         The share of seeds in which an attack on so many customers was caught, and the size from which on it always \
         was.\n\n{}\n\
         ## Ordinary life\n\n\
         Nothing leaks here, so all of it is false. A week for each 1,000 actors; single events (sale day, outage, holiday, \
         new hires,\nmoves) are counted in the week that begins with them.\n\n{}\n\
         What was raised, by rule and by whom it was about:\n\n{}\n\
         ## Counting\n\n\
         Relative errors: the median and the worst over the seeds. Of those read a tenth is sent, among as many strangers. \
         Stated is\nthe standard error that the count itself gives.\n\n{}\n\
         Under a filter that takes 1 % of all strangers for customers, with 20 strangers sent for each customer:\n\n{}",
        goals(all),
        attacks(all),
        sizes(all),
        lives(all),
        raised(all),
        counts(all),
        corrected(all),
    )
}

fn goals(all: &[Measured]) -> String {
    let mut table = Table::new(&["goal", "result", ""], false);
    for verdict in verdicts(all) {
        let is_met = if verdict.is_met { "met" } else { "**missed**" };
        table.row(&[verdict.goal.as_str(), &verdict.found, is_met]);
    }
    table.finish()
}

fn attacks(all: &[Measured]) -> String {
    let columns = ["attack", "customers", "caught", "only warned", "rules", "read", "sent", "time to page"];
    let mut table = Table::new(&columns, true);
    for case in names(all.iter().flat_map(|measured| &measured.usual)) {
        let all: Vec<&Outcome> = outcomes(all, &case).collect();
        let pages: Vec<&Page> = all.iter().filter_map(|outcome| outcome.page.as_ref()).collect();
        let warned = all.iter().filter(|outcome| outcome.page.is_none() && outcome.warned_by.is_some()).count();
        table.row(&[
            case.clone(),
            median_and_worst(all.iter().map(|outcome| outcome.customers), grouped),
            share(pages.len(), all.len()),
            share(warned, all.len()),
            rules(&all),
            median_and_worst(pages.iter().map(|page| page.read), grouped),
            median_and_worst(pages.iter().map(|page| page.sent), grouped),
            median_and_worst(pages.iter().map(|page| page.after), span),
        ]);
    }
    table.finish()
}

/// The names of attacks, in the order of their first mention.
fn names<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Vec<String> {
    let mut names = Vec::new();
    for outcome in outcomes {
        if !names.contains(&outcome.case) {
            names.push(outcome.case.clone());
        }
    }
    names
}

/// The rules that raised the first page (else the first warning), the most frequent first.
fn rules(outcomes: &[&Outcome]) -> String {
    let mut counts = BTreeMap::<String, usize>::new();
    for outcome in outcomes {
        let by = match (&outcome.page, &outcome.warned_by) {
            (Some(page), _) => page.rule.clone(),
            (None, Some(rule)) => format!("({rule})"),
            (None, None) => continue,
        };
        *counts.entry(by).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(rule, _)| rule).collect::<Vec<_>>().join(", ")
}

fn sizes(all: &[Measured]) -> String {
    let titles: Vec<String> = LADDER.iter().map(|size| grouped((*size).into())).collect();
    let mut columns = vec!["attack"];
    columns.extend(titles.iter().map(String::as_str));
    columns.push("always from");
    let mut table = Table::new(&columns, true);
    for case in names(all.iter().flat_map(|measured| measured.ladder.iter().flatten())) {
        let caught = |rung: usize| {
            let of_rung =
                || all.iter().filter_map(|measured| measured.ladder[rung].iter().find(|one| one.case == case));
            (of_rung().filter(|one| one.page.is_some()).count(), of_rung().count())
        };
        let rungs: Vec<(usize, usize)> = (0..LADDER.len()).map(caught).collect();
        let sure = rungs.iter().rev().take_while(|(caught, of)| caught == of).count();
        let mut row = vec![case.clone()];
        row.extend(rungs.iter().map(|(caught, of)| share(*caught, *of)));
        row.push(titles.get(LADDER.len() - sure).cloned().unwrap_or_else(|| "never".to_owned()));
        table.row(&row);
    }
    table.finish()
}

fn lives(all: &[Measured]) -> String {
    let mut table = Table::new(&["life", "pages", "warnings"], true);
    for life in &LIVES {
        let rate = |severity| format!("{:.2}", rate(all, life.name, severity));
        table.row(&[life.name.to_owned(), rate(Severity::Page), rate(Severity::Warning)]);
    }
    table.finish()
}

fn raised(all: &[Measured]) -> String {
    let mut table = Table::new(&["life", "severity", "rule", "whom", "times"], false);
    for life in &LIVES {
        let mut total = Raised::new();
        for week in all.iter().flat_map(|measured| &measured.weeks).filter(|week| week.life == life.name) {
            for (what, count) in &week.raised {
                *total.entry(what.clone()).or_default() += count;
            }
        }
        for ((severity, rule, whom), count) in total.into_iter().rev() {
            let severity = match severity {
                Severity::Page => "page",
                Severity::Warning => "warning",
                Severity::Info => "info",
            };
            table.row(&[life.name, severity, &rule, &whom, &grouped(count)]);
        }
    }
    table.finish()
}

fn counts(all: &[Measured]) -> String {
    let mut table = Table::new(&["customers", "distinct", "stated", "overlap with a tenth"], true);
    for (at, count) in COUNTS.into_iter().enumerate() {
        let error = |of: fn(&Errors) -> &[f64]| errors(all.iter().filter_map(|measured| of(&measured.errors).get(at)));
        let (distinct, stated) = (error(|errors| &errors.distinct), error(|errors| &errors.stated));
        table.row(&[grouped(count), distinct, stated, error(|errors| &errors.overlap)]);
    }
    table.finish()
}

fn corrected(all: &[Measured]) -> String {
    let mut table = Table::new(&["rule's limit, in customers", "error of the corrected count"], true);
    for (at, limit) in CORRECTED.into_iter().enumerate() {
        let found = all.iter().filter_map(|measured| measured.errors.corrected.get(at)?.as_ref());
        table.row(&[grouped(limit), errors(found)]);
    }
    table.finish()
}

/// The median and the worst size of errors.
fn errors<'a>(errors: impl Iterator<Item = &'a f64>) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size of at most some thousand percent"
    )]
    let hundredths = errors.map(|error| (error.abs() * 10_000.0).round() as u64);
    median_and_worst(hundredths, |hundredths| format!("{}.{:02} %", hundredths / 100, hundredths % 100))
}
