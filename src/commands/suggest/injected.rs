//! Attacks injected into the history, under the old rules and the new.

use crate::core::history::History;
use crate::core::rules::RuleSet;
use crate::core::time::Millis;
use crate::core::tuning::attacks::{Attack, Cast, Leak, Outcome, groups, outcomes};
use serde::Serialize;

/// Every leak of every size is done so many times, each by somebody else.
const REPEATS: usize = 3;

/// How the attacks of one kind and size ended.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub leak: Leak,
    pub size: usize,
    pub attacks: usize,
    pub now: Ended,
    pub suggested: Ended,
    /// Attacks that page now and would not any more.
    pub lost: usize,
}

/// How several attacks ended.
#[derive(Debug, Default, Serialize)]
pub(super) struct Ended {
    pub paged: usize,
    pub warned: usize,
    /// Customers touched before the page, the median over those that paged.
    pub customers: Option<usize>,
    /// Customers lost over all of them: until the page, or all.
    pub lost: usize,
}

/// What became of the attacks.
#[derive(Debug, Default, Serialize)]
pub(super) struct Injected {
    pub rows: Vec<Row>,
    /// Sizes that were cut: the history names too few customers.
    pub customers_in_history: usize,
    pub people: usize,
}

/// Injects attacks of `sizes` and judges them under both sets of rules.
pub(super) fn inject(history: &History, rules: &[RuleSet; 2], lateness: Millis, sizes: &[usize]) -> Injected {
    let cast = Cast::of(history);
    let mut injected =
        Injected { customers_in_history: cast.customers.len(), people: cast.people.len(), ..Injected::default() };
    if cast.people.is_empty() || cast.customers.is_empty() {
        return injected;
    }
    let attacks = attacks(&cast, sizes);
    let groups = groups(&cast, &attacks);
    let judge = |groups: &[&[Attack]]| -> Vec<_> {
        groups.iter().map(|attacks| outcomes(history, &cast, attacks, rules, lateness)).collect()
    };
    let (some, others) = groups.split_at(groups.len() / 2);
    let ended = std::thread::scope(|scope| {
        let some = scope.spawn(|| judge(some));
        let others = judge(others);
        [some.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), others].concat()
    });
    let [old, new] = [0, 1].map(|side| ended.iter().flat_map(|sets| sets[side].iter().copied()).collect::<Vec<_>>());
    for leak in Leak::ALL {
        for size in sizes {
            let of: Vec<usize> =
                (0..attacks.len()).filter(|at| (attacks[*at].leak, attacks[*at].size) == (leak, *size)).collect();
            injected.rows.push(Row::new(leak, *size, &of, [&old, &new]));
        }
    }
    injected
}

fn attacks(cast: &Cast, sizes: &[usize]) -> Vec<Attack> {
    let mut first = 0;
    let mut attacks = Vec::new();
    for _ in 0..REPEATS {
        for leak in Leak::ALL {
            for size in sizes {
                attacks.push(Attack { leak, size: *size, first });
                first = (first + leak.people()) % cast.people.len();
            }
        }
    }
    attacks
}

impl Row {
    fn new(leak: Leak, size: usize, of: &[usize], [old, new]: [&[Outcome]; 2]) -> Self {
        let paged = |outcomes: &[Outcome], at: usize| matches!(outcomes[at], Outcome::Paged(_));
        let lost = of.iter().filter(|at| paged(old, **at) && !paged(new, **at)).count();
        let [now, suggested] = [old, new].map(|outcomes| Ended::new(size, of.iter().map(|at| outcomes[*at])));
        Self { leak, size, attacks: of.len(), now, suggested, lost }
    }
}

impl Ended {
    fn new(size: usize, outcomes: impl Iterator<Item = Outcome>) -> Self {
        let mut ended = Self::default();
        let mut after = Vec::new();
        for outcome in outcomes {
            match outcome {
                Outcome::Paged(customers) => after.push(customers),
                Outcome::Warned(_) => ended.warned += 1,
                Outcome::Missed => {}
            }
            ended.lost += match outcome {
                Outcome::Paged(customers) => customers,
                Outcome::Warned(_) | Outcome::Missed => size,
            };
        }
        after.sort_unstable();
        Self { paged: after.len(), customers: after.get(after.len() / 2).copied(), ..ended }
    }
}
