//! Records of the activity log. They hold keyed tags, never an identifier in clear.
//!
//! Field order is the wire format (see [`super::codec`]): append, never reorder, and raise the version.

use super::pool::{Pool, RoleFigures, SourceFigures, SourceRows};
use super::skipped::SkippedSnapshots;
use crate::core::event::EventKind;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{ByteCount, Epoch, Partition, Position, Rows, Tag};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// One record of the activity log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "nearly every record is an activity; a box would be an allocation each")]
pub enum Record<'a> {
    /// One source event, resolved, normalised and tagged.
    #[serde(borrow)]
    Activity(Activity<'a>),
    /// Time passes, also where nothing happens.
    Tick(Tick),
    /// What else may decide.
    #[serde(borrow)]
    Control(Control<'a>),
    /// An actor's activity, for an entity that it shares with others.
    #[serde(borrow)]
    Pool(Pool<'a>),
    /// What a partition learned of its actors' ordinary days.
    #[serde(borrow)]
    Roles(RoleFigures<'a>),
    /// What a partition saw of a source.
    #[serde(borrow)]
    Source(SourceFigures<'a>),
    /// How many of a source's queries tell their rows.
    SourceRows(SourceRows),
}

/// Where a record came from. Highest-per-origin makes at-least-once delivery count once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The source: a hash of its topic's (or file's) name.
    pub source: u64,
    /// Which life of that topic.
    pub epoch: Epoch,
    /// Its partition; for files 0.
    pub partition: Partition,
    /// Its offset; for files the line, from 0.
    pub offset: u64,
    /// Which of the events that one source record explodes into.
    pub index: u32,
    /// Which part of an event whose tags did not fit into one record.
    pub part: u32,
}

/// Facts about an activity that are yes or no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(pub u16);

impl Flags {
    /// The event claimed a time far after it was received and counts at `received`.
    pub const FUTURE: Self = Self(1);
    /// One of the objects is a customer object.
    pub const CUSTOMER_OBJECT: Self = Self(1 << 1);
    // 1 << 2 is free.

    /// A later part of an event: it carries tags, and counts no further event, rows or bytes.
    pub const CONTINUATION: Self = Self(1 << 3);
    /// Customers were found only inside an encoded layer of the content.
    pub const HIDDEN: Self = Self(1 << 4);
    /// The query copies or exports: its row count is often untold.
    pub const BULK_OPERATION: Self = Self(1 << 5);
    /// The source usually tells rows for this kind of query.
    pub const ROWS_USUAL: Self = Self(1 << 6);

    /// The query walks through a table a page at a time.
    pub const PAGED: Self = Self(1 << 7);
    /// The event names no actor: its client address stands in.
    pub const NAMELESS: Self = Self(1 << 8);

    /// A program acts from an address that the directory says a person holds.
    pub const PERSONS_ADDRESS: Self = Self(1 << 9);
    /// The directory has, or once had, the actor.
    pub const LISTED: Self = Self(1 << 10);
    /// The directory lacks the actor, whose login looks like one that it has.
    pub const LOOK_ALIKE: Self = Self(1 << 11);

    /// Whether every flag of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets `other` where `on`.
    #[must_use]
    pub const fn with(self, other: Self, on: bool) -> Self {
        if on { Self(self.0 | other.0) } else { self }
    }
}

/// Who acts: a person, or a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A person; also whom the directory does not know.
    #[default]
    Human,
    /// A program's account.
    Service,
}

/// How close a destination is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DestinationClass {
    /// Inside the company.
    Internal,
    /// A company with a contract.
    Partner,
    /// Everybody else.
    #[default]
    External,
}

/// Tags of one identifier kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TagList<'a> {
    /// The kind's name.
    #[serde(borrow)]
    pub kind: &'a str,
    /// Distinct tags, 8 bytes each, little-endian.
    #[serde(borrow, with = "serde_bytes")]
    pub tags: &'a [u8],
    /// One bit a tag, least significant first: the tag is in the customer filter. Empty: no filter was asked.
    #[serde(borrow, with = "serde_bytes")]
    pub members: &'a [u8],
    /// One bit a tag: the tag is a canary. Empty: none is.
    #[serde(borrow, with = "serde_bytes")]
    pub canaries: &'a [u8],
}

