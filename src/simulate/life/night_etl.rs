//! A service reads the whole customer table each night, a page at a time, and stores it in the warehouse.

use super::Life;
use crate::core::time::{EventTime, Millis};
use crate::simulate::calendar::LocalDay;
use crate::simulate::people::destination::WAREHOUSE_STORE;
use crate::simulate::people::{Actor, Job};
use crate::simulate::rng::{Stream, mix};
use crate::simulate::scene::Scene;
use crate::simulate::step::{Action, Carried, Egress, Kinds, Query, Rows, Statement, Step, Touched, Who};
use rand::Rng;
use std::borrow::Cow;

/// Hours after a day's midnight at which its night's work begins: two in the morning after it.
const BEGINS: i64 = 26;
/// Rows of a page.
const PAGE: u32 = 5_000;
/// Customers of a page whom the audit log names.
const NAMED: u32 = 200;

/// `night-etl`
#[derive(Debug)]
pub struct NightEtl;

impl Life for NightEtl {
    fn name(&self) -> &'static str {
        "night-etl"
    }

    fn about(&self) -> &'static str {
        "a service reads the whole customer table each night, 5,000 rows a page"
    }

    fn steps(&self, scene: &Scene, rng: &mut Stream) -> Vec<Step> {
        let days = scene.calendar.days();
        days.into_iter().flat_map(|day| night(scene, rng, day)).collect()
    }
}

fn night(scene: &Scene, rng: &mut Stream, day: LocalDay) -> Vec<Step> {
    let etl = scene.population.service(Job::ReportEtl);
    let mut at = scene.calendar.midnight(day).plus(Millis::from_hours(BEGINS));
    let mut out = Vec::new();
    // Decoys are known to whoever runs such a job, and are left out.
    for after in (0..scene.base.real()).step_by(PAGE as usize) {
        let rows = PAGE.min(scene.base.real() - after);
        out.push(page(etl, at, after, rows));
        at = at.plus(Millis::new(rng.random_range(1_000..6_000)));
    }
    out.push(store(etl, at, scene.base.real()));
    out
}

fn page(etl: &Actor, at: EventTime, after: u32, rows: u32) -> Step {
    let query = Query {
        database: "shop",
        object: "shop.customers",
        operation: "select",
        rows: Rows::Told(u64::from(rows)),
        bytes: Some(u64::from(rows) * 180),
        touched: Touched::named((after..after + rows.min(NAMED)).collect(), Kinds::CUSTOMER_ID),
        statement: Statement::KeyRange { after: u64::from(after), limit: u64::from(PAGE) },
    };
    step(etl, at, Action::Query(query))
}

fn store(etl: &Actor, at: EventTime, customers: u32) -> Step {
    let egress = Egress {
        channel: "s3",
        destination: Cow::Borrowed(WAREHOUSE_STORE),
        bytes: u64::from(customers) * 150,
        touched: Touched::default(),
        carried: Carried::Unseen,
        file: Some(Cow::Borrowed("customers.parquet")),
    };
    step(etl, at, Action::Egress(egress))
}

fn step(etl: &Actor, at: EventTime, action: Action) -> Step {
    Step {
        at,
        claimed: None,
        who: Who::Listed { number: etl.number, spelling: 1, capitals: false },
        client_ip: Some(etl.client_ip),
        session: Some(mix(etl.number.into(), 0xe71)),
        app: "etl",
        action,
    }
}
