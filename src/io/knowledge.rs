//! What ingest knows, read from files: the directory, the key, the customer filters.

use crate::config::EngineSettings;
use crate::config::settings::FilterSettings;
use crate::core::filter::FilterSet;
use crate::core::identifiers::{Region, TagKey, Tagger};
use crate::core::identity::{Directory, DirectoryError};
use crate::core::ingest::Knowledge;
use crate::io::{filter_dir, key_file};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// Files that cannot be used.
#[derive(Debug, Error)]
pub enum KnowledgeError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The directory is wrong.
    #[error("{path}: {}", joined(errors))]
    Directory {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        errors: Vec<DirectoryError>,
    },
    /// The key file is wrong.
    #[error(transparent)]
    Key(#[from] key_file::KeyFileError),
    /// The filters are wrong.
    #[error(transparent)]
    Filter(#[from] filter_dir::LoadError),
    /// Filters without a key.
    #[error("{dir}: expected --key-file or filters.key_files, the key that the filter was built with")]
    NoKey {
        /// The filters.
        dir: PathBuf,
    },
    /// The filter's region is unknown.
    #[error("{dir}: expected a region of two letters in the manifest")]
    Region {
        /// The filters.
        dir: PathBuf,
    },
}

fn joined(errors: &[DirectoryError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Tags where no key is configured: good for files on one's own machine, where nobody else reads the tags.
const LOCAL_KEY: [u8; 16] = *b"leakwatch, local";

/// Reads everything that `settings` name.
///
/// # Errors
/// [`KnowledgeError`], with the file and what is wrong in it.
pub fn read(settings: &EngineSettings) -> Result<Knowledge, KnowledgeError> {
    let directory = Arc::new(read_directory(settings)?);
    let Some(filters) = &settings.filters else {
        let tagger = Tagger::new(&TagKey::new(LOCAL_KEY));
        return Ok(Knowledge { directory, filters: None, tagger, others: Vec::new(), region: Region::CN });
    };
    let (set, tagger, others) = read_filters(filters)?;
    let region = set.manifest().region().map_err(|_| KnowledgeError::Region { dir: filters.dir.clone() })?;
    Ok(Knowledge { directory, filters: Some(Arc::new(set)), tagger, others, region })
}

/// Reads the directory file; without one, nobody is known.
///
/// # Errors
/// [`KnowledgeError::Read`], [`KnowledgeError::Directory`]
pub fn read_directory(settings: &EngineSettings) -> Result<Directory, KnowledgeError> {
    let timezone = &settings.directory.timezone;
    let Some(path) = &settings.directory.file else { return Ok(Directory::empty(timezone)) };
    let text = read_text(path)?;
    Directory::parse(&text, timezone).map_err(|errors| KnowledgeError::Directory { path: path.clone(), errors })
}

/// Reads the filters with the one of the keys that fits them; gives that key, and the other keys that count too.
///
/// # Errors
/// [`KnowledgeError`]
pub fn read_filters(settings: &FilterSettings) -> Result<(FilterSet, Tagger, Vec<Tagger>), KnowledgeError> {
    let mut keys: Vec<TagKey> = Vec::new();
    for path in key_paths(settings)? {
        let key = key_file::read(&path)?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let mut refused = None;
    for (at, key) in keys.iter().enumerate() {
        match filter_dir::load(&settings.dir, &key.fingerprint()) {
            Ok(set) => {
                let tagger = Tagger::apart(&keys.remove(at));
                return Ok((set, tagger, keys.iter().map(Tagger::apart).collect()));
            }
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.map_or_else(|| KnowledgeError::NoKey { dir: settings.dir.clone() }, KnowledgeError::Filter))
}

/// The configured keys; without any, the one that was beside the filter when it was built.
fn key_paths(settings: &FilterSettings) -> Result<Vec<PathBuf>, KnowledgeError> {
    if !settings.key_files.is_empty() {
        return Ok(settings.key_files.clone());
    }
    let manifest = filter_dir::read_manifest(&settings.dir)?;
    Ok(filter_dir::key_path(&settings.dir, &manifest).into_iter().collect())
}

fn read_text(path: &Path) -> Result<String, KnowledgeError> {
    std::fs::read_to_string(path).map_err(|source| KnowledgeError::Read { path: path.to_path_buf(), source })
}
