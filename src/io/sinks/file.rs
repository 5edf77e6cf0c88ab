//! Incidents as lines of a file.

use super::{IncidentLine, Sink, SinkError, SinkSetupError};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Appends each line to a file.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    file: File,
}

impl FileSink {
    /// Opens `path` for appending; makes it where it is missing.
    ///
    /// # Errors
    /// [`SinkSetupError::File`].
    pub fn open(path: &Path) -> Result<Self, SinkSetupError> {
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(|error| SinkSetupError::File {
            what: "a file for incidents",
            file: path.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self { path: path.to_owned(), file })
    }
}

impl Sink for FileSink {
    fn deliver(&mut self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        let mut whole = Vec::with_capacity(line.json.len() + 1);
        whole.extend_from_slice(line.json);
        whole.push(b'\n');
        let written = self.file.write_all(&whole).and_then(|()| self.file.sync_data());
        written.map_err(|source| SinkError::File { file: self.path.clone(), source })
    }
}
