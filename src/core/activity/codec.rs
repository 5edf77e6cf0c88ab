//! One message of the activity log: a batch of records.
//!
//! Layout: magic `LW`, format version (1 byte), then the records one after another in postcard's wire format
//! (<https://postcard.jamesmunns.com/wire-format>). Kafka's own checksum covers the message; its compression does the packing.

use super::record::Record;
use thiserror::Error;

const MAGIC: [u8; 2] = *b"LW";
/// The version that this build writes.
pub const VERSION: u8 = 5;
/// The oldest version that this build reads: what came since was appended, so its records read as they are.
pub const OLDEST_VERSION: u8 = 3;
/// What a batch begins with.
pub const HEADER_BYTES: usize = 3;

/// A batch holds at most this many records.
pub const MAX_RECORDS: usize = 4_096;
/// A batch is closed once it holds this many bytes; one record may still exceed it by its own size.
pub const SOFT_MAX_BYTES: usize = 256 * 1024;
/// Room for a record by itself, before it has to grow.
const USUAL_RECORD_BYTES: usize = 512;
/// A record carries at most this many tags; longer lists are split over records by ingest.
pub const MAX_TAGS_A_RECORD: usize = 8_192;

/// Why a message of the activity log could not be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CodecError {
    /// The first bytes are not a batch's.
    #[error("not an activity batch: expected it to begin with `LW` and a version byte")]
    Magic,
    /// Written by another version.
    #[error("activity batch has version {found}, expected {OLDEST_VERSION} to {VERSION}")]
    Version {
        /// What the message says.
        found: u8,
    },
    /// Cut, or changed on the way.
    #[error("activity batch is damaged at record {ordinal}")]
    Damaged {
        /// Which record could not be read.
        ordinal: u32,
    },
    /// A record could not be written.
    #[error("activity record could not be encoded")]
    Encode,
}

/// Collects records into one message.
#[derive(Debug, Default)]
pub struct BatchBuilder {
    bytes: Vec<u8>,
    records: usize,
}

impl BatchBuilder {
    /// Appends a record.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the record cannot be written; the batch is then as it was.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), CodecError> {
        self.begin();
        let before = self.bytes.len();
        let writer = postcard::ser_flavors::io::WriteFlavor::new(&mut self.bytes);
        if postcard::serialize_with_flavor::<_, _, &mut Vec<u8>>(record, writer).is_err() {
            self.bytes.truncate(before);
            return Err(CodecError::Encode);
        }
        self.records += 1;
        Ok(())
    }

    /// Appends a record that [`encode`] wrote.
    pub fn push_encoded(&mut self, record: &[u8]) {
        self.begin();
        self.bytes.extend_from_slice(record);
        self.records += 1;
    }

    fn begin(&mut self) {
        if self.bytes.is_empty() {
            self.bytes.extend_from_slice(&MAGIC);
            self.bytes.push(VERSION);
        }
    }

    /// Whether the batch should be sent before more is added.
    pub fn is_full(&self) -> bool {
        self.records >= MAX_RECORDS || self.bytes.len() >= SOFT_MAX_BYTES
    }

    /// Whether it holds no record.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.records
    }

    /// The message so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.records = 0;
    }
}

/// One record by itself, as [`BatchBuilder::push_encoded`] takes it.
///
/// # Errors
/// [`CodecError::Encode`] if it cannot be written.
pub fn encode(record: &Record<'_>) -> Result<Vec<u8>, CodecError> {
    postcard::to_extend(record, Vec::with_capacity(USUAL_RECORD_BYTES)).map_err(|_| CodecError::Encode)
}

/// Reads one record that [`encode`] wrote.
///
/// # Errors
/// [`CodecError::Damaged`].
pub fn decode(record: &[u8]) -> Result<Record<'_>, CodecError> {
    postcard::from_bytes(record).map_err(|_| CodecError::Damaged { ordinal: 0 })
}

/// Reads the first of the records that [`BatchBuilder`] wrote one after another, after the header; gives the rest too.
///
/// # Errors
/// [`CodecError::Damaged`].
pub fn take(records: &[u8]) -> Result<(Record<'_>, &[u8]), CodecError> {
    postcard::take_from_bytes(records).map_err(|_| CodecError::Damaged { ordinal: 0 })
}

/// Reads the records of one message, borrowing from it.
#[derive(Debug)]
pub struct BatchReader<'a> {
    rest: &'a [u8],
    ordinal: u32,
}

impl<'a> BatchReader<'a> {
    /// Checks the header.
    ///
    /// # Errors
    /// [`CodecError::Magic`] or [`CodecError::Version`].
    pub fn new(message: &'a [u8]) -> Result<Self, CodecError> {
        let (header, rest) = message.split_at_checked(HEADER_BYTES).ok_or(CodecError::Magic)?;
        if header[..2] != MAGIC {
            return Err(CodecError::Magic);
        }
        if !(OLDEST_VERSION..=VERSION).contains(&header[2]) {
            return Err(CodecError::Version { found: header[2] });
        }
        Ok(Self { rest, ordinal: 0 })
    }
}

impl<'a> Iterator for BatchReader<'a> {
    type Item = Result<Record<'a>, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Ok((record, rest)) = take(self.rest) else {
            self.rest = &[];
            return Some(Err(CodecError::Damaged { ordinal: self.ordinal }));
        };
        self.rest = rest;
        self.ordinal += 1;
        Some(Ok(record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::activity::{Activity, Record, TagList, Tick};
    use crate::core::time::EventTime;
    use smallvec::smallvec;

    #[test]
    fn a_batch_is_read_back_without_copies() {
        let mut batch = BatchBuilder::default();
        let tags = [7_u64.to_le_bytes(), 8_u64.to_le_bytes()].concat();
        let mut activity = Activity { actor: "emp0042", id: Some("q-1"), ..Activity::default() };
        activity.tags = smallvec![TagList { kind: "phone", tags: &tags, members: &[1], canaries: &[] }];
        batch.push(&Record::Activity(activity.clone())).expect("encodes");
        batch.push(&Record::Tick(Tick { time: EventTime::MIN })).expect("encodes");
        let read: Vec<_> = BatchReader::new(batch.as_bytes()).expect("a header").collect();
        assert_eq!(read, [Ok(Record::Activity(activity)), Ok(Record::Tick(Tick { time: EventTime::MIN }))]);
    }
}
