//! The invented customers that tests read and send: telephone numbers in a real filter, and decoys.

use super::customers::Invented;
use super::event::Needs;
use crate::core::filter::{BuildError, FalsePositiveRate, FilterSet, Manifest, OpenError};
use crate::core::identifiers::{IdentifierKind, Region, TagKey, Tagger, normalise};
use crate::core::identity::Directory;
use crate::core::ingest::Knowledge;
use crate::core::time::EventTime;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// Nothing secret is tagged with it.
const KEY: TagKey = TagKey::new(*b"leakwatch tests!");
/// So many customers, and decoys, there are in any case: a test may write their numbers itself.
const LEAST: Needs = Needs { customers: 10_000, decoys: 100 };
/// The size of the customer base as rules are told it, unless a test has more customers.
const BASE: u64 = 1_000_000;
/// Measuring a better filter would take longer than the tests.
const STRANGERS_TAKEN_FOR_CUSTOMERS: f64 = 0.001;

/// Why there can be no such customers.
#[derive(Debug, Error)]
pub enum WorldError {
    /// Their filter cannot be built.
    #[error("filter of the tests' customers: {0}")]
    Build(#[from] BuildError),
    /// It cannot be opened.
    #[error("filter of the tests' customers: {0}")]
    Open(#[from] OpenError<NotBuilt>),
}

/// A file of the filter that was not built.
#[derive(Debug, Error)]
#[error("expected it to be built")]
pub struct NotBuilt;

/// Customers, and how they are recognised.
pub(super) struct World {
    tagger: Tagger,
    filters: Arc<FilterSet>,
}

impl World {
    /// A filter of at least as many customers and decoys as `needs` says.
    ///
    /// # Errors
    /// [`WorldError`]
    pub fn new(needs: Needs) -> Result<Self, WorldError> {
        let tagger = Tagger::new(&KEY);
        let kind = IdentifierKind::Phone;
        let customers = tags(&tagger, Invented::Customer, needs.customers.max(LEAST.customers));
        let decoys = tags(&tagger, Invented::Decoy, needs.decoys.max(LEAST.decoys));
        let rate = FalsePositiveRate::new(STRANGERS_TAKEN_FOR_CUSTOMERS).unwrap_or(FalsePositiveRate::DEFAULT);
        let mut manifest = Manifest::new(EventTime::MIN, Region::CN, tagger.fingerprint());
        let files = manifest.add_kind(kind.name(), Some(customers), Some(decoys), rate)?;
        for base in manifest.kinds.iter_mut().filter_map(|kind| kind.customers.as_mut()) {
            base.count = base.count.max(BASE);
            // Tests name customers: a correction for strangers would take some of them away.
            base.measured_rate = 0.0;
        }
        let mut files: BTreeMap<String, Vec<u8>> = files.into_iter().map(|(file, bytes)| (file.name, bytes)).collect();
        let filters = FilterSet::open(manifest, tagger.fingerprint(), |name| files.remove(name).ok_or(NotBuilt))?;
        Ok(Self { tagger, filters: Arc::new(filters) })
    }

    /// What ingest knows in a test with `directory`.
    pub fn knowledge(&self, directory: &Arc<Directory>) -> Knowledge {
        Knowledge {
            directory: Arc::clone(directory),
            filters: Some(Arc::clone(&self.filters)),
            tagger: self.tagger.clone(),
            others: Vec::new(),
            region: Region::CN,
        }
    }
}

fn tags(tagger: &Tagger, who: Invented, count: u32) -> Vec<u64> {
    let kind = IdentifierKind::Phone;
    let mut normal = String::new();
    let tag = |number| {
        let named = normalise(&kind, &who.phone(number), Region::CN, &mut normal);
        named.then(|| tagger.tag(kind.name(), &normal).0)
    };
    (1..=count).filter_map(tag).collect()
}
