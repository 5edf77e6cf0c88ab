//! A filter's directory: `manifest.json` and the files that it names.
//!
//! Files are named by their content and never change. Replacing a filter writes the new files beside the old ones, makes
//! them durable, then renames the new manifest over the old one: that rename is the moment of change, so a reader, and
//! whoever comes after a crash, finds one whole filter. Files that no manifest names are removed afterwards.

use crate::core::filter::{FilterSet, Manifest, ManifestError, OpenError, StoredFile};
use crate::core::identifiers::KeyFingerprint;
use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Held by whoever replaces the filter.
const LOCK_FILE: &str = ".lock";
/// Files on their way begin so.
const TEMPORARY_PREFIX: &str = ".new-";
/// A reader tries again this often when the filter is replaced under its hands.
const MAX_READS: usize = 5;
/// The path of the key that the filter was built with is in `key-<fingerprint>.path`, for `filter check` on the same
/// machine. It is no part of the filter.
const KEY_PATH_PREFIX: &str = "key-";
const KEY_PATH_SUFFIX: &str = ".path";

/// Why a filter's directory cannot be read.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is no manifest.
    #[error("{}: no manifest.json: not a filter's directory", dir.display())]
    NotAFilter {
        /// Where.
        dir: PathBuf,
    },
    /// The manifest cannot be read.
    #[error("{}/manifest.json: {reason}", dir.display())]
    Read {
        /// Where.
        dir: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// The manifest is refused.
    #[error("{}/manifest.json: {reason}", dir.display())]
    Manifest {
        /// Where.
        dir: PathBuf,
        /// Why.
        reason: ManifestError,
    },
    /// The manifest or one of its files is refused.
    #[error("{}/{reason}", dir.display())]
    Open {
        /// Where.
        dir: PathBuf,
        /// Why.
        reason: OpenError<io::Error>,
    },
}

impl LoadError {
    /// Whether the filter is whole but was built with another key.
    pub fn is_wrong_key(&self) -> bool {
        matches!(self, Self::Open { reason: OpenError::Manifest(ManifestError::Key { .. }), .. })
    }
}

/// Why a filter's directory cannot be replaced.
#[derive(Debug, Error)]
pub enum ReplaceError {
    /// It holds other things.
    #[error("{}: not empty and not a filter's directory: expected one to replace, or a new one", dir.display())]
    Foreign {
        /// Where.
        dir: PathBuf,
    },
    /// Somebody else is replacing it.
    #[error("{}: another build is writing there", dir.display())]
    Busy {
        /// Where.
        dir: PathBuf,
    },
    /// The file system refuses.
    #[error("{}: {reason}", path.display())]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
}

/// Reads the manifest in `dir`.
///
/// # Errors
/// [`LoadError`], where there is none or it is of another version.
pub fn read_manifest(dir: &Path) -> Result<Manifest, LoadError> {
    let bytes = fs::read(dir.join(Manifest::FILE_NAME)).map_err(|reason| match reason.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => LoadError::NotAFilter { dir: dir.to_owned() },
        _ => LoadError::Read { dir: dir.to_owned(), reason },
    })?;
    Manifest::from_json(&bytes).map_err(|reason| LoadError::Manifest { dir: dir.to_owned(), reason })
}

/// Verifies the filter in `dir` without its key.
///
/// # Errors
/// [`LoadError`], as for [`load`].
pub fn verify(dir: &Path) -> Result<Manifest, LoadError> {
    let manifest = read_manifest(dir)?;
    let set = load(dir, &manifest.key_fingerprint)?;
    Ok(set.manifest().clone())
}

/// Reads and verifies the filter in `dir`, whose tags were made with `key`.
///
/// # Errors
/// [`LoadError`] with the precise reason: another key or version, a missing or damaged file.
pub fn load(dir: &Path, key: &KeyFingerprint) -> Result<FilterSet, LoadError> {
    let mut manifest = read_manifest(dir)?;
    for _ in 1..MAX_READS {
        let opened = open(dir, manifest.clone(), key);
        if !matches!(&opened, Err(LoadError::Open { reason: OpenError::Read { .. }, .. })) {
            return opened;
        }
        let again = read_manifest(dir)?;
        if again == manifest {
            return opened;
        }
        manifest = again;
    }
    open(dir, manifest, key)
}

