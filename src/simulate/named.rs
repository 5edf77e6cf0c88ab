//! Customers as a line names them: identifiers, messages and tables, in the spellings that real systems use.

use super::customers::{Customer, CustomerBase, CustomerIndex};
use super::render::Shown;
use super::step::{Kinds, Touched};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use std::fmt::{self, Display, Write};

/// The identifiers that a line names: kind → values.
pub struct Identifiers<'a> {
    touched: &'a Touched,
    base: &'a CustomerBase,
}

/// The values of one kind.
struct Values<'a> {
    kind: Kinds,
    customers: &'a [CustomerIndex],
    base: &'a CustomerBase,
}

/// Kinds in the order of their names in the event.
const NAMES: [(Kinds, &str); 5] = [
    (Kinds::PHONE, "phone"),
    (Kinds::EMAIL, "email"),
    (Kinds::CUSTOMER_ID, "customer_id"),
    (Kinds::NATIONAL_ID, "national_id"),
    (Kinds::CARD, "card"),
];

impl<'a> Identifiers<'a> {
    /// Those of `touched`; `None` where nobody is named.
    pub fn of(touched: &'a Touched, base: &'a CustomerBase) -> Option<Self> {
        (touched.named > 0).then_some(Self { touched, base })
    }
}

impl Serialize for Identifiers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (kind, name) in NAMES {
            if self.touched.kinds.has(kind) {
                let values = Values { kind, customers: self.touched.named_customers(), base: self.base };
                map.serialize_entry(name, &values)?;
            }
        }
        map.end()
    }
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for index in self.customers {
            let customer = self.base.customer(*index);
            match self.kind {
                Kinds::PHONE => list.serialize_element(&Shown(phone_spelling(customer)))?,
                Kinds::EMAIL => list.serialize_element(&Shown(email_spelling(customer)))?,
                Kinds::CUSTOMER_ID => list.serialize_element(&Shown(customer.customer_id()))?,
                Kinds::NATIONAL_ID => push(&mut list, customer.national_id())?,
                _ => push(&mut list, customer.card())?,
            }
        }
        list.end()
    }
}

fn push<L: SerializeSeq>(list: &mut L, value: Option<impl Display>) -> Result<(), L::Error> {
    value.map_or(Ok(()), |value| list.serialize_element(&Shown(value)))
}

/// A phone number as one of the spellings that people and systems use; a customer's stays the same.
fn phone_spelling(customer: Customer) -> impl Display {
    let phone = customer.phone();
    let (first, second, third) = (phone / 100_000_000, phone / 10_000 % 10_000, phone % 10_000);
    let style = customer.hash(20) % 8;
    fmt::from_fn(move |f| match style {
        0 => write!(f, "+86 {first:03}-{second:04}-{third:04}"),
        1 => write!(f, "0086{phone}"),
        2 => write!(f, "{first:03} {second:04} {third:04}"),
        3 => write!(f, "+86{phone}"),
        _ => write!(f, "{phone}"),
    })
}

/// A mail address; some systems keep it as it was typed.
fn email_spelling(customer: Customer) -> impl Display {
    fmt::from_fn(move |f| match customer.hash(21) % 8 {
        0 => f.write_str(&customer.email().to_string().to_uppercase()),
        1 => write!(f, " {}", customer.email()),
        _ => write!(f, "{}", customer.email()),
    })
}

/// A message that quotes its customers, or says nothing of any.
pub fn quoted(touched: &Touched, base: &CustomerBase) -> String {
    let mut text = String::from("Hello, about your order: ");
    for index in touched.named_customers() {
        let customer = base.customer(*index);
        let written = write!(text, "{} ({}), ", phone_spelling(customer), customer.email());
        written.expect("writing to memory succeeds");
    }
    text.push_str("we are looking into it. Kind regards");
    text
}

/// A table of the customers, as an export has it.
pub fn table(touched: &Touched, base: &CustomerBase) -> String {
    let mut text = String::from("phone,email\n");
    for index in touched.named_customers() {
        let customer = base.customer(*index);
        writeln!(text, "{},{}", customer.phone(), customer.email()).expect("writing to memory succeeds");
    }
    text
}
