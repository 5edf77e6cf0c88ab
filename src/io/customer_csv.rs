//! Customer files: CSV with a header whose columns are kinds of identifier, plain or compressed (gzip, zstd).

use crate::core::identifiers::IdentifierKind;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use thiserror::Error;

/// A row longer than this is no row of customers, but another kind of file or a quote that never closes.
const MAX_ROW_BYTES: u64 = 16 << 20;
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
const BUFFER_BYTES: usize = 1 << 20;

/// Why a customer file cannot be used. No message tells a value.
#[derive(Debug, Error)]
pub enum CsvError {
    /// It cannot be opened.
    #[error("{}: {reason}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// The header names no kind.
    #[error(
        "{}:1: none of the {columns} columns is a kind of identifier: expected a header with at least one of phone, \
         email, national_id, card, iban, customer_id, separated by commas",
        path.display()
    )]
    NoKind {
        /// Which.
        path: PathBuf,
        /// How many columns its first line has.
        columns: usize,
    },
    /// It cannot be read to its end.
    #[error("{}:{line}: {reason}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// Why.
        reason: io::Error,
    },
    /// A row has more or fewer fields than the header.
    #[error("{}:{line}: {found} fields, expected {expected} as in the header", path.display())]
    Fields {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// The row's.
        found: u64,
        /// The header's.
        expected: u64,
    },
    /// A row is too long.
    #[error("{}:{line}: a row of more than {MAX_ROW_BYTES} bytes, expected an end or a closing quote", path.display())]
    Row {
        /// Which.
        path: PathBuf,
        /// Where the row begins, from 1.
        line: u64,
    },
}

/// One column that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its place, from 0.
    at: usize,
    /// What it holds.
    pub kind: IdentifierKind,
}

/// An open customer file.
pub struct CustomerCsv {
    path: PathBuf,
    reader: csv::Reader<RowLimit>,
    /// Bytes that may still be read for this row.
    left: Rc<Cell<u64>>,
    /// The first line.
    pub header: csv::ByteRecord,
    /// Columns that are kinds.
    pub columns: Vec<Column>,
    /// Names of the other columns.
    pub ignored: Vec<String>,
}

impl CustomerCsv {
    /// Opens `path` (`-` is standard input) and reads the header. `watch` wraps the raw bytes, for progress.
    ///
    /// # Errors
    /// [`CsvError::Open`], [`CsvError::NoKind`], or an unreadable header.
    pub fn open(path: &Path, watch: impl FnOnce(Box<dyn Read>) -> Box<dyn Read>) -> Result<Self, CsvError> {
        let reader = if path == Path::new("-") {
            decompressed(watch(Box::new(io::stdin())))
        } else {
            File::open(path).and_then(|file| decompressed(watch(Box::new(file))))
        };
        let reader = reader.map_err(|reason| CsvError::Open { path: path.to_owned(), reason })?;
        let left = Rc::new(Cell::new(MAX_ROW_BYTES));
        let reader = RowLimit { inner: reader, left: Rc::clone(&left) };
        let mut reader = csv::ReaderBuilder::new().buffer_capacity(BUFFER_BYTES).from_reader(reader);
        let header = reader.byte_headers().cloned().map_err(|error| wrong(path, 1, error))?;
        let (mut columns, mut ignored) = (Vec::new(), Vec::new());
        for (at, name) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(name).trim().to_owned();
            match IdentifierKind::from_name(&name.to_ascii_lowercase()) {
                IdentifierKind::Other(_) => ignored.push(name),
                kind => columns.push(Column { at, kind }),
            }
        }
        if columns.is_empty() {
            return Err(CsvError::NoKind { path: path.to_owned(), columns: header.len() });
        }
        Ok(Self { path: path.to_owned(), reader, left, header, columns, ignored })
    }

    /// Gives every value of every kind column to `each`, with the column's place in [`Self::columns`] and the line; a
    /// value that is not UTF-8 comes as its bytes. Returns the number of rows.
    ///
    /// # Errors
    /// [`CsvError`], with the line.
    pub fn read(self, mut each: impl FnMut(usize, &[u8], u64)) -> Result<u64, CsvError> {
        let columns = self.columns.clone();
        self.rows(|row, line| {
            for (place, column) in columns.iter().enumerate() {
                each(place, column.value(row), line);
            }
            Ok(())
        })
    }

    /// Gives every row to `each`, with its line. Returns the number of rows.
    ///
    /// # Errors
    /// [`CsvError`], with the line, or what `each` says.
    pub fn rows<E: From<CsvError>>(
        mut self,
        mut each: impl FnMut(&csv::ByteRecord, u64) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut row = csv::ByteRecord::new();
        let mut rows = 0;
        loop {
            let line = self.reader.position().line();
            self.left.set(MAX_ROW_BYTES);
            match self.reader.read_byte_record(&mut row) {
                Ok(true) => rows += 1,
                Ok(false) => return Ok(rows),
                Err(_) if self.left.get() == 0 => return Err(CsvError::Row { path: self.path, line }.into()),
                Err(error) => return Err(wrong(&self.path, line, error).into()),
            }
            each(&row, row.position().map_or(line, csv::Position::line))?;
        }
    }
}

impl Column {
    /// Its value in a row.
    pub fn value<'a>(&self, row: &'a csv::ByteRecord) -> &'a [u8] {
        row.get(self.at).unwrap_or_default()
    }
}

/// Words the library's errors without quoting the file.
fn wrong(path: &Path, line: u64, error: csv::Error) -> CsvError {
    let path = path.to_owned();
    let line = error.position().map_or(line, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(reason) => CsvError::Read { path, line, reason },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            CsvError::Fields { path, line, found: len, expected: expected_len }
        }
        _ => CsvError::Read { path, line, reason: io::Error::other("not CSV") },
    }
}

/// Fails a row that does not end, before memory does.
struct RowLimit {
    inner: Box<dyn Read>,
    left: Rc<Cell<u64>>,
}

impl Read for RowLimit {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.inner.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(read as u64));
        Ok(read)
    }
}

/// Looks at the first bytes, not at the name.
fn decompressed(mut raw: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    let mut start = Vec::with_capacity(4);
    raw.by_ref().take(4).read_to_end(&mut start)?;
    let (gzip, zstd) = (start.starts_with(&GZIP_MAGIC), start.starts_with(&ZSTD_MAGIC));
    let whole = BufReader::with_capacity(BUFFER_BYTES, io::Cursor::new(start).chain(raw));
    Ok(if gzip {
        Box::new(flate2::bufread::MultiGzDecoder::new(whole))
    } else if zstd {
        Box::new(zstd::stream::read::Decoder::with_buffer(whole)?)
    } else {
        Box::new(whole)
    })
}

#[cfg(test)]
mod tests;
