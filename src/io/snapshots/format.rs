//! One snapshot as bytes.
//!
//! Layout, integers little-endian: magic `LWSNAP`, version (2 bytes), CRC-32 of all that follows (4 bytes), the
//! header's length (4 bytes), the header in postcard's wire format, then the state compressed with zstd.

use crate::core::time::EventTime;
use crate::core::units::{Partition, Position};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const MAGIC: &[u8; 6] = b"LWSNAP";
const CRC_AT: usize = MAGIC.len() + 2;
const HEADER_LENGTH_AT: usize = CRC_AT + 4;
const HEADER_AT: usize = HEADER_LENGTH_AT + 4;
const COMPRESSION_LEVEL: i32 = 1;

/// The version that this build writes. It reads this one and, from 2 on, the one before; the state inside has a version
/// of its own, by the same rule.
pub const VERSION: u16 = 1;
/// A state is at most this large: a damaged length must not exhaust memory.
pub const MAX_STATE_BYTES: u64 = 16 << 30;

/// The layouts that this build reads. A new version is a new variant, and the variant before it stays: `decode` then has
/// an arm for each, and `tests/snapshot_formats.rs` a stored snapshot of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    V1,
}

impl Layout {
    const fn of(version: u16) -> Option<Self> {
        match version {
            1 => Some(Self::V1),
            _ => None,
        }
    }
}

/// Whose state it is, and up to where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The deployment.
    pub deployment: String,
    /// The activity topic.
    pub topic: String,
    /// The partition.
    pub partition: Partition,
    /// How many partitions the topic had.
    pub partitions: u32,
    /// The last position applied; reading goes on with the next message.
    pub position: Position,
    /// When it was written.
    pub written_at: EventTime,
    /// The state's size before compression.
    pub state_bytes: u64,
}

/// A state and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose.
    pub header: Header,
    /// The state.
    pub state: Vec<u8>,
}

/// Why bytes are no usable snapshot.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FormatError {
    /// Something else.
    #[error("not a snapshot: expected it to begin with `LWSNAP`")]
    Magic,
    /// Written by another version.
    #[error("snapshot has version {found}, expected {VERSION}")]
    Version {
        /// What it says.
        found: u16,
    },
    /// Cut, or changed.
    #[error("snapshot is damaged: {what}")]
    Damaged {
        /// What does not fit.
        what: &'static str,
    },
    /// It could not be written.
    #[error("snapshot could not be encoded: {what}")]
    Encode {
        /// What failed.
        what: &'static str,
    },
}

const fn damaged(what: &'static str) -> FormatError {
    FormatError::Damaged { what }
}

impl Snapshot {
    /// The snapshot as bytes.
    ///
    /// # Errors
    /// [`FormatError::Encode`].
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        let header = postcard::to_stdvec(&self.header).map_err(|_| FormatError::Encode { what: "header" })?;
        let length = u32::try_from(header.len()).map_err(|_| FormatError::Encode { what: "header" })?;
        let mut bytes = Vec::with_capacity(HEADER_AT + header.len() + self.state.len() / 4);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&header);
        zstd::stream::copy_encode(self.state.as_slice(), &mut bytes, COMPRESSION_LEVEL)
            .map_err(|_| FormatError::Encode { what: "state" })?;
        let crc = crc32fast::hash(&bytes[HEADER_LENGTH_AT..]);
        bytes[CRC_AT..HEADER_LENGTH_AT].copy_from_slice(&crc.to_le_bytes());
        Ok(bytes)
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`FormatError`]: nothing of a cut or changed snapshot is ever used.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        match layout(bytes)? {
            Layout::V1 => Self::decode_v1(bytes),
        }
    }

    fn decode_v1(bytes: &[u8]) -> Result<Self, FormatError> {
        let (header, body) = split(bytes)?;
        let header: Header = postcard::from_bytes(header).map_err(|_| damaged("header"))?;
        if header.state_bytes > MAX_STATE_BYTES {
            return Err(damaged("state's length"));
        }
        let length = usize::try_from(header.state_bytes).map_err(|_| damaged("state's length"))?;
        let state = zstd::bulk::decompress(body, length).map_err(|_| damaged("state"))?;
        if state.len() != length {
            return Err(damaged("state's length"));
        }
        Ok(Self { header, state })
    }
}

/// What the bytes say of their layout: magic and version stay where they are in every version.
fn layout(bytes: &[u8]) -> Result<Layout, FormatError> {
    if !bytes.starts_with(MAGIC) {
        return Err(FormatError::Magic);
    }
    let version = bytes.get(MAGIC.len()..CRC_AT).ok_or(damaged("cut"))?;
    let found = u16::from_le_bytes([version[0], version[1]]);
    Layout::of(found).ok_or(FormatError::Version { found })
}

/// Header and body, once the checksum is right.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), FormatError> {
    let crc = read_u32(bytes, CRC_AT)?;
    let checked = bytes.get(HEADER_LENGTH_AT..).ok_or(damaged("cut"))?;
    if crc32fast::hash(checked) != crc {
        return Err(damaged("checksum"));
    }
    let length = usize::try_from(read_u32(bytes, HEADER_LENGTH_AT)?).map_err(|_| damaged("header's length"))?;
    bytes[HEADER_AT..].split_at_checked(length).ok_or(damaged("header's length"))
}

fn read_u32(bytes: &[u8], at: usize) -> Result<u32, FormatError> {
    let four = bytes.get(at..at + 4).and_then(|four| four.first_chunk::<4>()).ok_or(damaged("cut"))?;
    Ok(u32::from_le_bytes(*four))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::units::{Offset, Ordinal};
    use proptest::prelude::*;

    fn snapshot(state: Vec<u8>) -> Snapshot {
        let header = Header {
            deployment: "shop".into(),
            topic: "leakwatch.activity".into(),
            partition: Partition(3),
            partitions: 8,
            position: Position { offset: Offset(1_234), ordinal: Ordinal(5) },
            written_at: EventTime::MIN,
            state_bytes: state.len() as u64,
        };
        Snapshot { header, state }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(state in proptest::collection::vec(any::<u8>(), 0..4_096)) {
            let snapshot = snapshot(state);
            prop_assert_eq!(Snapshot::decode(&snapshot.encode().expect("encodes")), Ok(snapshot));
        }

        #[test]
        fn any_changed_byte_is_noticed(state in proptest::collection::vec(any::<u8>(), 1..512), at: prop::sample::Index, flip in 1_u8..) {
            let mut bytes = snapshot(state).encode().expect("encodes");
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(Snapshot::decode(&bytes).is_err());
        }

        #[test]
        fn any_cut_is_noticed(state in proptest::collection::vec(any::<u8>(), 0..512), at: prop::sample::Index) {
            let bytes = snapshot(state).encode().expect("encodes");
            prop_assert!(Snapshot::decode(&bytes[..at.index(bytes.len())]).is_err());
        }

        #[test]
        fn another_version_is_refused_by_its_number(found: u16) {
            prop_assume!(found != VERSION);
            let mut bytes = snapshot(b"state".to_vec()).encode().expect("encodes");
            bytes[MAGIC.len()..CRC_AT].copy_from_slice(&found.to_le_bytes());
            prop_assert_eq!(Snapshot::decode(&bytes), Err(FormatError::Version { found }));
        }

        #[test]
        fn nothing_foreign_is_believed(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            prop_assert!(Snapshot::decode(&bytes).is_err());
        }
    }
}
