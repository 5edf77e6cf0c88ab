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
    seen: u64,
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
        let bit = 1 << fingerprint(key.raw_bytes());
        let maybe_seen = self.seen & bit != 0;
        self.seen |= bit;
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

/// Tells most keys apart, and all of the native format from each other: length, first, middle and last byte, mixed to
/// six bits.
#[inline]
fn fingerprint(key: &[u8]) -> u32 {
    const MIX: u32 = 0x8a9a_021f;
    let (Some(first), Some(middle), Some(last)) = (key.first(), key.get(key.len() / 2), key.last()) else { return 0 };
    let length = key.len().to_le_bytes()[0];
    u32::from_le_bytes([*first, *middle, *last, length]).wrapping_mul(MIX) >> 26
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Field;

    #[test]
    fn the_native_formats_keys_are_told_apart_without_comparing() {
        let prints = Field::ALL.iter().fold(0_u64, |prints, field| prints | 1 << fingerprint(field.name().as_bytes()));
        assert_eq!(prints.count_ones() as usize, Field::ALL.len());
    }
}
