//! What an exception would let through: attacks by whom it lets off, with it and without.

use super::{About, JUDGED_WITHIN, Tools};
use crate::core::history::History;
use crate::core::rules::{Excepted, Exception};
use crate::core::time::EventTime;
use crate::core::tuning::attacks::{Attack, Cast, Leak, Outcome, Person, outcomes};
use serde::Serialize;
use std::time::Instant;

/// Customers that the attacks carry out.
const SIZES: [usize; 2] = [300, 3_000];

/// What became of the attacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// How many were tried.
    pub attacks: usize,
    /// How many of them are noticed without the exception.
    pub caught: usize,
    /// What is noticed less with it, a sentence each.
    pub lost: Vec<String>,
    /// Attacks that there was no time for.
    pub left_out: usize,
}

/// Injects attacks by whom `exception` lets off and judges each without it and with it, as if it had always been in force.
///
/// # Errors
/// Why no attack could be injected.
pub(super) fn attack(
    tools: &Tools,
    (history, about): (&History, &About),
    exception: &Exception,
) -> Result<Tried, String> {
    let cast = Cast::of(history);
    let first = cast.people.iter().position(|person| is_let_off(person, &exception.who));
    let expected =
        "no attack could be injected: expected whom it lets off among those who work with customers in the history";
    let first = first.ok_or_else(|| format!("{expected} ({} events)", about.events))?;
    let old = &*tools.rules;
    let always = Exception { from: EventTime::MIN, until: EventTime::MAX, ..exception.clone() };
    let mut new = old.clone();
    new.exceptions.push(always);
    let until = Instant::now() + JUDGED_WITHIN;
    let mut tried = Tried { attacks: 0, caught: 0, lost: Vec::new(), left_out: 0 };
    for attack in Leak::ALL.into_iter().flat_map(|leak| SIZES.map(|size| Attack { leak, size, first })) {
        if Instant::now() >= until {
            tried.left_out += 1;
            continue;
        }
        let judge = |rules| outcomes(history, &cast, &[attack], rules, tools.lateness);
        tried.take(attack, judge(old)[0], judge(&new)[0]);
    }
    Ok(tried)
}

fn is_let_off(person: &Person, who: &Excepted) -> bool {
    match who {
        Excepted::Actor(name) => person.actor == *name,
        Excepted::Team(name) => person.team == *name,
        Excepted::Role(name) => person.role == *name,
        // Attacks send to a place of their own, which no exception names.
        Excepted::Entity(_) => false,
    }
}

impl Tried {
    fn take(&mut self, attack: Attack, old: Outcome, new: Outcome) {
        self.attacks += 1;
        self.caught += usize::from(old != Outcome::Missed);
        let what = format!("{} customers {}", attack.size, attack.leak.name());
        let told = match (old, new) {
            (Outcome::Paged(before), Outcome::Paged(after)) if after > before => {
                format!("{what}: pages after {after} customers instead of {before}")
            }
            (Outcome::Paged(_), Outcome::Warned(_)) => format!("{what}: warns where it paged"),
            (Outcome::Paged(_), Outcome::Missed) => format!("{what}: goes unnoticed where it paged"),
            (Outcome::Warned(_), Outcome::Missed) => format!("{what}: goes unnoticed where it warned"),
            (Outcome::Paged(_), Outcome::Paged(_)) | (Outcome::Warned(_) | Outcome::Missed, _) => return,
        };
        self.lost.push(told);
    }
}