impl TagList<'_> {
    /// How many tags.
    pub fn len(&self) -> usize {
        self.tags.len() / 8
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// The tags.
    pub fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.tags.as_chunks::<8>().0.iter().map(|bytes| Tag(u64::from_le_bytes(*bytes)))
    }

    /// Whether a filter was asked about this list.
    pub fn tested(&self) -> bool {
        !self.members.is_empty()
    }

    /// Whether tag number `at` is in the filter.
    pub fn is_member(&self, at: usize) -> bool {
        bit(self.members, at)
    }

    /// Whether tag number `at` is a canary.
    pub fn is_canary(&self, at: usize) -> bool {
        bit(self.canaries, at)
    }

    /// How many tags are in the filter.
    pub fn member_count(&self) -> usize {
        self.members.iter().map(|byte| byte.count_ones() as usize).sum()
    }
}

pub(super) fn bit(bits: &[u8], at: usize) -> bool {
    bits.get(at / 8).is_some_and(|byte| byte & (1 << (at % 8)) != 0)
}

/// One source event, with all that detect needs: detect looks nothing up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Activity<'a> {
    /// Where it came from.
    pub origin: Origin,
    /// When it happened (already clamped to `received` where it lay too far ahead).
    pub time: EventTime,
    /// When it arrived.
    pub received: EventTime,
    /// Query or egress.
    pub kind: EventKind,
    /// Facts that are yes or no.
    pub flags: Flags,
    /// The actor, in the directory's spelling.
    #[serde(borrow)]
    pub actor: &'a str,
    /// Person or program.
    pub actor_kind: ActorKind,
    /// The actor's role, or `unknown`.
    #[serde(borrow)]
    pub role: &'a str,
    /// The actor's team; empty where there is none.
    #[serde(borrow)]
    pub team: &'a str,
    /// Since when the actor has left the company.
    pub left_at: Option<EventTime>,
    /// Since when the actor's notice is known.
    pub notice_at: Option<EventTime>,
    /// Since when the directory lacks the actor it once had.
    pub missing_since: Option<EventTime>,
    /// The actor's offset from UTC at `time`, in minutes.
    pub utc_offset_minutes: i16,
    /// The producer's own id.
    #[serde(borrow)]
    pub id: Option<&'a str>,
    /// A hash of the decoded event's content; equal content has an equal hash whatever the key order.
    pub content_hash: u64,
    /// The address it came from.
    #[serde(borrow)]
    pub client_ip: Option<&'a str>,
    /// Tables, views or collections, masked.
    #[serde(borrow)]
    pub objects: SmallVec<[&'a str; 2]>,
    /// `select`, `copy`, … in lower case.
    #[serde(borrow)]
    pub operation: Option<&'a str>,
    /// Records returned; `None` is unknown.
    pub rows: Option<Rows>,
    /// Bytes returned or sent.
    pub bytes: Option<ByteCount>,
    /// How it left.
    #[serde(borrow)]
    pub channel: Option<&'a str>,
    /// Where it went: the destination's host or mailbox domain, masked.
    #[serde(borrow)]
    pub destination: Option<&'a str>,
    /// The registrable domain of the destination.
    #[serde(borrow)]
    pub domain: Option<&'a str>,
    /// How close the destination is; external for queries.
    pub class: DestinationClass,
    /// Identifiers that the whole event names, of its largest kind.
    pub named: u32,
    /// How many of those the customer filter knows.
    pub named_customers: u32,
    /// Customer tags, a list a kind.
    #[serde(borrow)]
    pub tags: SmallVec<[TagList<'a>; 3]>,
    /// What of its source is watched for silence by itself: a database or an application, masked.
    #[serde(borrow)]
    pub part: Option<&'a str>,
}

impl Activity<'_> {
    /// Whether every tag of `list` counts as a customer, whatever the filter says of it: those of a query of customer
    /// objects, and those of an egress that no filter was asked about.
    pub fn counts_all(&self, list: &TagList<'_>) -> bool {
        match self.kind {
            EventKind::Query => self.flags.has(Flags::CUSTOMER_OBJECT),
            EventKind::Egress => !list.tested(),
        }
    }

    /// Whether its rows are customers: it queries a customer object, or at least half of what it names are customers.
    pub fn is_of_customers(&self) -> bool {
        self.flags.has(Flags::CUSTOMER_OBJECT) || (self.named > 0 && self.named_customers * 2 >= self.named)
    }

    /// Rows of a query of customers that no identifier names: each may be another customer.
    pub fn unnamed_rows(&self) -> u64 {
        let counts = self.kind == EventKind::Query && self.is_of_customers();
        let rows = self.rows.filter(|_| counts).map_or(0, |rows| rows.0);
        rows.saturating_sub(u64::from(self.named))
    }
}

