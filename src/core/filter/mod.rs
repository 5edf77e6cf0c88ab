//! Customer filters: is this tag a customer's?
//!
//! One Bloom filter a kind of identifier holds the customer base, and a short exact list the canaries (decoy customers).
//! Both hold keyed tags only, so a stolen filter tells nothing without the key.

mod file;
mod kind;
mod manifest;
mod measure;

pub use file::{Contents, FileError};
pub use kind::{BuildError, FalsePositiveRate, KindFilter, Membership};
pub use manifest::{CanaryEntry, CustomerEntry, KindEntry, Manifest, ManifestError, StoredFile};
pub use measure::Measurement;

use crate::core::activity::{FilterFigures, KindFigures};
use crate::core::identifiers::KeyFingerprint;
use crate::core::time::EventTime;
use crate::core::units::Tag;
use thiserror::Error;

/// The filters of one deployment, ready for lookups.
#[derive(Debug)]
pub struct FilterSet {
    manifest: Manifest,
    kinds: Vec<KindFilter>,
}

/// Why stored filters cannot be used.
#[derive(Debug, Error)]
pub enum OpenError<E: std::error::Error + 'static> {
    /// The manifest does not fit.
    #[error("manifest.json: {0}")]
    Manifest(ManifestError),
    /// One of its files is damaged.
    #[error("{name}: {reason}")]
    File {
        /// The file's name.
        name: String,
        /// What is wrong with it.
        reason: FileError,
    },
    /// One of its files cannot be read.
    #[error("{name}: {reason}")]
    Read {
        /// The file's name.
        name: String,
        /// Why.
        reason: E,
    },
}

impl FilterSet {
    /// Puts a set together from its manifest and the files that `read` fetches by name.
    ///
    /// # Errors
    /// [`OpenError`], where the key, a version or a checksum does not fit.
    pub fn open<E: std::error::Error + 'static>(
        manifest: Manifest,
        key: &KeyFingerprint,
        mut read: impl FnMut(&str) -> Result<Vec<u8>, E>,
    ) -> Result<Self, OpenError<E>> {
        manifest.fits(key).map_err(OpenError::Manifest)?;
        let mut load = |kind: &str, stored: &StoredFile| {
            let bytes = read(&stored.name).map_err(|reason| OpenError::Read { name: stored.name.clone(), reason })?;
            stored
                .check(&bytes)
                .and_then(|()| file::decode(&bytes, kind))
                .map_err(|reason| OpenError::File { name: stored.name.clone(), reason })
        };
        let mut kinds = Vec::with_capacity(manifest.kinds.len());
        for entry in &manifest.kinds {
            let mut kind = KindFilter::empty(&entry.kind);
            let files =
                entry.customers.iter().map(|part| &part.file).chain(entry.canaries.iter().map(|part| &part.file));
            for stored in files {
                kind.fill(load(&entry.kind, stored)?);
            }
            kinds.push(kind);
        }
        Ok(Self { manifest, kinds })
    }

    /// Whether `tag` is in the filter of the kind called `kind`.
    pub fn check(&self, kind: &str, tag: Tag) -> Membership {
        self.kind(kind).map_or(Membership::NoFilter, |filter| filter.check(tag))
    }

    /// The filter of the kind called `kind`: fetched once for a list of tags.
    pub fn kind(&self, kind: &str) -> Option<&KindFilter> {
        self.kinds.iter().find(|filter| filter.name() == kind)
    }

    /// What it was built from and how well.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The figures that corrections and caps need.
    pub fn figures(&self) -> FilterFigures {
        let kinds = self.manifest.kinds.iter().filter_map(|entry| {
            entry.customers.as_ref().map(|customers| KindFigures {
                kind: entry.kind.clone(),
                count: customers.count,
                false_positive_rate: customers.measured_rate,
            })
        });
        FilterFigures { built_at: EventTime::parse_rfc3339(&self.manifest.built_at), kinds: kinds.collect() }
    }
}

#[cfg(test)]
mod tests;