fn open(dir: &Path, manifest: Manifest, key: &KeyFingerprint) -> Result<FilterSet, LoadError> {
    FilterSet::open(manifest, key, |name| fs::read(dir.join(name)))
        .map_err(|reason| LoadError::Open { dir: dir.to_owned(), reason })
}

/// Whether [`replace`] may write to `dir`: it does not exist, is empty, or holds a filter.
///
/// # Errors
/// [`ReplaceError::Foreign`], or [`ReplaceError::Io`].
pub fn check_target(dir: &Path) -> Result<(), ReplaceError> {
    let failed = |reason| ReplaceError::Io { path: dir.to_owned(), reason };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if dir.join(Manifest::FILE_NAME).exists() {
        return Ok(());
    }
    for entry in entries {
        if !is_ours(&entry.map_err(failed)?.file_name()) {
            return Err(ReplaceError::Foreign { dir: dir.to_owned() });
        }
    }
    Ok(())
}

/// Makes `dir` hold exactly the filter of `manifest` with its `files`, in one step. `key_path` is noted beside it.
///
/// # Errors
/// [`ReplaceError`]; the old filter is then still whole.
pub fn replace(
    dir: &Path,
    manifest: &Manifest,
    files: &[(StoredFile, Vec<u8>)],
    key_path: &Path,
) -> Result<(), ReplaceError> {
    check_target(dir)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |reason| ReplaceError::Io { path, reason }
    };
    fs::create_dir_all(dir).map_err(failed(dir))?;
    let lock = File::create(dir.join(LOCK_FILE)).map_err(failed(dir))?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => ReplaceError::Busy { dir: dir.to_owned() },
        TryLockError::Error(reason) => ReplaceError::Io { path: dir.to_owned(), reason },
    })?;
    for (file, bytes) in files {
        write_durably(dir, &file.name, bytes).map_err(failed(&dir.join(&file.name)))?;
    }
    let key_name = format!("{KEY_PATH_PREFIX}{}{KEY_PATH_SUFFIX}", manifest.key_fingerprint);
    write_durably(dir, &key_name, key_path.as_os_str().as_bytes()).map_err(failed(&dir.join(&key_name)))?;
    sync_dir(dir).map_err(failed(dir))?;
    let json = manifest.to_json().map_err(io::Error::other).map_err(failed(dir))?;
    write_durably(dir, Manifest::FILE_NAME, json.as_bytes()).map_err(failed(&dir.join(Manifest::FILE_NAME)))?;
    sync_dir(dir).map_err(failed(dir))?;
    remove_others(dir, manifest, &key_name).map_err(failed(dir))
}

/// Where the key of the filter in `dir` was when it was built.
pub fn key_path(dir: &Path, manifest: &Manifest) -> Option<PathBuf> {
    let name = format!("{KEY_PATH_PREFIX}{}{KEY_PATH_SUFFIX}", manifest.key_fingerprint);
    let bytes = fs::read(dir.join(name)).ok()?;
    Some(PathBuf::from(OsStr::from_bytes(&bytes)))
}

/// Writes a file under another name, makes it durable, then gives it its name.
fn write_durably(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = dir.join(format!("{TEMPORARY_PREFIX}{name}"));
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(temporary, dir.join(name))
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Removes what earlier filters, and builds that did not finish, left.
fn remove_others(dir: &Path, manifest: &Manifest, key_name: &str) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let kept = [Manifest::FILE_NAME, LOCK_FILE, key_name].into_iter().any(|kept| name == kept)
            || manifest.files().any(|file| name == file.name.as_str());
        if is_ours(&name) && !kept {
            fs::remove_file(dir.join(name))?;
        }
    }
    Ok(())
}

/// Whether a file of this name is part of some filter.
fn is_ours(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name == LOCK_FILE.as_bytes()
        || name.starts_with(TEMPORARY_PREFIX.as_bytes())
        || name.ends_with(StoredFile::SUFFIX.as_bytes())
        || (name.starts_with(KEY_PATH_PREFIX.as_bytes()) && name.ends_with(KEY_PATH_SUFFIX.as_bytes()))
}

#[cfg(test)]
mod tests;
