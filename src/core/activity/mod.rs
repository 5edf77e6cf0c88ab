//! The activity log: the one stream that everything which may decide comes through.
//!
//! [`record`] says what the log carries, [`pool`] what partitions tell each other through it, [`codec`] how one message
//! (a batch) is written.

pub mod codec;
pub mod pool;
pub mod record;
mod skipped;
#[cfg(test)]
mod tests;

pub use codec::{BatchBuilder, BatchReader, CodecError};
pub use pool::{MadeBy, Pool, PoolTags, RoleFigures, RoleHistogram, SourceFigures, SourceRows};
pub use record::{
    Activity, ActorKind, Control, DestinationClass, FilterFigures, Flags, KindFigures, Origin, Record, SourceNote,
    Standing, TagList, Tick,
};
pub use skipped::SkippedSnapshots;
