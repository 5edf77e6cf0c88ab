//! The manifest: what a filter was built from, how well, and which files it consists of.
//!
//! It is the one file that is replaced in place; whoever reads it first sees one whole filter, the old or the new.

use super::file::{self, Contents, FileError};
use super::kind::{self, BuildError, FalsePositiveRate};
use crate::core::identifiers::{KeyFingerprint, NORMALISER_VERSION, Region};
use crate::core::time::EventTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// What the `format` field says.
const FORMAT: &str = "leakwatch-filter";
/// The version that this build writes and reads.
const VERSION: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `leakwatch-filter`.
    format: String,
    /// The version of format and files.
    version: u32,
    /// When it was built: RFC 3339, UTC.
    pub built_at: String,
    /// The region that numbers without a country code were taken for.
    pub region: String,
    /// The version of the normal forms.
    pub normaliser: u32,
    /// The public name of the key that made the tags.
    pub key_fingerprint: KeyFingerprint,
    /// A kind each, in the order of the built-in kinds.
    pub kinds: Vec<KindEntry>,
}

/// One kind's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindEntry {
    /// Its name.
    pub kind: String,
    /// The customer base, where its file had this column.
    pub customers: Option<CustomerEntry>,
    /// The decoys, where their file had this column.
    pub canaries: Option<CanaryEntry>,
}

/// The customer base of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerEntry {
    /// Distinct identifiers.
    pub count: u64,
    /// The false-positive rate asked for.
    pub target_rate: f64,
    /// The rate that was found.
    pub measured_rate: f64,
    /// With how many non-members.
    pub probes: u64,
    /// Where it is.
    pub file: StoredFile,
}

/// The decoys of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CanaryEntry {
    /// Distinct identifiers.
    pub count: u64,
    /// Where they are.
    pub file: StoredFile,
}

/// A file beside the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its name, made of the kind and its content's hash.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// Why a manifest is refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ManifestError {
    /// Another kind of file, or a damaged one.
    #[error("not a filter's manifest: expected a JSON object of format `{FORMAT}` (line {line}, column {column})")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Written by another version.
    #[error("filter has format version {found}, expected {VERSION}")]
    Version {
        /// What the manifest says.
        found: u32,
    },
    /// Its normal forms differ from ours.
    #[error("filter was built with normaliser version {found}, expected {NORMALISER_VERSION}: build it again")]
    Normaliser {
        /// What the manifest says.
        found: u32,
    },
    /// Another key made its tags.
    #[error("filter was built with key {found}, not with key {given}")]
    Key {
        /// The filter's key.
        found: KeyFingerprint,
        /// The key at hand.
        given: KeyFingerprint,
    },
    /// The region is none.
    #[error("`region`: expected two letters of ISO 3166-1")]
    Region,
    /// The fingerprint is none.
    #[error("`key_fingerprint`: expected 8 hexadecimal digits")]
    Fingerprint,
    /// A file's name leads out of the directory.
    #[error("`file.name`: expected a plain file name")]
    FileName,
}

/// The two fields that every version has.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

impl Manifest {
    /// Its name inside the filter's directory.
    pub const FILE_NAME: &str = "manifest.json";

