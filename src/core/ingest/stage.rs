//! The stage itself: records in, activity or rejects out.

use super::event::Working;
use super::settings::{IngestSettings, Knowledge};
use crate::core::activity::Record;
use crate::core::event::FieldSet;
use crate::core::time::EventTime;
use crate::core::units::{Epoch, Offset, Partition, Tag};
use std::sync::Arc;

/// A source's place in the configuration's list, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceIndex(pub u16);

/// One record of a source, borrowed from the batch that carries it.
#[derive(Clone, Copy, Debug)]
pub struct SourceRecord<'a> {
    /// Which source.
    pub source: SourceIndex,
    /// Which life of its topic.
    pub epoch: Epoch,
    /// Its partition.
    pub partition: Partition,
    /// Its offset; for files the line, from 0.
    pub offset: Offset,
    /// When it arrived: the smaller of Kafka's timestamp and the clock of whoever ingests it.
    pub received: EventTime,
    /// The value; empty where the record has none.
    pub payload: &'a [u8],
}

/// A record, or one of the events it explodes into, that cannot be used. Topic, partition and offset are those of the
/// record in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectedRecord<'a> {
    /// A short name for the reason, one of a small fixed set: the label of `leakwatch_rejected_total`.
    pub reason: &'static str,
    /// Field, expected type and position; never the value.
    pub detail: &'a str,
    /// Which of the events that the record explodes into; `None` where the whole record is rejected.
    pub index: Option<u32>,
    /// A keyed digest of the value.
    pub digest: Option<Tag>,
}

/// Where ingest puts what it makes.
pub trait IngestOut {
    /// Appends `record` to partition `to` of the activity log. Records of one source partition arrive in one
    /// activity partition in the order they were emitted.
    fn emit(&mut self, to: Partition, record: &Record<'_>);

    /// Sends the record in hand, or a part of it, to the rejected topic, and counts it.
    fn reject(&mut self, rejected: RejectedRecord<'_>);

    /// Counts fields that were present and of a wrong type or range.
    fn unknown_fields(&mut self, fields: FieldSet);
}

/// Decodes, resolves, normalises, tags and routes.
pub struct Ingest {
    settings: Arc<IngestSettings>,
    knowledge: Knowledge,
    working: Working,
}

impl Ingest {
    /// An ingest stage with what is known now.
    pub fn new(settings: Arc<IngestSettings>, knowledge: Knowledge) -> Self {
        let working = Working::new(&knowledge);
        Self { settings, knowledge, working }
    }

    /// Goes on with newer knowledge.
    pub fn learn(&mut self, knowledge: Knowledge) {
        self.working = Working::new(&knowledge);
        self.knowledge = knowledge;
    }

    /// Handles one source record: every event in it is emitted or rejected.
    pub fn process(&mut self, record: &SourceRecord<'_>, out: &mut dyn IngestOut) {
        let Self { settings, knowledge, working } = self;
        let Some(source) = settings.sources.get(usize::from(record.source.0)) else { return };
        source.decoder.decode(record.payload, source.kind, &settings.limits, &mut |index, decoded| match decoded {
            Ok(event) => {
                if !event.unknown_fields.is_empty() {
                    out.unknown_fields(event.unknown_fields);
                }
                working.emit(settings, knowledge, record, index, &event, out);
            }
            Err(reject) => out.reject(RejectedRecord {
                reason: reject.reason.name(),
                detail: &reject.message,
                index: (index > 0).then_some(index),
                digest: Some(Tag(knowledge.tagger.digest(record.payload))),
            }),
        });
    }
}
