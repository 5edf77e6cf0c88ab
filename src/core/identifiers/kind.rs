//! The kinds of customer identifier.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of identifier: the built-in six, or any other name, whose values are exact text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum IdentifierKind {
    /// A telephone number, kept as E.164 digits.
    Phone,
    /// A mail address.
    Email,
    /// A national identity number.
    NationalId,
    /// A payment card number (ISO/IEC 7812).
    Card,
    /// A bank account number (ISO 13616).
    Iban,
    /// The company's own customer number.
    CustomerId,
    /// Any other kind, by its name.
    Other(Box<str>),
}

impl IdentifierKind {
    /// The built-in kinds, in the order of their codes.
    pub const BUILT_IN: [Self; 6] =
        [Self::Phone, Self::Email, Self::NationalId, Self::Card, Self::Iban, Self::CustomerId];

    /// The kind that a field or column called `name` carries.
    pub fn from_name(name: &str) -> Self {
        match name {
            "phone" => Self::Phone,
            "email" => Self::Email,
            "national_id" => Self::NationalId,
            "card" => Self::Card,
            "iban" => Self::Iban,
            "customer_id" => Self::CustomerId,
            other => Self::Other(other.into()),
        }
    }

    /// The name in events, filters and files.
    pub fn name(&self) -> &str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::NationalId => "national_id",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::CustomerId => "customer_id",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
