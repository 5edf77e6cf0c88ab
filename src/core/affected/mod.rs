//! Whom an incident concerns: the customers that were read and sent in it, as keyed tags, from the activity alone.
//!
//! An incident counts over windows, so it begins one window before it opened, and ends when its condition is
//! met no more. What its entity read and sent in between belongs to it: ordinary work of the same hours cannot be
//! told from the leak, and whoever was in it has to be told.

mod scope;
mod touched;

pub use scope::{Relation, Scope};
pub use touched::{Figures, Touch, Touched};
