//! The topics that Leakwatch needs, against what is there.
//!
//! [`wanted`](wanted) says what they are to be, [`Admin::look`] what they are, [`plan`](plan::plan) what is to be done,
//! [`Admin::apply`] does it. Nothing is ever deleted, and nothing shrinks.

mod acls;
mod admin;
mod plan;
mod retention;
mod wanted;

pub use acls::{Acl, acls};
pub use admin::{Admin, AdminError, Applied};
pub use plan::{Action, Change, Plan, Step, kept, plan};
pub use retention::RetentionWatch;
pub use wanted::{Bound, Part, Wanted, wanted};

use std::collections::BTreeMap;

/// A topic that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many partitions it has.
    pub partitions: u32,
    /// The fewest copies that one of its partitions has.
    pub copies: u16,
    /// Its settings in force, whoever set them.
    pub settings: BTreeMap<String, String>,
    /// Settings of its own, which an alteration must repeat to keep. `None` for one whose value the broker hides.
    pub own: BTreeMap<String, Option<String>>,
}

/// What a cluster has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// How many brokers there are.
    pub brokers: usize,
    /// Its topics by name; settings are known of those that were asked for.
    pub topics: BTreeMap<String, Seen>,
}
