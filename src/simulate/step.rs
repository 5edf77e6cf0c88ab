//! A step: one query or one sending, before it is written as a line. Small, since many wait for their turn.

use super::customers::CustomerIndex;
use super::people::ActorNumber;
use crate::core::time::EventTime;
use serde::Serialize;
use std::borrow::Cow;
use std::net::Ipv4Addr;

/// One thing that somebody does.
#[derive(Clone, Debug)]
pub struct Step {
    /// When it happens.
    pub at: EventTime,
    /// The time that the line claims, where that is another.
    pub claimed: Option<EventTime>,
    /// Who, as the source tells it.
    pub who: Who,
    /// From where.
    pub client_ip: Option<Ipv4Addr>,
    /// The session, as a number; sessions of one actor are told apart by it.
    pub session: Option<u64>,
    /// The application.
    pub app: &'static str,
    /// What.
    pub action: Action,
}

/// The actor as the source tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody of the population.
    Listed {
        /// Who.
        number: ActorNumber,
        /// Which of the spellings.
        spelling: u8,
        /// In capital letters.
        capitals: bool,
    },
    /// A login that no directory knows.
    Unlisted(String),
    /// Nobody: only the address is told.
    Untold,
}

/// What is done.
#[derive(Clone, Debug)]
pub enum Action {
    /// Data is read.
    Query(Query),
    /// Data leaves.
    Egress(Egress),
}

/// The customers that a step touches.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// All of them; those that the line names come first.
    pub customers: Vec<CustomerIndex>,
    /// How many of them the line names as identifiers (or in its content).
    pub named: u32,
    /// By what they are named.
    pub kinds: Kinds,
}

/// A set of identifier kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(pub u8);

/// Rows as the source tells them: a number or `null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Rows {
    /// So many.
    Told(u64),
    /// `null`: the source does not know.
    Unknown,
}

/// A query.
#[derive(Clone, Debug)]
pub struct Query {
    /// The database.
    pub database: &'static str,
    /// The table.
    pub object: &'static str,
    /// `select`, `copy`, …
    pub operation: &'static str,
    /// Rows returned.
    pub rows: Rows,
    /// Bytes returned, where told.
    pub bytes: Option<u64>,
    /// The customers read.
    pub touched: Touched,
    /// The statement's text.
    pub statement: Statement,
}

/// The text of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Not told.
    Untold,
    /// A lookup by the first customer's identifier, written out.
    Literal,
    /// A lookup with parameters.
    Parameters,
    /// A page of `limit` rows from `offset` on.
    Page {
        /// Rows skipped.
        offset: u64,
        /// Rows wanted.
        limit: u64,
    },
    /// `limit` rows after a key.
    KeyRange {
        /// The last key seen.
        after: u64,
        /// Rows wanted.
        limit: u64,
    },
    /// An aggregate over the object.
    Aggregate,
    /// The next `limit` rows of a cursor.
    Fetch {
        /// Rows wanted.
        limit: u64,
    },
    /// The object as a whole.
    Copy,
}

/// A sending.
#[derive(Clone, Debug)]
pub struct Egress {
    /// `http`, `email`, …
    pub channel: &'static str,
    /// Host, mailbox or address.
    pub destination: Cow<'static, str>,
    /// Bytes sent.
    pub bytes: u64,
    /// The customers sent.
    pub touched: Touched,
    /// How the customers are to be seen.
    pub carried: Carried,
    /// A file's name, where one was sent.
    pub file: Option<Cow<'static, str>>,
}

/// How an egress event shows the customers that it carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carried {
    /// As `identifiers`.
    #[default]
    Identifiers,
    /// As text in `content`, not as identifiers.
    Text,
    /// As identifiers, and quoted in `content`.
    Both,
    /// Inside layers of encoding in `content_base64`.
    Layers(&'static [Layer]),
    /// Not at all.
    Unseen,
}

/// A layer of encoding around a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
    /// A ZIP archive of one file.
    Zip,
    /// RFC 4648, base64.
    Base64,
    /// Digits in their full-width forms (Unicode block Halfwidth and Fullwidth Forms).
    FullWidth,
}

impl Who {
    /// The place in the population, of somebody who has one there.
    pub const fn number(&self) -> Option<ActorNumber> {
        match self {
            Self::Listed { number, .. } => Some(*number),
            Self::Unlisted(_) | Self::Untold => None,
        }
    }
}

impl Kinds {
    /// `phone`
    pub const PHONE: Self = Self(1);
    /// `email`
    pub const EMAIL: Self = Self(2);
    /// `customer_id`
    pub const CUSTOMER_ID: Self = Self(4);
    /// `national_id`, of those who have one on file.
    pub const NATIONAL_ID: Self = Self(8);
    /// `card`, of those who have one on file.
    pub const CARD: Self = Self(16);

    /// The kinds of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every kind of `other` is in.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Touched {
    /// Customers who are all named, by `kinds`.
    pub fn named(customers: Vec<CustomerIndex>, kinds: Kinds) -> Self {
        Self { named: customers.len() as u32, customers, kinds }
    }

    /// Customers of whom the first `named` are named at most.
    pub fn sampled(customers: Vec<CustomerIndex>, named: u32, kinds: Kinds) -> Self {
        Self { named: named.min(customers.len() as u32), customers, kinds }
    }

    /// Those that the line names.
    pub fn named_customers(&self) -> &[CustomerIndex] {
        &self.customers[..self.named as usize]
    }
}

impl Action {
    /// The customers touched.
    pub fn touched(&self) -> &Touched {
        match self {
            Self::Query(query) => &query.touched,
            Self::Egress(egress) => &egress.touched,
        }
    }

    /// The customers touched.
    pub fn into_touched(self) -> Touched {
        match self {
            Self::Query(query) => query.touched,
            Self::Egress(egress) => egress.touched,
        }
    }
}
