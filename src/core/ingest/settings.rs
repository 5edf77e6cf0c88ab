//! What ingest is told: settings once, and knowledge that is replaced while it runs.

use crate::core::decode::{DecodeLimits, Decoder};
use crate::core::event::EventKind;
use crate::core::filter::FilterSet;
use crate::core::identifiers::{Region, Tagger};
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
    id: u64,
}

impl SourceSpec {
    /// The source called `name`.
    pub fn new(name: impl Into<String>, decoder: Decoder, kind: Option<EventKind>) -> Self {
        let name = name.into();
        Self { id: source_id(&name), name, decoder, kind }
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
}

/// What is known of actors, places and customers; replaced whole when a file changes.
#[derive(Clone)]
pub struct Knowledge {
    /// Actors and destinations.
    pub directory: Arc<Directory>,
    /// Customer filters, where there are any.
    pub filters: Option<Arc<FilterSet>>,
    /// Makes tags under the deployment's key.
    pub tagger: Tagger,
    /// Whose numbering plan is assumed.
    pub region: Region,
}

/// The number that stands for a source in origins: a hash of its name.
fn source_id(name: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(name.as_bytes());
    hasher.finish()
}
