//! A stretch of the activity log, read into a history that rules can be tried out on.

use super::error::RunError;
use super::log_reader::{LogRange, LogReader};
use super::lookup::Lookup;
use crate::core::activity::Standing;
use crate::core::history::{History, HistoryError, Strand};
use crate::core::time::EventTime;
use crate::core::units::Partition;
use rdkafka::config::ClientConfig;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use thiserror::Error;

/// Records between two looks at the clock.
const LOOK_EVERY: u64 = 1_024;

/// How much is read at most; each partition has the same share of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryBounds {
    /// Messages: the newest.
    pub messages: u64,
    /// Records: the oldest of these messages.
    pub records: u64,
    /// Bytes, packed.
    pub packed_bytes: usize,
    /// How long it may take.
    pub within: Duration,
}

/// Why there is no history.
#[derive(Debug, Error)]
pub enum HistoryLogError {
    /// The log cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It cannot be kept.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// What else is to be said of a history that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadHistory {
    /// Whether a bound left something out.
    pub cut: bool,
    /// Partitions in which damaged messages were passed over.
    pub damaged: Vec<Partition>,
    /// Records that detect left out, and so does the history.
    pub left_out: u64,
}

/// The activity log.
pub struct HistoryLog {
    lookup: Lookup,
    reader: LogReader,
    topic: String,
}

impl HistoryLog {
    /// The log in `topic`, asked for on behalf of `group`.
    ///
    /// # Errors
    /// [`RunError`] if the settings are refused.
    pub fn new(connection: &ClientConfig, group: &str, topic: &str) -> Result<Self, RunError> {
        let (lookup, reader) = (Lookup::new(connection, group)?, LogReader::new(connection, group, topic)?);
        Ok(Self { lookup, reader, topic: topic.to_owned() })
    }

    /// Adds what was written between two times to `history`; calls `progress` at every record. Blocks for as long as the log
    /// takes to read.
    ///
    /// # Errors
    /// [`HistoryLogError`]
    pub fn read(
        &self,
        (from, to): (Option<EventTime>, Option<EventTime>),
        bounds: Option<HistoryBounds>,
        history: &mut History,
        mut progress: impl FnMut(),
    ) -> Result<ReadHistory, HistoryLogError> {
        let mut read = ReadHistory::default();
        let mut strands = Vec::new();
        let partitions = self.lookup.partitions(&self.topic)?;
        for partition in (0..partitions).map(Partition) {
            let share = bounds.map(|bounds| bounds.share_of(partitions));
            let (range, left_out) = self.range(partition, (from, to), share)?;
            let mut taking = Taking::new(share);
            let damaged = self.reader.records_while(range, |_, record, standing| {
                progress();
                read.left_out += u64::from(standing == Standing::LeftOut);
                taking.goes_on(|strand| match standing {
                    Standing::Applied => strand.push(record),
                    Standing::LeftOut => {
                        strand.pass_over(record);
                        Ok(())
                    }
                })
            })?;
            if damaged > 0 {
                read.damaged.push(partition);
            }
            read.cut |= left_out || taking.stopped;
            taking.failed.map_or(Ok(()), Err)?;
            strands.push(taking.strand);
        }
        history.weave(strands)?;
        Ok(read)
    }

    /// What of a partition is read, and whether a bound leaves out its beginning.
    fn range(
        &self,
        partition: Partition,
        (from, to): (Option<EventTime>, Option<EventTime>),
        share: Option<HistoryBounds>,
    ) -> Result<(LogRange, bool), RunError> {
        match share {
            Some(share) => self.lookup.newest_written(&self.topic, partition, (from, to), share.messages),
            None => Ok((self.lookup.written(&self.topic, partition, from, to)?.range, false)),
        }
    }
}

impl HistoryBounds {
    fn share_of(self, partitions: u32) -> Self {
        let parts = partitions.max(1);
        Self {
            messages: (self.messages / u64::from(parts)).max(1),
            records: (self.records / u64::from(parts)).max(1),
            packed_bytes: self.packed_bytes / parts as usize,
            within: self.within / parts,
        }
    }
}

/// One partition, as it is read.
struct Taking {
    strand: Strand,
    share: Option<(HistoryBounds, Instant)>,
    records: u64,
    stopped: bool,
    failed: Option<HistoryError>,
}

impl Taking {
    fn new(share: Option<HistoryBounds>) -> Self {
        let share = share.map(|share| (share, Instant::now() + share.within));
        Self { strand: Strand::default(), share, records: 0, stopped: false, failed: None }
    }

    fn goes_on(&mut self, take: impl FnOnce(&mut Strand) -> Result<(), HistoryError>) -> ControlFlow<()> {
        self.stopped = self.is_over();
        if self.stopped {
            return ControlFlow::Break(());
        }
        self.records += 1;
        match take(&mut self.strand) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn is_over(&self) -> bool {
        self.share.is_some_and(|(share, until)| {
            self.records >= share.records
                || self.strand.packed_bytes() > share.packed_bytes
                || (self.records.is_multiple_of(LOOK_EVERY) && Instant::now() >= until)
        })
    }
}
