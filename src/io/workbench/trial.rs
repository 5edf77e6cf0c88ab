//! What an exception would let through: attacks by whom it lets off, with it and without.

use super::JUDGED_WITHIN;
use crate::core::history::History;
use crate::core::rules::{Excepted, Exception, RuleSet};
use crate::core::time::{EventTime, Millis};
use crate::core::tuning::attacks::{Attack, Cast, Leak, Outcome, Person, outcomes};
use serde::Serialize;
use std::time::Instant;

/// Why there is nothing to try: an account that queries seldom, a program, or no account at all.
const NOBODY: &str = "no attack could be injected: expected whom it lets off to be somebody who works with customers in the \
                      activity log's last days";
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
    history: &History,
    old: &RuleSet,
    lateness: Millis,
    exception: &Exception,
) -> Result<Tried, String> {
    let cast = Cast::of(history);
    let first = cast.people.iter().position(|person| is_let_off(person, &exception.who));
    let first = first.ok_or_else(|| NOBODY.to_owned())?;
    let always = Exception { from: EventTime::MIN, until: EventTime::MAX, ..exception.clone() };
    let mut new = old.clone();
    new.exceptions.push(always);
    let sets = [old.clone(), new];
    let until = Instant::now() + JUDGED_WITHIN;
    let mut tried = Tried { attacks: 0, caught: 0, lost: Vec::new(), left_out: 0 };
    for attack in Leak::ALL.into_iter().flat_map(|leak| SIZES.map(|size| Attack { leak, size, first })) {
        if Instant::now() >= until {
            tried.left_out += 1;
            continue;
        }
        let ended = outcomes(history, &cast, &[attack], &sets, lateness);
        if let [Some(old), Some(new)] = [0, 1].map(|side| ended.get(side)?.first().copied()) {
            tried.take(attack, old, new);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::activity::{Activity, Flags, Origin, Record, TagList};
    use crate::core::event::EventKind;
    use crate::core::rules::{SHIPPED, check};
    use crate::core::units::Rows;
    use smallvec::smallvec;

    /// Two days of two clerks who make 25 queries of 60 customers each a day.
    fn history() -> History {
        let first = EventTime::parse_rfc3339("2012-05-07T08:00:00Z").expect("a time");
        let mut history = History::default();
        for number in 0..100_u64 {
            let actor = ["e0", "e1"][usize::from(number % 2 == 1)];
            let tags: Vec<u8> = (0..60_u64).flat_map(|n| ((number * 60 + n) << 20).to_le_bytes()).collect();
            let minutes = i64::try_from(number / 50 * 1_440 + number % 50 * 9).expect("few");
            let time = first.plus(Millis::from_mins(minutes));
            let activity = Activity {
                origin: Origin { offset: number, ..Origin::default() },
                time,
                received: time,
                kind: EventKind::Query,
                flags: Flags::default().with(Flags::CUSTOMER_OBJECT, true),
                actor,
                role: "clerk",
                objects: smallvec!["customers"],
                rows: Some(Rows(60)),
                named: 60,
                named_customers: 60,
                tags: smallvec![TagList { kind: "phone", tags: &tags, members: &[], canaries: &[] }],
                ..Activity::default()
            };
            history.push(&Record::Activity(activity)).expect("kept");
        }
        history.close().expect("kept");
        history
    }

    fn tried(rule: &str, actor: &str) -> Result<Tried, String> {
        let rules = check(&[SHIPPED]).expect("the shipped rules");
        let who = Excepted::Actor(actor.into());
        // In force after the history: what is asked is what it would have let through.
        let from = EventTime::parse_rfc3339("2012-06-01T00:00:00Z").expect("a time");
        let exception = Exception { rule: rule.into(), who, from, until: from.plus(Millis::from_days(9)) };
        attack(&history(), &rules, Millis::from_hours(1), &exception)
    }

    #[test]
    fn what_nobody_would_notice_any_more_is_said() {
        let told = tried("read-then-out", "e0").expect("e0 works with customers");
        assert_eq!((told.attacks, told.left_out), (12, 0));
        let of = |what: &str| told.lost.iter().any(|line| line.contains(what));
        assert!(told.caught > 0 && of("300 customers read and sent: pages after 300 customers instead of"), "{told:?}");
        assert!(!of("read in an hour"), "another rule counts those: {told:?}");
    }

    #[test]
    fn an_exception_from_what_no_attack_meets_loses_nothing() {
        assert_eq!(tried("leaver-active", "e1").expect("e1 works with customers").lost, Vec::<String>::new());
        assert!(tried("read-then-out", "nobody").expect_err("is not there").contains("expected"));
    }
}
