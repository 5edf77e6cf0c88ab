//! What ingest is told: settings once, and knowledge that is replaced while it runs.

use crate::core::activity::{Control, Record, SourceNote};
use crate::core::decode::{DecodeLimits, Decoder};
use crate::core::event::EventKind;
use crate::core::filter::FilterSet;
use crate::core::identifiers::{Region, Tagger, mask};
use crate::core::identity::Directory;
use crate::core::objects::ObjectPatterns;
use crate::core::time::Millis;
use siphasher::sip::SipHasher13;
use std::hash::Hasher;
use std::sync::Arc;

/// One source of events.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// Its topic, or a file's name.
    pub name: String,
    /// How its records are read.
    pub decoder: Decoder,
    /// What its records are, where they do not say it.
    pub kind: Option<EventKind>,
    /// When its silence is worth saying.
    pub silent: Option<Silence>,
    id: u64,
    /// Its name as it may be shown: a file's may hold an identifier.
    shown: String,
}

/// When a source counts as silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// After how long without an event.
    pub after: Millis,
    /// What of it is watched by itself, beside the source as a whole.
    pub by: Option<Part>,
}

/// A field whose values can fall silent one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The database queried.
    Database,
    /// The application used.
    App,
}

impl SourceSpec {
    /// The source called `name`.
    pub fn new(name: impl Into<String>, decoder: Decoder, kind: Option<EventKind>) -> Self {
        let name = name.into();
        Self { id: source_id(&name), shown: mask(&name).into_owned(), name, decoder, kind, silent: None }
    }

    /// The same, watched for silence.
    #[must_use]
    pub fn watched(self, silent: Option<Silence>) -> Self {
        Self { silent, ..self }
    }

    /// What detect is told of it, once.
    pub fn note(&self) -> SourceNote<'_> {
        SourceNote { id: self.id, name: &self.shown, silent_after: self.silent.map(|silent| silent.after) }
    }

    /// The number that stands for it in origins.
    pub const fn id(&self) -> u64 {
        self.id
    }
}

/// What does not change while ingest runs.
#[derive(Clone, Debug)]
pub struct IngestSettings {
    /// Partitions of the activity log.
    pub partitions: u32,
    /// The sources, by index.
    pub sources: Vec<SourceSpec>,
    /// Which objects hold customers.
    pub customer_objects: ObjectPatterns,
    /// How far ahead of its arrival an event may claim to be.
    pub max_future: Millis,
    /// What a record may take.
    pub limits: DecodeLimits,
    /// After how long a customer filter is stale, where that matters.
    pub filter_stale_after: Option<Millis>,
}

impl IngestSettings {
    /// What every partition of the log is told at the start, and again when `knowledge` changes.
    pub fn controls(&self, knowledge: &Knowledge) -> Vec<Record<'_>> {
        let figures = knowledge.filters.as_ref().map(|filters| Control::Filter(filters.figures()));
        let stale = self.filter_stale_after.map(|millis| Control::FilterStaleAfter { millis });
        let sources = self.sources.iter().map(|source| Control::Source(source.note()));
        figures.into_iter().chain(stale).chain(sources).map(Record::Control).collect()
    }
}

/// What is known of actors, places and customers; replaced whole when a file changes.
#[derive(Clone)]
pub struct Knowledge {
    /// Actors and destinations.
    pub directory: Arc<Directory>,
    /// Customer filters, where there are any.
    pub filters: Option<Arc<FilterSet>>,
    /// Makes tags under the key that the filters were built with.
    pub tagger: Tagger,
    /// The same under each other key that counts too, while one follows another.
    pub others: Vec<Tagger>,
    /// Whose numbering plan is assumed.
    pub region: Region,
}

impl Knowledge {
    /// Every key that counts, the filters' first.
    pub fn taggers(&self) -> impl Iterator<Item = &Tagger> {
        std::iter::once(&self.tagger).chain(&self.others)
    }
}

/// The number that stands for a source in origins: a hash of its name.
fn source_id(name: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(name.as_bytes());
    hasher.finish()
}
