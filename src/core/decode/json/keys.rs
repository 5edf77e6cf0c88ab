//! Is a key twice in one object?
//!
//! A key is told from those before it by one bit of a small set; where the bit is taken, they are compared. An object
//! with very many keys, or with escapes in one, is sorted when it closes: no choice of keys costs more than n log n,
//! and no hash has to be trusted.

use super::tape::{Tape, Value};

/// Up to so many keys of one object are compared as they come.
const COMPARED_KEYS: u32 = 64;

/// The keys of one open object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OpenKeys {
    seen: [u64; 4],
    count: u32,
    has_escapes: bool,
}

impl OpenKeys {
    /// Adds the key that was put on `tape` last, in the object at node `object`; false if it is known to be there
    /// twice.
    #[inline]
    pub(super) fn add(&mut self, tape: &Tape<'_>, object: u32, key: Value<'_, '_>) -> bool {
        self.count += 1;
        self.has_escapes |= key.is_escaped();
        if self.count > COMPARED_KEYS || self.has_escapes {
            return true;
        }
        let print = fingerprint(key.raw_bytes());
        let bit = 1 << (print & 63);
        let word = &mut self.seen[usize::from(print >> 6)];
        let maybe_seen = *word & bit != 0;
        *word |= bit;
        !maybe_seen || !is_before(tape, object, key)
    }

    /// Looks at the keys of a closed object that [`Self::add`] did not compare.
    ///
    /// # Errors
    /// Where a key stands that was there before.
    #[inline]
    pub(super) fn close(self, object: Value<'_, '_>) -> Result<(), usize> {
        if self.count > COMPARED_KEYS || self.has_escapes { find_twice(object) } else { Ok(()) }
    }
}

fn is_before(tape: &Tape<'_>, object: u32, key: Value<'_, '_>) -> bool {
    let mut keys = tape.open_entries(object);
    keys.any(|other| other.index() < key.index() && other.raw_bytes() == key.raw_bytes())
}

fn find_twice(object: Value<'_, '_>) -> Result<(), usize> {
    let mut sorted: Vec<_> = object.entries().map(|(key, _)| (key.bytes(), key.start())).collect();
    sorted.sort_unstable();
    let twice = sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).min();
    twice.map_or(Ok(()), Err)
}

fn short(key: &[u8]) -> u32 {
    key.iter().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// Tells most keys apart: their length and their first and last bytes, mixed.
#[inline]
fn fingerprint(key: &[u8]) -> u8 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (head, tail) = match (key.first_chunk::<4>(), key.last_chunk::<4>()) {
        (Some(head), Some(tail)) => (u32::from_le_bytes(*head), u32::from_le_bytes(*tail)),
        _ => (short(key), 0),
    };
    let word = (u64::from(head) << 32 | u64::from(tail)) ^ (key.len() as u64);
    word.wrapping_mul(ODD).to_le_bytes()[7]
}
