//! What people look up, by role.

use super::super::people::Role;
use super::super::rng::{percent, weighted};
use super::super::step::{Kinds, Rows, Statement, Touched};
use super::task::Task;
use rand::Rng;

const CUSTOMERS: (&str, &str) = ("shop", "shop.customers");
const ORDERS: (&str, &str) = ("shop", "shop.orders");
const ACCOUNTS: (&str, &str) = ("crm", "crm.customer");
const SHIPMENTS: (&str, &str) = ("warehouse", "warehouse.shipments");
const INVOICES: (&str, &str) = ("finance", "finance.invoices");
const DAILY: (&str, &str) = ("dwh", "dwh.orders_daily");
const METRICS: (&str, &str) = ("ops", "ops.metrics");
const KPI: (&str, &str) = ("dwh", "dwh.kpi");

/// One task at the database.
pub fn look_up(role: Role, task: &mut Task<'_>) {
    match role {
        Role::CustomerService => call(task),
        Role::Sales => accounts(task),
        Role::Analyst => analysis(task),
        Role::Marketing => segments(task),
        Role::Operations => parcels(task),
        Role::Finance => invoices(task),
        Role::Engineering => maintenance(task),
        Role::Management => task.report("dashboard", KPI, 40, 0),
    }
}

/// A call: the customer (seldom more, up to twenty), often their orders.
fn call(task: &mut Task<'_>) {
    let (from, to) = weighted(task.rng, &[((1, 1), 56), ((2, 3), 26), ((4, 8), 13), ((9, 20), 5)]);
    let count = task.rng.random_range(from..=to);
    let who = task.anybody(count);
    let by = weighted(
        task.rng,
        &[(Kinds::PHONE.and(Kinds::CUSTOMER_ID), 60), (Kinds::EMAIL.and(Kinds::CUSTOMER_ID), 25), (Kinds::PHONE, 15)],
    );
    task.look_up("service-desk", CUSTOMERS, who.clone(), by);
    if percent(task.rng, 55) {
        task.pause(4, 90);
        task.look_up("service-desk", ORDERS, who, Kinds::CUSTOMER_ID);
    }
}

/// A page of one's own accounts, or one of them.
fn accounts(task: &mut Task<'_>) {
    if percent(task.rng, 60) {
        let count = task.rng.random_range(5..=25);
        let who = task.portfolio(count);
        task.look_up("sales-console", ACCOUNTS, who, Kinds::CUSTOMER_ID.and(Kinds::PHONE));
    } else {
        let count = task.rng.random_range(1..=3);
        let who = task.portfolio(count);
        task.look_up("sales-console", CUSTOMERS, who.clone(), Kinds::PHONE.and(Kinds::EMAIL));
        task.pause(10, 120);
        task.look_up("sales-console", ORDERS, who, Kinds::CUSTOMER_ID);
    }
}

/// Aggregates: over customers with about ten names, over orders with none, seldom a copy of a table without customers.
fn analysis(task: &mut Task<'_>) {
    match task.rng.random_range(0..100) {
        0..45 => {
            let rows = task.rng.random_range(1_200..=1_800);
            let names = task.rng.random_range(6..=14);
            task.report("notebook", CUSTOMERS, rows, names);
        }
        45..60 => {
            let rows = task.rng.random_range(200..=1_500);
            task.report("notebook", CUSTOMERS, rows, 0);
        }
        60..97 => {
            let rows = task.rng.random_range(10..=900);
            task.report("notebook", DAILY, rows, 0);
        }
        _ => task.query("psql", DAILY, Rows::Unknown, Touched::default(), Statement::Copy),
    }
}

/// Sizes of segments, with a few examples.
fn segments(task: &mut Task<'_>) {
    if percent(task.rng, 30) {
        let rows = task.rng.random_range(50..=900);
        let names = task.rng.random_range(0..=10);
        task.report("campaigns", CUSTOMERS, rows, names);
    } else {
        let rows = task.rng.random_range(5..=120);
        task.report("campaigns", DAILY, rows, 0);
    }
}

/// Addresses for parcels.
fn parcels(task: &mut Task<'_>) {
    let count = task.rng.random_range(1..=4);
    let who = task.anybody(count);
    task.look_up("warehouse-desk", SHIPMENTS, who.clone(), Kinds::CUSTOMER_ID.and(Kinds::PHONE));
    if percent(task.rng, 30) {
        task.pause(5, 60);
        task.look_up("warehouse-desk", CUSTOMERS, who, Kinds::PHONE);
    }
}

/// Lists of invoices, and refunds of single customers.
fn invoices(task: &mut Task<'_>) {
    if percent(task.rng, 45) {
        let rows = task.rng.random_range(10..=200);
        let names = task.rng.random_range(0..=5);
        task.report("erp", INVOICES, rows, names);
    } else {
        let who = task.anybody(1);
        task.look_up("erp", INVOICES, who, Kinds::CUSTOMER_ID.and(Kinds::CARD));
    }
}

/// Metrics, and a customer now and then when something broke.
fn maintenance(task: &mut Task<'_>) {
    if percent(task.rng, 94) {
        let rows = task.rng.random_range(1..=400);
        task.query("psql", METRICS, Rows::Told(rows), Touched::default(), Statement::Aggregate);
    } else {
        let count = task.rng.random_range(1..=3);
        let who = task.anybody(count);
        task.look_up("psql", CUSTOMERS, who, Kinds::CUSTOMER_ID);
    }
}
