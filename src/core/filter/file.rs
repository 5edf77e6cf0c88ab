//! A filter's file.
//!
//! Layout, integers little-endian: magic `LWFILTER`, version (2 bytes), what it holds (1 byte: 1 customers, 2 canaries),
//! the kind's name (1 byte length, then UTF-8), the payload's length (8 bytes), the payload, CRC-32 of all before
//! (4 bytes). The payload is the `bloomfilter` crate's own format for customers, and sorted 8-byte tags for canaries.

use bloomfilter::Bloom;
use thiserror::Error;

const MAGIC: [u8; 8] = *b"LWFILTER";
/// The version that this build writes and reads.
const VERSION: u16 = 1;
/// More hash functions than the smallest rate needs are nonsense that would take for ever.
const MAX_HASHES: u32 = 64;
const CUSTOMERS: u8 = 1;
const CANARIES: u8 = 2;

/// What a file holds.
pub enum Contents {
    /// The customer base.
    Customers(Bloom<u64>),
    /// The decoys' tags, sorted.
    Canaries(Vec<u64>),
}

/// Why a file is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum FileError {
    /// Another kind of file.
    #[error("not a filter file: expected it to begin with `LWFILTER`")]
    Magic,
    /// Written by another version.
    #[error("filter file has version {found}, expected {VERSION}")]
    Version {
        /// What the file says.
        found: u16,
    },
    /// Not as long as the manifest says.
    #[error("damaged: {found} bytes, expected {expected}")]
    Length {
        /// Its length.
        found: u64,
        /// The manifest's.
        expected: u64,
    },
    /// Not what was written.
    #[error("damaged: the checksum is wrong")]
    Checksum,
    /// Well kept, but nonsense.
    #[error("damaged: the content is not a filter")]
    Content,
    /// Another kind's filter.
    #[error("it is the filter of another kind than the manifest says")]
    Kind,
}

/// The bytes of a file with `contents` for the kind called `kind`.
pub(super) fn encode(kind: &str, contents: &Contents) -> Vec<u8> {
    let (code, payload) = match contents {
        Contents::Customers(bloom) => (CUSTOMERS, bloom.to_bytes()),
        Contents::Canaries(tags) => (CANARIES, tags.iter().flat_map(|tag| tag.to_le_bytes()).collect()),
    };
    let name = &kind.as_bytes()[..kind.len().min(usize::from(u8::MAX))];
    let mut bytes = Vec::with_capacity(payload.len() + name.len() + 32);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.push(code);
    bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&payload);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Reads a file of the kind called `kind`.
pub(super) fn decode(bytes: &[u8], kind: &str) -> Result<Contents, FileError> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(FileError::Magic)?;
    let (version, rest) = rest.split_first_chunk().ok_or(FileError::Magic)?;
    let found = u16::from_le_bytes(*version);
    if found != VERSION {
        return Err(FileError::Version { found });
    }
    let (body, checksum) = bytes.split_last_chunk().ok_or(FileError::Content)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(FileError::Checksum);
    }
    let ([code, name_length], rest) = rest.split_first_chunk().ok_or(FileError::Content)?;
    let (name, rest) = rest.split_at_checked(usize::from(*name_length)).ok_or(FileError::Content)?;
    if name != kind.as_bytes() {
        return Err(FileError::Kind);
    }
    let (length, rest) = rest.split_first_chunk().ok_or(FileError::Content)?;
    let (payload, _) = rest.split_last_chunk::<4>().ok_or(FileError::Content)?;
    if u64::from_le_bytes(*length) != payload.len() as u64 {
        return Err(FileError::Content);
    }
    contents(*code, payload)
}

fn contents(code: u8, payload: &[u8]) -> Result<Contents, FileError> {
    match code {
        CUSTOMERS => Bloom::from_slice(payload)
            .ok()
            .filter(|bloom: &Bloom<u64>| bloom.len() >= 8 && bloom.number_of_hash_functions() <= MAX_HASHES)
            .map(Contents::Customers)
            .ok_or(FileError::Content),
        CANARIES => {
            let (tags, rest) = payload.as_chunks();
            let tags: Vec<_> = tags.iter().map(|tag| u64::from_le_bytes(*tag)).collect();
            (rest.is_empty() && tags.is_sorted()).then_some(Contents::Canaries(tags)).ok_or(FileError::Content)
        }
        _ => Err(FileError::Content),
    }
}
