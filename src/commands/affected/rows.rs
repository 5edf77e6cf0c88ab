//! The customers' own rows: found by their keyed tags, written with what happened to them.

use crate::commands::failure::Failure;
use crate::core::affected::{Touch, Touched};
use crate::core::identifiers::normalise;
use crate::core::ingest::Knowledge;
use crate::io::customer_csv::{CsvError, CustomerCsv};
use anyhow::anyhow;
use csv::ByteRecord;
use std::io;
use std::path::Path;

/// What is added to each row.
const COLUMNS: [&str; 4] = ["read", "egressed", "first", "last"];

/// How many rows were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Rows in the file.
    pub rows: u64,
    /// Rows that the incidents concern.
    pub found: u64,
    /// Those of them that were read.
    pub read: u64,
    /// Those that left.
    pub egressed: u64,
    /// Those that were read and left.
    pub both: u64,
}

impl Tally {
    fn add(&mut self, touch: Touch) {
        let (read, egressed) = (touch.read > 0, touch.egressed > 0);
        self.found += 1;
        self.read += u64::from(read);
        self.egressed += u64::from(egressed);
        self.both += u64::from(read && egressed);
    }
}

/// Opens the customers' file.
///
/// # Errors
/// [`Failure::Usage`], if it is none.
pub(super) fn open(path: &Path) -> Result<CustomerCsv, Failure> {
    CustomerCsv::open(path, |raw| raw).map_err(Failure::usage)
}

/// Writes the rows that `touched` concerns to standard output.
///
/// # Errors
/// [`Failure::Run`], if a row cannot be read or written.
pub(super) fn write(customers: CustomerCsv, touched: &Touched, knowledge: &Knowledge) -> Result<Tally, Failure> {
    let columns = customers.columns.clone();
    let mut out = csv::Writer::from_writer(io::BufWriter::new(io::stdout().lock()));
    let (mut tally, mut normal, mut set) = (Tally::default(), String::new(), String::new());
    let mut header = customers.header.clone();
    for name in COLUMNS {
        header.push_field(name.as_bytes());
    }
    out.write_record(&header).map_err(Failed::from)?;
    let rows = customers.rows(|row, _| {
        let found = columns.iter().filter_map(|column| {
            let value = std::str::from_utf8(column.value(row)).ok()?;
            let known = normalise(&column.kind, value, knowledge.region, &mut normal);
            if known { under_any_key(touched, knowledge, column.kind.name(), &normal, &mut set) } else { None }
        });
        let Some(touch) = found.reduce(Touch::merged) else { return Ok::<(), Failed>(()) };
        tally.add(touch);
        Ok(out.write_record(&with(row, touch))?)
    })?;
    out.flush().map_err(Failure::run)?;
    Ok(Tally { rows, ..tally })
}

/// The log may hold the same customer under several keys; `set` is scratch.
fn under_any_key(
    touched: &Touched,
    knowledge: &Knowledge,
    kind: &str,
    normal: &str,
    set: &mut String,
) -> Option<Touch> {
    let found = knowledge.taggers().filter_map(|tagger| {
        set.clear();
        tagger.name_set(kind, set);
        touched.find(set, tagger.tag(kind, normal))
    });
    found.reduce(Touch::merged)
}

fn with(row: &ByteRecord, touch: Touch) -> ByteRecord {
    let mut row = row.clone();
    for field in [touch.read.to_string(), touch.egressed.to_string(), touch.first.to_string(), touch.last.to_string()] {
        row.push_field(field.as_bytes());
    }
    row
}

/// Why a row could not be read or written. The library's own words may quote the row.
enum Failed {
    Read(CsvError),
    Written(csv::Error),
}

impl From<CsvError> for Failed {
    fn from(error: CsvError) -> Self {
        Self::Read(error)
    }
}

impl From<csv::Error> for Failed {
    fn from(error: csv::Error) -> Self {
        Self::Written(error)
    }
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Read(error) => Self::run(error),
            Failed::Written(error) => match error.into_kind() {
                csv::ErrorKind::Io(error) => Self::run(error),
                _ => Self::run(anyhow!("standard output: expected to write a row")),
            },
        }
    }
}