    /// A manifest without kinds.
    pub fn new(built_at: EventTime, region: Region, key: &KeyFingerprint) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            built_at: built_at.to_string(),
            region: region.to_string(),
            normaliser: NORMALISER_VERSION,
            key_fingerprint: key.clone(),
            kinds: Vec::new(),
        }
    }

    /// Reads the manifest's JSON.
    ///
    /// # Errors
    /// [`ManifestError`], before anything else for another format or version.
    pub fn from_json(text: &[u8]) -> Result<Self, ManifestError> {
        let syntax = |error: &serde_json::Error| ManifestError::Syntax { line: error.line(), column: error.column() };
        let header: Header = serde_json::from_slice(text).map_err(|error| syntax(&error))?;
        if header.format != FORMAT {
            return Err(ManifestError::Syntax { line: 1, column: 1 });
        }
        if header.version != VERSION {
            return Err(ManifestError::Version { found: header.version });
        }
        let manifest: Self = serde_json::from_slice(text).map_err(|error| syntax(&error))?;
        manifest.region()?;
        if manifest.files().any(|file| !is_plain(&file.name)) {
            return Err(ManifestError::FileName);
        }
        if !manifest.key_fingerprint.is_well_formed() {
            return Err(ManifestError::Fingerprint);
        }
        Ok(manifest)
    }

    /// Its JSON, for people too.
    ///
    /// # Errors
    /// None in practice: serde's, if a field could not be written.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Whether identifiers normalised here and tagged with `key` compare with its tags.
    ///
    /// # Errors
    /// [`ManifestError::Normaliser`] or [`ManifestError::Key`].
    pub fn fits(&self, key: &KeyFingerprint) -> Result<(), ManifestError> {
        if self.normaliser != NORMALISER_VERSION {
            return Err(ManifestError::Normaliser { found: self.normaliser });
        }
        if self.key_fingerprint != *key {
            return Err(ManifestError::Key { found: self.key_fingerprint.clone(), given: key.clone() });
        }
        Ok(())
    }

    /// The region that numbers without a country code belong to.
    ///
    /// # Errors
    /// [`ManifestError::Region`].
    pub fn region(&self) -> Result<Region, ManifestError> {
        self.region.parse().map_err(|_| ManifestError::Region)
    }

    /// Its files.
    pub fn files(&self) -> impl Iterator<Item = &StoredFile> {
        self.kinds.iter().flat_map(|kind| {
            let customers = kind.customers.iter().map(|part| &part.file);
            customers.chain(kind.canaries.iter().map(|part| &part.file))
        })
    }

    /// Builds and measures a kind's filter over `customers` and `canaries` (tags in any order, repeated or not; `None`
    /// where there was no such column), enters it and gives the files to store.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn add_kind(
        &mut self,
        kind: &str,
        customers: Option<Vec<u64>>,
        canaries: Option<Vec<u64>>,
        rate: FalsePositiveRate,
    ) -> Result<Vec<(StoredFile, Vec<u8>)>, BuildError> {
        let mut files = Vec::new();
        let mut entry = KindEntry { kind: kind.to_owned(), customers: None, canaries: None };
        if let Some(tags) = customers.map(distinct) {
            let (bloom, measured) = kind::build(kind, &tags, rate)?;
            let (file, bytes) = StoredFile::new(kind, "customers", &Contents::Customers(bloom));
            entry.customers = Some(CustomerEntry {
                count: tags.len() as u64,
                target_rate: rate.get(),
                measured_rate: measured.rate(),
                probes: measured.probes,
                file: file.clone(),
            });
            files.push((file, bytes));
        }
        if let Some(tags) = canaries.map(distinct) {
            let count = tags.len() as u64;
            let (file, bytes) = StoredFile::new(kind, "canaries", &Contents::Canaries(tags));
            entry.canaries = Some(CanaryEntry { count, file: file.clone() });
            files.push((file, bytes));
        }
        self.kinds.push(entry);
        Ok(files)
    }
}

fn distinct(mut tags: Vec<u64>) -> Vec<u64> {
    tags.sort_unstable();
    tags.dedup();
    tags
}

impl StoredFile {
    /// Every stored file's name ends so.
    pub const SUFFIX: &str = ".lwfilter";

    fn new(kind: &str, part: &str, contents: &Contents) -> (Self, Vec<u8>) {
        let bytes = file::encode(kind, contents);
        let sha256 = sha256(&bytes);
        let name = format!("{kind}-{part}-{}{}", &sha256[..16], Self::SUFFIX);
        (Self { name, bytes: bytes.len() as u64, sha256 }, bytes)
    }

    /// Whether `bytes` are what was stored.
    pub(super) fn check(&self, bytes: &[u8]) -> Result<(), FileError> {
        if bytes.len() as u64 != self.bytes {
            return Err(FileError::Length { found: bytes.len() as u64, expected: self.bytes });
        }
        if sha256(bytes) == self.sha256 { Ok(()) } else { Err(FileError::Checksum) }
    }
}

fn is_plain(name: &str) -> bool {
    name.ends_with(StoredFile::SUFFIX) && !name.contains(['/', '\\', '\0']) && !name.starts_with('.')
}

fn sha256(bytes: &[u8]) -> String {
    crate::core::hex::lower(&Sha256::digest(bytes))
}
