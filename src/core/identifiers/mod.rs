//! Customer identifiers: kinds, normal forms and keyed tags.

mod kind;

pub use kind::IdentifierKind;
