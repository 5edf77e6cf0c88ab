//! Object stores: a directory, Amazon S3 and what speaks its protocol, Google Cloud Storage, Azure Blob Storage.
//!
//! One HTTP client and one TLS library for all (docs/adr/008-object-stores-without-a-second-crypto-library.md).
//! Credentials come from files or from the pod's own identity, never from a setting's value or a secret in the
//! environment.

mod crypto;
mod remote;

use crate::config::settings::StateStore;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// Why a store cannot be opened. What is asked of it later fails by itself.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The directory cannot be made.
    #[error("state.store: cannot make the directory {}", directory.display())]
    Directory {
        /// Which.
        directory: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that a setting names cannot be used.
    #[error("{key}: {}: {reason}", file.display())]
    File {
        /// The setting.
        key: &'static str,
        /// The file.
        file: PathBuf,
        /// What was expected.
        reason: String,
    },
    /// The settings do not make a client.
    #[error("state.store")]
    Client(#[source] object_store::Error),
}

/// Opens `store`. Nothing is asked of a service yet; a directory is made where it is missing.
///
/// # Errors
/// [`OpenError`].
pub fn open(store: &StateStore) -> Result<Arc<dyn ObjectStore>, OpenError> {
    match store {
        StateStore::Directory(directory) => Ok(Arc::new(local(directory)?)),
        StateStore::S3(s3) => Ok(below(&s3.bucket.prefix, remote::s3(s3)?)),
        StateStore::Gcs(gcs) => Ok(below(&gcs.bucket.prefix, remote::gcs(gcs)?)),
        StateStore::Azure(azure) => Ok(below(&azure.bucket.prefix, remote::azure(azure)?)),
    }
}

fn local(directory: &Path) -> Result<LocalFileSystem, OpenError> {
    let made = std::fs::create_dir_all(directory);
    made.map_err(|source| OpenError::Directory { directory: directory.to_owned(), source })?;
    Ok(LocalFileSystem::new_with_prefix(directory).map_err(OpenError::Client)?.with_fsync(true))
}

fn below(prefix: &str, store: impl ObjectStore) -> Arc<dyn ObjectStore> {
    if prefix.is_empty() { Arc::new(store) } else { Arc::new(PrefixStore::new(store, prefix)) }
}
