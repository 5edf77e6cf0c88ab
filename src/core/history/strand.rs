//! What one partition of the log holds, packed by itself until all partitions are woven into one history.

use super::{History, HistoryError};
use crate::core::activity::{Activity, BatchBuilder, Control, Record, codec};
use crate::core::detector::Origins;
use crate::core::time::EventTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One partition's records, in its order.
#[derive(Debug, Default)]
pub struct Strand {
    origins: Origins,
    batch: BatchBuilder,
    packed: Vec<Box<[u8]>>,
    packed_bytes: usize,
}

impl Strand {
    /// Takes up a record of the log. Delivery is at least once: what stands there twice counts once.
    ///
    /// # Errors
    /// [`HistoryError`]
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), HistoryError> {
        match record {
            Record::Activity(activity) if !self.origins.is_new(&activity.origin) => return Ok(()),
            Record::Activity(_) | Record::Control(Control::Filter(_) | Control::Source(_)) => {}
            Record::Control(
                Control::Rules { .. }
                | Control::FilterStaleAfter { .. }
                | Control::Gap { .. }
                | Control::StateIncomplete { .. }
                | Control::SetAside { .. }
                | Control::LeftOut { .. }
                | Control::DirectoryRefused { .. }
                | Control::Heartbeat { .. }
                | Control::SnapshotsSkipped { .. },
            )
            | Record::Tick(_)
            | Record::Pool(_)
            | Record::Roles(_)
            | Record::Source(_)
            | Record::SourceRows(_) => return Ok(()),
        }
        self.batch.push(record).map_err(|_| HistoryError::Packing)?;
        if self.batch.is_full() { self.close() } else { Ok(()) }
    }

    /// Leaves a record of the log out, as detect did: an activity that comes again is dropped like one that counts.
    pub fn pass_over(&mut self, record: &Record<'_>) {
        if let Record::Activity(activity) = record {
            self.origins.is_new(&activity.origin);
        }
    }

    /// What it takes in memory, but for the last batch.
    pub const fn packed_bytes(&self) -> usize {
        self.packed_bytes
    }

    fn close(&mut self) -> Result<(), HistoryError> {
        if !self.batch.is_empty() {
            let packed = super::pack(&self.batch)?;
            self.batch.clear();
            self.packed_bytes += packed.len();
            self.packed.push(packed);
        }
        if self.packed_bytes > super::MAX_PACKED_BYTES { Err(HistoryError::TooLong) } else { Ok(()) }
    }
}

impl History {
    /// All strands as one, by when events arrived; each strand keeps its order. What is known of filters and sources is
    /// the same in every partition: the first one's is taken.
    ///
    /// # Errors
    /// [`HistoryError`]
    pub fn weave(&mut self, strands: Vec<Strand>) -> Result<(), HistoryError> {
        let mut readers = Vec::new();
        for mut strand in strands {
            strand.close()?;
            readers.push(Reader::new(strand.packed));
        }
        let mut heads: BinaryHeap<_> =
            readers.iter().enumerate().filter_map(|(at, reader)| Some(Reverse((reader.next_at()?, at)))).collect();
        while let Some(Reverse((_, at))) = heads.pop() {
            readers[at].take(|record| match record {
                Record::Control(_) if at > 0 => Ok(()),
                Record::Control(_)
                | Record::Activity(_)
                | Record::Tick(_)
                | Record::Pool(_)
                | Record::Roles(_)
                | Record::Source(_)
                | Record::SourceRows(_) => self.push(record),
            })?;
            heads.extend(readers[at].next_at().map(|next| Reverse((next, at))));
        }
        self.close()
    }
}

/// Reads a strand, a batch in hand at a time.
struct Reader {
    packed: std::vec::IntoIter<Box<[u8]>>,
    bytes: Vec<u8>,
    place: usize,
    now: EventTime,
}

impl Reader {
    fn new(packed: Vec<Box<[u8]>>) -> Self {
        let mut reader = Self { packed: packed.into_iter(), bytes: Vec::new(), place: 0, now: EventTime::MIN };
        reader.turn();
        reader
    }

    /// Takes up the next batch once one is read.
    fn turn(&mut self) {
        while self.place >= self.bytes.len() {
            let Some(packed) = self.packed.next() else { return };
            self.bytes = super::unpack(&packed);
            self.place = codec::HEADER_BYTES;
        }
        self.now = self.now.max(self.head().map_or(EventTime::MIN, |head| head.received));
    }

    fn head(&self) -> Option<Activity<'_>> {
        match codec::take(self.bytes.get(self.place..)?) {
            Ok((Record::Activity(activity), _)) => Some(activity),
            Ok((
                Record::Control(_)
                | Record::Tick(_)
                | Record::Pool(_)
                | Record::Roles(_)
                | Record::Source(_)
                | Record::SourceRows(_),
                _,
            ))
            | Err(_) => None,
        }
    }

    /// When the next record arrived; what tells no time follows the one before it.
    fn next_at(&self) -> Option<EventTime> {
        (self.place < self.bytes.len()).then_some(self.now)
    }

    fn take(&mut self, take: impl FnOnce(&Record<'_>) -> Result<(), HistoryError>) -> Result<(), HistoryError> {
        let rest = &self.bytes[self.place..];
        // It was packed in this process: it is whole.
        let (record, left) = codec::take(rest).map_err(|_| HistoryError::Packing)?;
        take(&record)?;
        let place = self.bytes.len() - left.len();
        drop(record);
        self.place = place;
        self.turn();
        Ok(())
    }
}
