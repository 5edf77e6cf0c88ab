//! What people send, by role: nearly all of it inside, some to partners, little outside.

use super::super::people::Role;
use super::super::people::destination::{
    INTERNAL_WEB, PARCEL_PARTNER, PAYMENT_PARTNER, PUBLIC_WEB, SUPPLIERS, WAREHOUSE_STORE,
};
use super::super::rng::{percent, pick, weighted};
use super::super::step::{Carried, Kinds, Touched};
use super::task::Task;
use rand::Rng;
use std::borrow::Cow;

/// What is sent.
#[derive(Clone, Copy)]
enum Sending {
    Chat,
    Intranet,
    ColleagueMail,
    Browsing,
    SupplierMail,
    Printing,
    Store,
    Partner,
    SupportMail,
}

/// Sends something that the role sends.
pub fn send(role: Role, task: &mut Task<'_>) {
    match weighted(task.rng, habits(role)) {
        Sending::Chat => chat(role, task),
        Sending::Intranet => {
            let host = pick(task.rng, &INTERNAL_WEB);
            plain(task, "browser", "http", host, 300..40_000);
        }
        Sending::ColleagueMail => {
            let colleague = pick(task.rng, &["cs@corp.example", "office@corp.example", "team@corp.example"]);
            plain(task, "mail-gateway", "email", colleague, 800..60_000);
        }
        Sending::Browsing => {
            let host = pick(task.rng, &PUBLIC_WEB);
            plain(task, "proxy", "http", host, 200..6_000);
        }
        Sending::SupplierMail => {
            let mailbox = pick(task.rng, &SUPPLIERS);
            plain(task, "mail-gateway", "email", mailbox, 900..40_000);
        }
        Sending::Printing => plain(task, "spooler", "print", "print-3.corp.example", 5_000..300_000),
        Sending::Store => plain(task, "s3-gateway", "s3", WAREHOUSE_STORE, 10_000..4_000_000),
        Sending::Partner => partner(role, task),
        Sending::SupportMail => support_mail(task),
    }
}

const fn habits(role: Role) -> &'static [(Sending, u32)] {
    use Sending::{Browsing, Chat, ColleagueMail, Intranet, Partner, Printing, Store, SupplierMail, SupportMail};
    match role {
        Role::CustomerService => {
            &[(Chat, 340), (Intranet, 300), (ColleagueMail, 130), (Browsing, 182), (SupportMail, 48)]
        }
        Role::Sales => &[(Chat, 300), (Intranet, 200), (ColleagueMail, 200), (Browsing, 296), (SupportMail, 4)],
        Role::Analyst | Role::Engineering => {
            &[(Chat, 350), (Intranet, 320), (ColleagueMail, 80), (Browsing, 200), (Store, 45), (SupplierMail, 5)]
        }
        Role::Marketing => &[(Chat, 260), (Intranet, 200), (ColleagueMail, 180), (Browsing, 300), (SupplierMail, 60)],
        Role::Operations => &[(Chat, 200), (Intranet, 180), (Printing, 120), (Partner, 440), (SupplierMail, 60)],
        Role::Finance => &[(Chat, 250), (Intranet, 300), (ColleagueMail, 200), (Partner, 130), (SupplierMail, 120)],
        Role::Management => &[(Chat, 300), (Intranet, 150), (ColleagueMail, 350), (Browsing, 200)],
    }
}

fn plain(task: &mut Task<'_>, app: &'static str, channel: &'static str, to: &'static str, bytes: std::ops::Range<u64>) {
    let bytes = task.rng.random_range(bytes);
    task.send_plain(app, channel, Cow::Borrowed(to), bytes);
}

/// A message to colleagues; customer service sometimes quotes a customer.
fn chat(role: Role, task: &mut Task<'_>) {
    let quotes = role == Role::CustomerService && percent(task.rng, 6);
    let who = task.anybody(u32::from(quotes));
    let carried = if quotes { Carried::Text } else { Carried::Identifiers };
    let bytes = task.rng.random_range(60..2_500);
    let touched = Touched::named(who, Kinds::PHONE);
    task.send("chat", "chat", Cow::Borrowed("chat.corp.example"), bytes, touched, carried);
}

/// Labels to the carrier of parcels, payments to theirs.
fn partner(role: Role, task: &mut Task<'_>) {
    let (app, to, count) = match role {
        Role::Operations => ("warehouse-desk", PARCEL_PARTNER, task.rng.random_range(1..=5)),
        _ => ("erp", PAYMENT_PARTNER, task.rng.random_range(1..=2)),
    };
    let who = task.anybody(count);
    let bytes = u64::from(count) * 420 + 200;
    task.send(app, "http", Cow::Borrowed(to), bytes, Touched::named(who, Kinds::PHONE), Carried::Identifiers);
}

/// A customer's question answered, to their own mailbox or with a supplier's help. The customer was just looked up.
fn support_mail(task: &mut Task<'_>) {
    let who = task.anybody(1);
    let by = Kinds::PHONE.and(Kinds::EMAIL);
    task.look_up("service-desk", ("shop", "shop.customers"), who.clone(), by);
    task.pause(60, 600);
    let customer = task.scene.base.customer(who[0]);
    let to = if percent(task.rng, 80) { customer.email().to_string() } else { pick(task.rng, &SUPPLIERS).to_owned() };
    let carried = weighted(task.rng, &[(Carried::Identifiers, 40), (Carried::Both, 30), (Carried::Text, 30)]);
    let bytes = task.rng.random_range(900..9_000);
    task.send("mail-gateway", "email", Cow::Owned(to), bytes, Touched::named(who, by), carried);
}
