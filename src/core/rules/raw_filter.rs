//! The shape of `of`: which events a rule counts.

use crate::core::activity::{ActorKind, DestinationClass};
use crate::core::event::EventKind;
use schemars::JsonSchema;
use serde::Deserialize;

/// Which events take part; every key given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFilter {
    /// Query or egress.
    #[serde(rename = "type")]
    pub kind: Option<EventKind>,
    /// One of these classes.
    pub destination_class: Option<Vec<DestinationClass>>,
    /// One of these channels.
    pub channel: Option<Vec<String>>,
    /// One of these operations.
    pub operation: Option<Vec<String>>,
    /// Whether a customer object is touched.
    pub customer_object: Option<bool>,
    /// Whether it copies or exports.
    pub bulk_operation: Option<bool>,
    /// Whether a statement takes one page of a table, or a range of its key.
    pub paged: Option<bool>,
    /// At least so many customers are named.
    pub customers_at_least: Option<u32>,
    /// Whether the source usually tells rows.
    pub rows_usual: Option<bool>,
    /// Whether the customers were found only inside an encoded layer.
    pub hidden: Option<bool>,
    /// At least so many bytes.
    pub bytes_at_least: Option<u64>,
    /// Whether it goes to a domain that the actor, watched for a week, never sent to before the last day.
    pub new_destination: Option<bool>,
    /// When it happens.
    pub hours: Option<Hours>,
    /// Where it comes from.
    pub address: Option<Address>,
    /// Who does it.
    pub actor: Option<RawActorFilter>,
    /// At least one of these must hold too.
    pub any_of: Option<Vec<RawFilter>>,
}

/// Hours that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Hours {
    /// Outside the actor's own learned hours of the week.
    Unusual,
}

/// Addresses that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Address {
    /// For a program: the directory says that a person holds it.
    Person,
    /// In a network that the actor, watched for a week, never came from before the last day.
    New,
}

/// Who takes part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawActorFilter {
    /// Has left the company.
    pub left: Option<bool>,
    /// How long after leaving nothing is said.
    pub grace: Option<String>,
    /// Has given or been given notice.
    pub notice: Option<bool>,
    /// Was silent for at least so long before.
    pub dormant: Option<String>,
    /// A person or a program.
    pub kind: Option<ActorKind>,
    /// One of these roles.
    pub role: Option<Vec<String>>,
    /// None of these roles.
    pub not_role: Option<Vec<String>>,
}
