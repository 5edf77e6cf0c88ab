//! The shape of a directory line.

use crate::core::activity::{ActorKind, DestinationClass};
use schemars::JsonSchema;
use serde::Deserialize;

/// One line of the directory file: an actor, a destination, or a lease.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct DirectoryLine {
    /// The actor, in the spelling that incidents use.
    pub actor: Option<String>,
    /// Other spellings of the same actor.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The actor's role.
    pub role: Option<String>,
    /// The actor's team.
    pub team: Option<String>,
    /// A person or a program.
    pub kind: Option<ActorKind>,
    /// The actor's time zone, by its IANA name.
    pub tz: Option<String>,
    /// Since when notice is known: RFC 3339.
    pub notice_at: Option<String>,
    /// Since when the actor has left: RFC 3339.
    pub left_at: Option<String>,
    /// A host name, domain or address; subdomains are covered.
    pub destination: Option<String>,
    /// How close the destination is.
    pub class: Option<DestinationClass>,
    /// Who answers for the destination.
    pub owner: Option<String>,
    /// An address that `actor` held.
    pub client_ip: Option<String>,
    /// From when, RFC 3339.
    pub from: Option<String>,
    /// Until when, RFC 3339.
    pub to: Option<String>,
}

/// Which of the three kinds a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// `{"actor": …}`
    Actor,
    /// `{"destination": …}`
    Destination,
    /// `{"client_ip": …, "actor": …}`
    Lease,
}

impl DirectoryLine {
    /// What the line is; `None` if it is none of the three.
    pub const fn line_kind(&self) -> Option<LineKind> {
        match (&self.actor, &self.destination, &self.client_ip) {
            (Some(_), None, None) => Some(LineKind::Actor),
            (None, Some(_), None) => Some(LineKind::Destination),
            (Some(_), None, Some(_)) => Some(LineKind::Lease),
            (None | Some(_), Some(_), Some(_)) | (Some(_), Some(_), None) | (None, None, None | Some(_)) => None,
        }
    }
}
