//! Numbers that look alike and must not be swapped.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(/// A partition's number inside its topic, from 0.
    Partition(u32));
number!(/// A record's offset inside its partition, from 0.
    Offset(u64));
number!(/// The place of a record inside the message (batch) that carries it, from 0.
    Ordinal(u32));
number!(/// Records returned by a query.
    Rows(u64));
number!(/// Bytes returned or sent out.
    ByteCount(u64));
number!(/// A 64-bit keyed tag: SipHash-2-4 of a normalised identifier under the deployment's key.
    Tag(u64));
number!(/// Tells a topic from one re-created under the same name.
    Epoch(u32));

/// Where a record stands in one partition of the activity log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The message.
    pub offset: Offset,
    /// The record inside the message.
    pub ordinal: Ordinal,
}
