//! What services do: large volumes, by night and in streams, often without a row count.

use super::super::people::Job;
use super::super::people::destination::{CAMPAIGN_PARTNER, CRM_PARTNER, WAREHOUSE_STORE};
use super::super::rng::{percent, pick};
use super::super::step::{Carried, Kinds, Rows, Statement, Touched};
use super::task::Task;
use rand::Rng;
use std::borrow::Cow;

const CUSTOMERS: (&str, &str) = ("shop", "shop.customers");

/// One step of `job`, or two where it reads and sends.
pub fn run(job: Job, task: &mut Task<'_>) {
    match job {
        Job::BillingBatch => billing(task),
        Job::CrmSync => crm_sync(task),
        Job::SearchIndexer => index(task),
        Job::Mailer => order_mail(task),
        Job::ReportEtl => copy_tables(task),
    }
}

/// A chunk of accounts to bill, twenty of them named.
fn billing(task: &mut Task<'_>) {
    let limit = task.rng.random_range(500..=2_000);
    let who = task.anybody(20);
    let rows = if percent(task.rng, 6) { Rows::Unknown } else { Rows::Told(limit) };
    let by = Kinds::CUSTOMER_ID.and(Kinds::CARD);
    task.query("billing", CUSTOMERS, rows, Touched::named(who, by), Statement::Fetch { limit });
}

/// Changed accounts, on to the partner.
fn crm_sync(task: &mut Task<'_>) {
    let count = task.rng.random_range(2..=12);
    let who = task.anybody(count);
    let by = Kinds::PHONE.and(Kinds::CUSTOMER_ID);
    task.query(
        "crm-sync",
        ("crm", "crm.customer"),
        Rows::Told(u64::from(count)),
        Touched::named(who.clone(), by),
        Statement::Parameters,
    );
    if percent(task.rng, 70) {
        task.pause(1, 5);
        let bytes = u64::from(count) * 640 + 300;
        let touched = Touched::named(who, Kinds::PHONE);
        task.send("crm-sync", "http", Cow::Borrowed(CRM_PARTNER), bytes, touched, Carried::Identifiers);
    }
}

/// A stream of changed rows, twenty of them named.
fn index(task: &mut Task<'_>) {
    let after = task.rng.random_range(0..10_000_000);
    let limit = task.rng.random_range(200..=1_000);
    let who = task.anybody(20);
    let rows = if percent(task.rng, 10) { Rows::Unknown } else { Rows::Told(limit) };
    task.query(
        "indexer",
        CUSTOMERS,
        rows,
        Touched::named(who, Kinds::CUSTOMER_ID),
        Statement::KeyRange { after, limit },
    );
}

/// An order's mail: the customer's address read, then sent through the partner.
fn order_mail(task: &mut Task<'_>) {
    let who = task.anybody(1);
    let touched = Touched::named(who, Kinds::EMAIL);
    if percent(task.rng, 50) {
        task.query("mailer", ("shop", "shop.orders"), Rows::Told(1), touched.clone(), Statement::Parameters);
        task.pause(1, 4);
    }
    let bytes = task.rng.random_range(3_000..12_000);
    task.send("mailer", "email", Cow::Borrowed(CAMPAIGN_PARTNER), bytes, touched, Carried::Identifiers);
}

/// A table copied into the warehouse; the audit log tells no rows for most of it.
fn copy_tables(task: &mut Task<'_>) {
    let table = pick(task.rng, &[CUSTOMERS, ("shop", "shop.orders"), ("warehouse", "warehouse.shipments")]);
    let rows = if percent(task.rng, 80) { Rows::Unknown } else { Rows::Told(task.rng.random_range(1_000..=20_000)) };
    task.query("etl", table, rows, Touched::default(), Statement::Copy);
    if percent(task.rng, 50) {
        task.pause(2, 30);
        let bytes = task.rng.random_range(1_000_000..40_000_000);
        task.send_plain("etl", "s3", Cow::Borrowed(WAREHOUSE_STORE), bytes);
    }
}
