//! What one turn of the poll thread read of one partition, in memory of its own.

use super::topics_table::TopicPartition;
use crate::core::time::EventTime;
use crate::core::units::Offset;

/// Says which assignment of a partition a batch belongs to. Batches of an earlier one are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

/// Consecutive records of one partition: one allocation for the values, one for where they are.
#[derive(Debug)]
pub struct OwnedBatch {
    /// Where they come from.
    pub from: TopicPartition,
    /// Which assignment they belong to.
    pub generation: Generation,
    arena: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    end: usize,
    offset: Offset,
    timestamp: Option<EventTime>,
}

/// One record of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// Its offset.
    pub offset: Offset,
    /// Kafka's timestamp, where there is a usable one.
    pub timestamp: Option<EventTime>,
    /// Its value; empty where it has none.
    pub payload: &'a [u8],
}

impl OwnedBatch {
    /// An empty batch.
    pub fn new(from: TopicPartition, generation: Generation) -> Self {
        Self { from, generation, arena: Vec::new(), entries: Vec::new() }
    }

    /// Appends a copy of one record.
    pub fn push(&mut self, offset: Offset, timestamp: Option<EventTime>, payload: &[u8]) {
        self.arena.extend_from_slice(payload);
        self.entries.push(Entry { end: self.arena.len(), offset, timestamp });
    }

    /// The records, in order.
    pub fn records(&self) -> impl Iterator<Item = Received<'_>> {
        let starts = std::iter::once(0).chain(self.entries.iter().map(|entry| entry.end));
        self.entries.iter().zip(starts).map(|(entry, start)| Received {
            offset: entry.offset,
            timestamp: entry.timestamp,
            payload: &self.arena[start..entry.end],
        })
    }

    /// The last record's offset.
    pub fn last_offset(&self) -> Option<Offset> {
        self.entries.last().map(|entry| entry.offset)
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many bytes its values take.
    pub fn bytes(&self) -> usize {
        self.arena.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_in_order_with_their_own_bytes() {
        let mut batch = OwnedBatch::new(TopicPartition::default(), Generation(1));
        let values: [&[u8]; 3] = [b"one", b"", b"three"];
        for (offset, value) in (7..).zip(values) {
            batch.push(Offset(offset), EventTime::from_millis(5), value);
        }
        let read: Vec<_> = batch.records().map(|record| (record.offset.0, record.payload)).collect();
        assert_eq!(read, [(7, values[0]), (8, values[1]), (9, values[2])]);
        assert_eq!((batch.last_offset(), batch.len(), batch.bytes()), (Some(Offset(9)), 3, 8));
    }
}
