//! The deployment's key on disk.

use crate::core::identifiers::{KeyError, TagKey};
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A key file is far shorter; another file given by mistake is not read whole.
const MAX_FILE_BYTES: u64 = 4_096;
/// Only the owner reads a key.
const MODE: u32 = 0o600;

/// Why a key file cannot be used.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// It cannot be opened, read or written.
    #[error("key file {}: {reason}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// It holds no key.
    #[error("key file {}: {reason}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// Which line, and what was expected there.
        reason: KeyError,
    },
}

/// Reads the key in `path`.
///
/// # Errors
/// [`KeyFileError`], which never tells the content.
pub fn read(path: &Path) -> Result<TagKey, KeyFileError> {
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES).read_to_string(&mut text))
        .map_err(|reason| KeyFileError::Io { path: path.to_owned(), reason })?;
    TagKey::from_file_text(&text).map_err(|reason| KeyFileError::Content { path: path.to_owned(), reason })
}

/// Writes `key` to `path`, readable by its owner only.
///
/// # Errors
/// [`KeyFileError::Io`], also where the file exists: a key that is overwritten makes every filter and log useless.
pub fn create(path: &Path, key: &TagKey) -> Result<(), KeyFileError> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
        file.write_all(key.to_file_text().as_bytes())?;
        file.sync_all()
    };
    write().map_err(|reason| KeyFileError::Io { path: path.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_kept_private_and_never_overwritten() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("tag.key");
        create(&path, &TagKey::new([1; 16])).expect("is written");
        assert_eq!(std::fs::metadata(&path).expect("is there").permissions().mode() & 0o777, MODE);
        assert!(create(&path, &TagKey::new([2; 16])).is_err());
        assert_eq!(read(&path).expect("is read"), TagKey::new([1; 16]));
    }

    #[test]
    fn errors_name_the_file_and_not_its_content() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("tag.key");
        std::fs::write(&path, "leakwatch tag key 1\nhunter2\n").expect("is written");
        let message = read(&path).expect_err("is refused").to_string();
        assert!(message.contains("tag.key: line 2: expected"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}
