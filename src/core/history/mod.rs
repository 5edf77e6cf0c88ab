//! A stretch of the activity log, packed, to be judged again and again under different rules.
//!
//! It holds what ingest made of the events, and nothing that detect made of them: pools and what is ordinary for roles
//! follow from the rules, so they are made anew each time.

mod rerun;
mod strand;
#[cfg(test)]
mod tests;

pub use rerun::{Judging, Rerun, rerun};
pub use strand::Strand;

use crate::core::activity::{Activity, BatchBuilder, BatchReader, Flags, Origin, Record};
use crate::core::time::{EventTime, Millis};
use crate::core::units::Partition;
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;

/// Packed bytes, at most.
const MAX_PACKED_BYTES: usize = 6 << 30;
/// What unpacks fastest: it is done many times.
const PACKING_LEVEL: i32 = 1;
/// One message unpacked is never longer: a record of the most tags, over the soft limit of a batch.
const MAX_BATCH_BYTES: usize = 16 << 20;

/// Why a history cannot be kept.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum HistoryError {
    /// It is too long.
    #[error(
        "the history takes more than {MAX_PACKED_BYTES} bytes packed; expected a shorter time: see --from and --to"
    )]
    TooLong,
    /// It could not be packed.
    #[error("the history could not be packed")]
    Packing,
}

/// Who is handed every batch as soon as it is packed, unpacked.
pub struct Follow(Box<Each>);

type Each = dyn FnMut(&[u8]) + Send + Sync;

impl Follow {
    /// Calls `each` with every batch.
    pub fn new(each: impl FnMut(&[u8]) + Send + Sync + 'static) -> Self {
        Self(Box::new(each))
    }
}

impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Follow")
    }
}

/// What ingest made of a stretch of time.
#[derive(Debug, Default)]
pub struct History {
    follow: Option<Follow>,
    packed: Vec<Box<[u8]>>,
    packed_bytes: usize,
    batch: BatchBuilder,
    events: u64,
    last: u64,
    from: EventTime,
    period: Option<(EventTime, EventTime)>,
    roles: BTreeMap<String, String>,
}

impl History {
    /// An empty one, which `follow` is handed as it grows, until [`Self::end`].
    pub fn followed(follow: Follow) -> Self {
        Self { follow: Some(follow), ..Self::default() }
    }

    /// The same, of which what arrived before `from` is only there to learn from: it counts in no figure.
    #[must_use]
    pub fn counting_from(self, from: EventTime) -> Self {
        Self { from, ..self }
    }

    /// Nothing will be added: whoever follows is let go.
    pub fn end(&mut self) {
        self.follow = None;
    }

    /// Takes up a record of the log; of those that detect made, none.
    ///
    /// # Errors
    /// [`HistoryError`]
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), HistoryError> {
        match record {
            Record::Activity(activity) => self.push_activity(activity),
            Record::Control(_) => self.pack(record),
            Record::Tick(_) | Record::Pool(_) | Record::Roles(_) | Record::Source(_) | Record::SourceRows(_) => Ok(()),
        }
    }

    /// The log may have kept an event in any of its partitions; here all stand in one, so they are numbered anew.
    fn push_activity(&mut self, activity: &Activity<'_>) -> Result<(), HistoryError> {
        if !activity.flags.has(Flags::CONTINUATION) && activity.received >= self.from {
            self.events += 1;
            let (first, last) = self.period.unwrap_or((activity.received, activity.received));
            self.period = Some((first.min(activity.received), last.max(activity.received)));
        }
        if self.roles.get(activity.actor).is_none_or(|role| role != activity.role) {
            self.roles.insert(activity.actor.to_owned(), activity.role.to_owned());
        }
        self.last += 1;
        let origin = Origin { partition: Partition(0), offset: self.last, index: 0, part: 0, ..activity.origin };
        self.pack(&Record::Activity(Activity { origin, ..activity.clone() }))
    }

    fn pack(&mut self, record: &Record<'_>) -> Result<(), HistoryError> {
        self.batch.push(record).map_err(|_| HistoryError::Packing)?;
        if self.batch.is_full() { self.close() } else { Ok(()) }
    }

    /// Packs what is in hand: nothing of it is judged before.
    ///
    /// # Errors
    /// [`HistoryError`]
    pub fn close(&mut self) -> Result<(), HistoryError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let packed = pack(&self.batch)?;
        if let Some(Follow(follow)) = &mut self.follow {
            follow(self.batch.as_bytes());
        }
        self.batch.clear();
        self.packed_bytes += packed.len();
        self.packed.push(packed);
        if self.packed_bytes > MAX_PACKED_BYTES { Err(HistoryError::TooLong) } else { Ok(()) }
    }

    /// Hands every batch to `take`, in order.
    pub fn each_batch(&self, mut take: impl FnMut(&[u8])) {
        for packed in &self.packed {
            take(&unpack(packed));
        }
    }

    /// Hands every activity to `take`, in order.
    pub fn each_activity(&self, mut take: impl FnMut(&Activity<'_>)) {
        self.each_batch(|batch| {
            let Ok(records) = BatchReader::new(batch) else { return };
            for record in records.map_while(Result::ok) {
                if let Record::Activity(activity) = record {
                    take(&activity);
                }
            }
        });
    }

    /// What happened before is only there to learn from.
    pub const fn from(&self) -> EventTime {
        self.from
    }

    /// How many events count.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// When the first and the last of them arrived.
    pub const fn period(&self) -> Option<(EventTime, EventTime)> {
        self.period
    }

    /// How long that is, in weeks; at least a day, since a rate from less is none.
    pub fn weeks(&self) -> f64 {
        let span = self.period.map_or(Millis::ZERO, |(first, last)| last.since(first));
        #[expect(clippy::cast_precision_loss, reason = "a span of weeks is far below 2^52 ms")]
        let weeks = |span: Millis| span.as_millis() as f64 / Millis::from_days(7).as_millis() as f64;
        weeks(span.max(Millis::from_days(1)))
    }

    /// Every actor's role, as it was last.
    pub const fn roles(&self) -> &BTreeMap<String, String> {
        &self.roles
    }
}

fn pack(batch: &BatchBuilder) -> Result<Box<[u8]>, HistoryError> {
    let packed = zstd::bulk::compress(batch.as_bytes(), PACKING_LEVEL).map_err(|_| HistoryError::Packing)?;
    Ok(packed.into())
}

/// What was packed in this process is whole.
fn unpack(packed: &[u8]) -> Vec<u8> {
    zstd::bulk::decompress(packed, MAX_BATCH_BYTES).unwrap_or_default()
}
