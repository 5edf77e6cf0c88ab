//! Customer identifiers: kinds, normal forms, keyed tags and masking.

mod card;
mod email;
pub mod extract;
mod fold;
mod iban;
mod kind;
mod mask;
mod national_id;
mod normalise;
mod phone;
mod region;
mod scan;
mod tag;
#[cfg(test)]
mod testing;

pub use kind::IdentifierKind;
pub use mask::{mask, mask_in};
pub use normalise::{NORMALISER_VERSION, normalise};
pub use region::{Region, UnknownRegion};
pub use scan::Searched;
pub use tag::{KEY_BYTES, KeyError, KeyFingerprint, TagKey, Tagger, kind_of_set};
