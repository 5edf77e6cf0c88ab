//! Keyed tags: SipHash-2-4 of kind and normal form under the deployment's key.
//!
//! The key makes the tags useless to a thief: there are few enough telephone numbers that an unkeyed hash is tried out in
//! seconds. The hash: Aumasson and Bernstein, "`SipHash`: a fast short-input PRF", 2012.

use crate::core::units::Tag;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use siphasher::sip::SipHasher24;
use std::fmt;
use std::hash::Hasher as _;
use thiserror::Error;

/// Bytes of a key.
pub const KEY_BYTES: usize = 16;
/// First line of a key file; the second is the key in hexadecimal.
const FILE_HEADER: &str = "leakwatch tag key 1";
/// Stands between a kind's name and the fingerprint of the key, in the name of a tag set.
const OF_KEY: char = '#';
/// Keeps the fingerprint apart from every other use of the key.
const FINGERPRINT_PREFIX: &[u8] = b"leakwatch tag key fingerprint\0";

/// The deployment's secret. Whoever has it can try out identifiers against filters and the activity log.
#[derive(Clone, PartialEq, Eq)]
pub struct TagKey([u8; KEY_BYTES]);

/// Names a key without telling it: the first 8 hexadecimal digits of a SHA-256 of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyFingerprint(String);

/// Why a key file's text is not a key.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum KeyError {
    /// Another kind of file.
    #[error("line 1: expected `leakwatch tag key 1`")]
    Header,
    /// No key, or a broken one.
    #[error("line 2: expected a key of 32 hexadecimal digits")]
    Key,
    /// Something follows the key.
    #[error("line 3: expected the end of the file")]
    Trailing,
}

impl TagKey {
    /// A key of random bytes, which the caller drew.
    pub const fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads a key file: the line `leakwatch tag key 1`, then 32 hexadecimal digits.
    ///
    /// # Errors
    /// [`KeyError`] says which line is wrong, never what is in it.
    pub fn from_file_text(text: &str) -> Result<Self, KeyError> {
        let mut lines = text.lines().map(str::trim_end);
        if lines.next() != Some(FILE_HEADER) {
            return Err(KeyError::Header);
        }
        let hex = lines.next().filter(|hex| hex.len() == 2 * KEY_BYTES && hex.is_ascii()).ok_or(KeyError::Key)?;
        let mut bytes = [0; KEY_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte =
                hex_value(pair[0]).zip(hex_value(pair[1])).map(|(high, low)| high << 4 | low).ok_or(KeyError::Key)?;
        }
        if lines.any(|line| !line.is_empty()) {
            return Err(KeyError::Trailing);
        }
        Ok(Self(bytes))
    }

    /// The text of a key file. Secret.
    pub fn to_file_text(&self) -> String {
        format!("{FILE_HEADER}\n{}\n", crate::core::hex::lower(&self.0))
    }

    /// The key's public name.
    pub fn fingerprint(&self) -> KeyFingerprint {
        let digest = Sha256::new().chain_update(FINGERPRINT_PREFIX).chain_update(self.0).finalize();
        KeyFingerprint(crate::core::hex::lower(&digest[..4]))
    }
}

impl KeyFingerprint {
    /// Whether it can be one: what was read from a file may be anything.
    pub fn is_well_formed(&self) -> bool {
        self.0.len() == 8 && self.0.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Eight hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TagKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TagKey({})", self.fingerprint())
    }
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The kind of the tags in a set, by the set's name.
pub fn kind_of_set(name: &str) -> &str {
    let of_key = |(_, key): &(&str, &str)| key.len() == 8 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.rsplit_once(OF_KEY).filter(of_key).map_or(name, |(kind, _)| kind)
}

/// Makes tags under one key.
#[derive(Clone)]
pub struct Tagger {
    hasher: SipHasher24,
    fingerprint: KeyFingerprint,
    apart: bool,
}

impl Tagger {
    /// Tags under `key`, the only one that there will ever be: sets of tags are called as their kind.
    pub fn new(key: &TagKey) -> Self {
        Self { hasher: SipHasher24::new_with_key(&key.0), fingerprint: key.fingerprint(), apart: false }
    }

