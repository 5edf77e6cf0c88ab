//! What a write to a directory leaves when its process is killed: a file beside the place, under its name, `#` and a number.

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, Result};
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::time::Duration;

/// A file that nobody has written to for so long has no writer any more: a write is given up after minutes, by the writer
/// too. Whoever lets one rest longer, stopped by a signal say, fails with an error and writes anew.
pub const STAGED_AT_MOST: Duration = Duration::from_hours(1);

/// The unfinished files of a store in a directory, which the store itself neither lists nor deletes.
#[derive(Clone, Debug)]
pub struct Staging(LocalFileSystem);

impl Staging {
    pub(super) const fn of(directory: LocalFileSystem) -> Self {
        Self(directory)
    }

    /// Deletes the files of `folder` that were to become one of `ours` and are older than [`STAGED_AT_MOST`]; says how many.
    ///
    /// # Errors
    /// [`Error::Generic`] where the directory cannot be read or a file not be deleted.
    pub fn clear(&self, folder: &Path, ours: fn(&str) -> bool) -> Result<usize> {
        let place = self.0.path_to_filesystem(folder)?;
        let entries = match fs::read_dir(place) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(failed(error)),
        };
        let mut cleared = 0;
        for entry in entries {
            let entry = entry.map_err(failed)?;
            if is_staged(&entry, ours) {
                cleared += usize::from(remove_if_old(&entry).map_err(failed)?);
            }
        }
        Ok(cleared)
    }
}

fn is_staged(entry: &DirEntry, ours: fn(&str) -> bool) -> bool {
    let name = entry.file_name();
    let parts = name.to_str().and_then(|name| name.rsplit_once('#'));
    parts.is_some_and(|(to_become, number)| number.parse::<u64>().is_ok() && ours(to_become))
}

/// Another process may have removed it, or ended its write, meanwhile.
fn remove_if_old(entry: &DirEntry) -> io::Result<bool> {
    let removed = entry.metadata().and_then(|file| {
        // Written in the future: its clock is not ours, so its age is not known.
        let old = file.modified()?.elapsed().is_ok_and(|age| age > STAGED_AT_MOST);
        if file.is_file() && old { fs::remove_file(entry.path()).map(|()| true) } else { Ok(false) }
    });
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        done => done,
    }
}

fn failed(source: io::Error) -> Error {
    Error::Generic { store: "directory", source: Box::new(source) }
}
