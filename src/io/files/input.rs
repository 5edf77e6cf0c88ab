//! Opening what a command line names.

use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use thiserror::Error;

/// What is read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// A file that cannot be opened.
#[derive(Debug, Error)]
#[error("{path}: {source}")]
pub struct InputError {
    path: String,
    source: io::Error,
}

/// Opens `path`: `-` is standard input, `.gz` and `.zst` are unpacked.
///
/// # Errors
/// [`InputError`] if it cannot be opened.
pub fn open(path: &str) -> Result<Box<dyn BufRead + Send>, InputError> {
    if path == "-" {
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, io::stdin())));
    }
    open_file(path).map_err(|source| InputError { path: path.into(), source })
}

fn open_file(path: &str) -> io::Result<Box<dyn BufRead + Send>> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "expected a file, found a directory"));
    }
    let plain = BufReader::with_capacity(BUFFER_BYTES, file);
    let extension = Path::new(path).extension().map(std::ffi::OsStr::to_ascii_lowercase);
    match extension.as_ref().and_then(|extension| extension.to_str()) {
        Some("gz") => Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(plain)))),
        Some("zst") => {
            let decoder = zstd::Decoder::with_buffer(plain)?;
            Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder)))
        }
        Some(_) | None => Ok(Box::new(plain)),
    }
}