    /// Tags under `key`, whose sets bear its fingerprint: those of two keys never count together, and a key's sets are
    /// called the same before, during and after an overlap with another.
    pub fn apart(key: &TagKey) -> Self {
        Self { apart: true, ..Self::new(key) }
    }

    /// Appends what the set of this key's tags of `kind` is called.
    pub fn name_set(&self, kind: &str, name: &mut String) {
        name.push_str(kind);
        if self.apart {
            name.push(OF_KEY);
            name.push_str(self.fingerprint.as_str());
        }
    }

    /// The tag of a normal form: of the kind's name, a zero byte and the text.
    pub fn tag(&self, kind: &str, normal: &str) -> Tag {
        let mut hasher = self.hasher;
        hasher.write(kind.as_bytes());
        hasher.write(&[0]);
        hasher.write(normal.as_bytes());
        Tag(hasher.finish())
    }

    /// A keyed digest of bytes that must not be shown, such as a rejected record; apart from every tag.
    pub fn digest(&self, bytes: &[u8]) -> u64 {
        let mut hasher = self.hasher;
        hasher.write(&[0]);
        hasher.write(bytes);
        hasher.finish()
    }

    /// The key's public name.
    pub const fn fingerprint(&self) -> &KeyFingerprint {
        &self.fingerprint
    }
}

impl fmt::Debug for Tagger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tagger({})", self.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: TagKey = TagKey::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

    #[test]
    fn a_set_is_called_after_its_kind_and_its_key() {
        let name = |tagger: &Tagger, kind: &str| {
            let mut name = String::new();
            tagger.name_set(kind, &mut name);
            name
        };
        assert_eq!(name(&Tagger::new(&KEY), "phone"), "phone");
        let set = name(&Tagger::apart(&KEY), "phone");
        assert_eq!(set, format!("phone#{}", KEY.fingerprint()));
        assert_eq!((kind_of_set(&set), kind_of_set("phone"), kind_of_set("a#b")), ("phone", "phone", "a#b"));
        assert_ne!(set, name(&Tagger::apart(&TagKey::new([9; KEY_BYTES])), "phone"));
    }

    #[test]
    fn a_key_file_is_read_back() {
        let text = KEY.to_file_text();
        insta::assert_snapshot!(text, @"
        leakwatch tag key 1
        000102030405060708090a0b0c0d0e0f
        ");
        assert_eq!(TagKey::from_file_text(&text), Ok(KEY));
        assert_eq!(TagKey::from_file_text(&text.replace('\n', "\r\n")), Ok(KEY));
    }

    #[test]
    fn a_broken_key_file_is_refused_with_its_line() {
        assert_eq!(TagKey::from_file_text(""), Err(KeyError::Header));
        assert_eq!(TagKey::from_file_text("leakwatch tag key 1\n00"), Err(KeyError::Key));
        assert_eq!(TagKey::from_file_text(&KEY.to_file_text().replace("00", "0g")), Err(KeyError::Key));
        assert_eq!(TagKey::from_file_text(&(KEY.to_file_text() + "x")), Err(KeyError::Trailing));
    }

    #[test]
    fn a_key_is_never_printed() {
        let fingerprint = KEY.fingerprint();
        assert_eq!(fingerprint.as_str().len(), 8);
        assert_eq!(format!("{KEY:?} {:?}", Tagger::new(&KEY)), format!("TagKey({fingerprint}) Tagger({fingerprint})"));
    }

    #[test]
    fn tags_are_siphash_2_4_of_kind_zero_and_text() {
        let hasher = SipHasher24::new_with_key(&KEY.0);
        let tagger = Tagger::new(&KEY);
        assert_eq!(tagger.tag("phone", "+8613800138000"), Tag(hasher.hash(b"phone\0+8613800138000")));
        // The reference implementation's vector for 15 bytes 00, 01, … 0e under this key.
        assert_eq!(hasher.hash(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]), 0xa129_ca61_49be_45e5);
        assert_ne!(tagger.tag("phone", "1"), tagger.tag("card", "1"));
        assert_ne!(tagger.tag("phone", "1").0, tagger.digest(b"phone\x001"));
    }
}
