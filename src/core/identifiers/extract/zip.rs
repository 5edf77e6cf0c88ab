//! Zip archives, also cut ones and ones inside other bytes: entry by entry, without the directory at their end.
//!
//! Format: PKWARE APPNOTE.TXT 6.3.10, section 4.3.7 (local file header).

use super::packed;
use memchr::memmem;

const SIGNATURE: &[u8; 4] = b"PK\x03\x04";
const HEADER_BYTES: usize = 30;
const ENCRYPTED: u16 = 1;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Entries of one archive that are opened.
const MAX_ENTRIES: usize = 256;

/// One file in an archive.
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a [u8],
    method: u16,
    /// From its data on to the end of all.
    data: &'a [u8],
    /// As the header says; 0 where only a later record does.
    packed_bytes: usize,
}

/// What an entry held.
pub struct Unpacked {
    /// Its content.
    pub bytes: Vec<u8>,
    /// How many bytes of the archive it took.
    pub consumed: usize,
}

/// Whether `bytes` begin like an archive.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// Gives every readable entry in `bytes` to `each`, which says how many bytes of data it took.
pub fn entries(bytes: &[u8], each: &mut dyn FnMut(&Entry<'_>) -> usize) {
    let mut at = 0;
    for _ in 0..MAX_ENTRIES {
        let Some(next) = memmem::find(&bytes[at..], SIGNATURE) else { return };
        at += next;
        at += match entry(&bytes[at..]) {
            Some((entry, header)) => header + each(&entry),
            None => SIGNATURE.len(),
        };
    }
}

fn entry(bytes: &[u8]) -> Option<(Entry<'_>, usize)> {
    let header = bytes.get(..HEADER_BYTES)?;
    let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let (name_bytes, extra_bytes) = (usize::from(short(26)), usize::from(short(28)));
    let packed_bytes = u32::from_le_bytes([header[18], header[19], header[20], header[21]]);
    let name = bytes.get(HEADER_BYTES..HEADER_BYTES + name_bytes)?;
    let data = HEADER_BYTES + name_bytes + extra_bytes;
    let readable = short(6) & ENCRYPTED == 0 && matches!(short(8), STORED | DEFLATED);
    let packed_bytes = usize::try_from(packed_bytes).unwrap_or(usize::MAX);
    readable.then_some((Entry { name, method: short(8), data: bytes.get(data..)?, packed_bytes }, data))
}

impl Entry<'_> {
    /// Its content, at most `limit` bytes of it.
    pub fn unpack(&self, limit: usize) -> Unpacked {
        if self.method == DEFLATED {
            let (bytes, consumed) = packed::inflate_counting(self.data, limit);
            return Unpacked { bytes, consumed };
        }
        // An unknown length (0, or 2^32 - 1 in Zip64) ends at the next record.
        let told = self.data.get(..self.packed_bytes).filter(|data| !data.is_empty());
        let data = told.unwrap_or_else(|| &self.data[..memmem::find(self.data, b"PK").unwrap_or(self.data.len())]);
        Unpacked { bytes: data[..data.len().min(limit)].to_vec(), consumed: data.len() }
    }
}
