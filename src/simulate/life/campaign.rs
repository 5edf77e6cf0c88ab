//! Mail campaigns: some thousand customers read in pages and handed to the mailing partner within minutes.

use super::{Life, workdays};
use crate::core::time::{EventTime, Millis};
use crate::simulate::calendar::LocalDay;
use crate::simulate::customers::CustomerIndex;
use crate::simulate::people::destination::CAMPAIGN_PARTNER;
use crate::simulate::people::{Actor, Job, Role};
use crate::simulate::rng::{Stream, mix, percent};
use crate::simulate::scene::Scene;
use crate::simulate::step::{Action, Carried, Egress, Kinds, Query, Rows, Statement, Step, Touched, Who};
use rand::Rng;
use std::borrow::Cow;

/// Customers that one page of the segment holds.
const PAGE: usize = 250;
/// Customers that one call of the partner's interface takes.
const BATCH: usize = 100;
/// The largest share of the base that one campaign reaches, as a divisor.
const SMALLEST_SHARE: u32 = 12;

/// `campaign`
#[derive(Debug)]
pub struct Campaign;

impl Life for Campaign {
    fn name(&self) -> &'static str {
        "campaign"
    }

    fn about(&self) -> &'static str {
        "two campaigns a week, 2,000 to 5,000 customers each, to a mailing partner"
    }

    fn steps(&self, scene: &Scene, rng: &mut Stream) -> Vec<Step> {
        let marketers: Vec<_> =
            scene.population.people().iter().filter(|one| one.role() == Some(Role::Marketing)).collect();
        let mut out = Vec::new();
        for week in workdays(scene).chunk_by(|a, b| week_of(*a) == week_of(*b)) {
            for _ in 0..2 {
                let day = week[rng.random_range(0..week.len() as u32) as usize];
                let Some(lead) = marketers.get(rng.random_range(0..marketers.len().max(1) as u32) as usize) else {
                    return out;
                };
                run(scene, rng, lead, day, &mut out);
            }
        }
        out
    }
}

fn week_of(day: LocalDay) -> i64 {
    (day.0 + 3).div_euclid(7)
}

fn run(scene: &Scene, rng: &mut Stream, lead: &Actor, day: LocalDay, out: &mut Vec<Step>) {
    let most = (scene.base.real() / SMALLEST_SHARE).clamp(80, 5_000);
    let size = rng.random_range(most * 2 / 5..=most);
    let who = scene.distinct_customers(rng, size);
    let sender = if percent(rng, 50) { lead } else { scene.population.service(Job::Mailer) };
    let start = rng.random_range(10 * 60..16 * 60);
    let mut at = scene.calendar.midnight(day).plus(Millis::from_mins(start));
    for (page, some) in who.chunks(PAGE).enumerate() {
        out.push(read_page(lead, at, page * PAGE, some));
        at = at.plus(Millis::new(rng.random_range(2_000..9_000)));
    }
    at = at.plus(Millis::from_mins(rng.random_range(3..12)));
    for some in who.chunks(BATCH) {
        out.push(hand_over(sender, at, some));
        at = at.plus(Millis::new(rng.random_range(4_000..20_000)));
    }
}

fn read_page(lead: &Actor, at: EventTime, offset: usize, who: &[CustomerIndex]) -> Step {
    let query = Query {
        database: "shop",
        object: "shop.customers",
        operation: "select",
        rows: Rows::Told(who.len() as u64),
        bytes: Some(who.len() as u64 * 90),
        touched: Touched::named(who.to_vec(), Kinds::EMAIL.and(Kinds::CUSTOMER_ID)),
        statement: Statement::Page { offset: offset as u64, limit: PAGE as u64 },
    };
    step(lead, at, "campaigns", Action::Query(query))
}

fn hand_over(sender: &Actor, at: EventTime, who: &[CustomerIndex]) -> Step {
    let egress = Egress {
        channel: "http",
        destination: Cow::Borrowed(CAMPAIGN_PARTNER),
        bytes: who.len() as u64 * 70 + 400,
        touched: Touched::named(who.to_vec(), Kinds::EMAIL),
        carried: Carried::Identifiers,
        file: None,
    };
    step(sender, at, "campaigns", Action::Egress(egress))
}

fn step(actor: &Actor, at: EventTime, app: &'static str, action: Action) -> Step {
    Step {
        at,
        claimed: None,
        who: Who::Listed { number: actor.number, spelling: 0, capitals: false },
        client_ip: Some(actor.client_ip),
        session: Some(mix(actor.number.into(), 0xca)),
        app,
        action,
    }
}
