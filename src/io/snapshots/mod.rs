//! Snapshots of a partition's state, in an object store.
//!
//! Immutable, named by offset and content, written only where absent, so a process that lost its partition can write
//! an older or an equal snapshot and never a wrong one. Reading takes the newest that is whole and ours.

mod format;
mod retention;
mod store;

pub use format::{FormatError, Header, MAX_STATE_BYTES, Snapshot, VERSION};
pub use retention::{KEEP_DAILY_DAYS, KEEP_LAST, Kept, superfluous};
pub use store::{Scope, SnapshotError, SnapshotName, SnapshotStore};