/// Wall-clock time, written by ingest about once a second and partition.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tick {
    /// The ingest's clock.
    pub time: EventTime,
}

/// Records that change how later ones are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Control<'a> {
    /// A rule set, by content.
    Rules {
        /// SHA-256 of `yaml`, in hexadecimal.
        #[serde(borrow)]
        version: &'a str,
        /// The rule files, one YAML document each.
        #[serde(borrow)]
        yaml: Vec<&'a str>,
    },
    /// What is known of the customer filters in force.
    Filter(FilterFigures),
    /// Records between two offsets of a source were lost to retention.
    Gap {
        /// The source's name.
        #[serde(borrow)]
        source: &'a str,
        /// Its partition.
        partition: Partition,
        /// The first offset lost.
        from: u64,
        /// The first offset not lost.
        to: u64,
        /// When it was noticed.
        noticed: EventTime,
    },
    /// The state up to here was rebuilt from less than all records.
    StateIncomplete {
        /// When it was noticed.
        noticed: EventTime,
    },
    /// What a source is called, and when its silence is worth saying.
    #[serde(borrow)]
    Source(SourceNote<'a>),
    /// After how long a customer filter is stale.
    FilterStaleAfter {
        /// Milliseconds after it was built.
        millis: Millis,
    },
    /// A directory file was refused because it had lost too many lines; the one before it stays in force.
    DirectoryRefused {
        /// Lines of the directory in force.
        lines: u64,
        /// Lines of it that the refused one lacks.
        lost: u64,
        /// When it was noticed.
        noticed: EventTime,
    },
    /// A record that ended the process each time it was handled is left out from now on.
    SetAside {
        /// The source's topic.
        #[serde(borrow)]
        source: &'a str,
        /// Its partition.
        partition: Partition,
        /// The record.
        offset: u64,
        /// When it was set aside.
        noticed: EventTime,
    },
    /// The synthetic event: nothing happened, and whoever reads the log passes it on.
    Heartbeat {
        /// The ingest's clock when it was made.
        time: EventTime,
    },
    /// The state up to here was restored without the newest snapshots: they could not be used.
    SnapshotsSkipped {
        /// How many, and why.
        skipped: SkippedSnapshots,
        /// Whether an older one could be used; else the state was built from the log alone.
        older: bool,
        /// When it was noticed.
        noticed: EventTime,
    },
    /// The same as [`Self::SetAside`] of a record of this log, which stands before this one in the same partition.
    LeftOut {
        /// The log's topic.
        #[serde(borrow)]
        topic: &'a str,
        /// Its partition.
        partition: Partition,
        /// The record.
        position: Position,
        /// When it was left out.
        noticed: EventTime,
    },
}

/// How detect takes a record of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is applied.
    Applied,
    /// It is passed over, because it ended the process each time.
    LeftOut,
}

/// A source as incidents name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceNote<'a> {
    /// Its number in origins.
    pub id: u64,
    /// Its topic.
    #[serde(borrow)]
    pub name: &'a str,
    /// After how long without events it counts as silent, where that is configured.
    pub silent_after: Option<Millis>,
}

/// Figures of the customer filters in force, for corrections and caps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FilterFigures {
    /// When the filter was built.
    pub built_at: Option<EventTime>,
    /// A kind's figures.
    pub kinds: Vec<KindFigures>,
}

/// Figures of one kind's filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindFigures {
    /// The kind's name.
    pub kind: String,
    /// Distinct identifiers in the filter: the size of the customer base.
    pub count: u64,
    /// The measured false-positive rate.
    pub false_positive_rate: f64,
}
