//! The activity log: the one stream that everything which may decide comes through.
//!
//! [`record`] says what the log carries, [`codec`] how one message (a batch) is written.

pub mod codec;
pub mod record;

pub use codec::{BatchBuilder, BatchReader, CodecError};
pub use record::{
    Activity, ActorKind, Control, DestinationClass, FilterFigures, Flags, KindFigures, Origin, Record, TagList, Tick,
};
