//! The directory: who is who, which places are ours, who held an address when (contract section 2).

mod directory;
mod host;
mod line;
mod parse;
mod succeed;
#[cfg(test)]
mod tests;

pub use directory::{Directory, Resolved, ResolvedDestination};
pub use line::{DirectoryLine, LineKind};
pub use parse::DirectoryError;
pub use succeed::LossRefused;
