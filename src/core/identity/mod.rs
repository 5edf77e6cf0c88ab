//! Who is who, and which destinations are whose: the directory, section 2 of the contract.
//!
//! Logins compare without regard to case and padding. Whoever the directory lacks is watched under the login's own
//! spelling in lower case (partitions see different spellings first, so only a folded one is the same everywhere).

mod actors;
mod addresses;
mod destinations;
mod directory;
mod error;
mod fold;
mod host;
mod leases;
mod lines;
mod look;
mod reader;
pub mod schema;
mod succession;
mod zones;

pub use addresses::ADDRESS_PREFIX;
pub use destinations::ResolvedDestination;
pub use directory::{Directory, Resolved, UNKNOWN_ROLE};
pub use error::{DirectoryError, DirectoryProblem};
pub use host::MAX_HOST_BYTES;
pub use succession::LossRefused;
pub use zones::{ZoneId, Zones};

#[cfg(test)]
mod tests;
