//! Which attacks are planted in a company, by whom, and when: point attacks in the third week, slow ones over weeks.

use crate::traffic::{Traffic, ordinary_hours};
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::simulate::Role;
use leakwatch::simulate::attacks::{ATTACKS, AttackRequest, Begin};

/// Days of a company's traffic in which attacks are planted: two weeks to learn from, and one more.
pub const DAYS: u32 = 21;
/// The first day of the last week.
const LAST_WEEK: u32 = 15;
/// Sizes of the ladder, in customers.
pub const LADDER: [u32; 6] = [25, 50, 100, 300, 1_000, 3_000];
/// A person with fewer customers in every ordinary hour is held to the smaller limit.
pub const ORDINARY_HOUR: u64 = 600;
/// Rows that a dump by such a person may have taken when the page comes.
pub const LEARNED_ROWS: u64 = 2_000;
/// The same on the first day.
pub const FIRST_DAY_ROWS: u64 = 10_000;
/// What a dump takes beyond its allowance, so that it is seen to be exceeded.
const BEYOND: u64 = 10_000;
const FIRST_DAY_DUMP: u32 = 20_000;

/// An attack to plant.
pub struct Case {
    /// What the tables call it.
    pub name: String,
    /// The attack.
    pub request: AttackRequest,
    /// Rows that may be gone when the page comes, where there is a goal for it.
    pub allowed_rows: Option<u64>,
}

/// Attacks on the detector itself: they are watched apart, so that they cannot spoil what the others show.
fn is_hostile(kind: &str) -> bool {
    matches!(kind, "clock-poison" | "actor-flood")
}

/// Every attack at its usual size, the hostile ones apart.
pub fn usual(traffic: &Traffic, seed: u64) -> [Vec<Case>; 2] {
    let (hostile, others) = all(seed).partition::<Vec<_>, _>(|case| is_hostile(&case.name));
    let mut main = dumps(traffic, seed);
    main.extend(others.into_iter().filter(|case| case.name != "bulk-dump"));
    [main, hostile]
}

/// Every attack on `size` customers.
pub fn sized(seed: u64, size: u32) -> Vec<Case> {
    all(seed).map(|case| Case { request: case.request.sized(size), ..case }).collect()
}

/// A dump on the first day, by anybody.
pub fn first_day() -> Vec<Case> {
    let request = request("bulk-dump").sized(FIRST_DAY_DUMP).beginning(Begin::OnDay(1));
    vec![Case { name: "bulk-dump, first day".to_owned(), request, allowed_rows: Some(FIRST_DAY_ROWS) }]
}

fn all(seed: u64) -> impl Iterator<Item = Case> {
    (0..).zip(ATTACKS).map(move |(place, attack)| {
        let request = request(attack.kind());
        let request = match first_day_of(attack.kind(), seed + place) {
            Some(day) => request.beginning(Begin::OnDay(day)),
            None => request,
        };
        Case { name: attack.kind().to_owned(), request, allowed_rows: None }
    })
}

fn request(kind: &str) -> AttackRequest {
    AttackRequest::new(kind).expect("an attack that there is")
}

/// The day on which an attack begins; `None` where it has a time of its own.
fn first_day_of(kind: &str, turn: u64) -> Option<u32> {
    match kind {
        "notice-period" => None,
        "slow-poison" => Some(1),
        "evening-mail" => Some(2),
        "drip" | "spread-drip" | "collusion" | "team-harvest" | "actor-flood" => Some(8),
        _ => Some(workday(turn)),
    }
}

/// A workday of the last week.
fn workday(turn: u64) -> u32 {
    LAST_WEEK + u32::try_from(turn % 5).unwrap_or(0)
}

/// Dumps by somebody with small ordinary hours, and by others against their role's.
fn dumps(traffic: &Traffic, seed: u64) -> Vec<Case> {
    let scene = traffic.world.scene();
    let hours = ordinary_hours(traffic, last_week(scene.calendar.start()));
    let people = || scene.population.people().iter().filter(|one| one.left_at.is_none());
    let hour_of = |number: u32| hours[number as usize];
    let small: Vec<_> =
        people().filter(|one| hour_of(one.number) < ORDINARY_HOUR && reads_customers(one.role())).collect();
    let mut cases = Vec::new();
    if let Some(actor) = nth(&small, seed) {
        cases.push(dump("bulk-dump".to_owned(), actor.name(), None, LEARNED_ROWS, seed));
    }
    for role in [Role::Analyst, Role::Marketing] {
        let members: Vec<_> = people().filter(|one| one.role() == Some(role)).collect();
        let of_role = members.iter().map(|one| hour_of(one.number)).max().unwrap_or(0);
        let large: Vec<_> = members.iter().copied().filter(|one| hour_of(one.number) >= ORDINARY_HOUR).collect();
        if let Some(actor) = nth(&large, seed) {
            let size = (2 * of_role + BEYOND).min(u64::from(scene.base.real()));
            cases.push(dump(format!("bulk-dump, {}", role.name()), actor.name(), Some(size), 2 * of_role, seed));
        }
    }
    cases
}

fn reads_customers(role: Option<Role>) -> bool {
    matches!(role, Some(Role::CustomerService | Role::Sales | Role::Operations | Role::Finance))
}

fn nth<T: Copy>(choices: &[T], turn: u64) -> Option<T> {
    let length = u64::try_from(choices.len()).ok().filter(|length| *length > 0)?;
    choices.get(usize::try_from(turn % length).ok()?).copied()
}

fn dump(name: String, login: &str, size: Option<u64>, allowed_rows: u64, seed: u64) -> Case {
    let mut request = request("bulk-dump").by(login).beginning(Begin::OnDay(workday(seed)));
    if let Some(size) = size.and_then(|size| u32::try_from(size).ok()) {
        request = request.sized(size);
    }
    Case { name, request, allowed_rows: Some(allowed_rows) }
}

/// The first instant of the last week.
fn last_week(start: EventTime) -> EventTime {
    start.plus(Millis::from_days(i64::from(LAST_WEEK) - 1))
}
