//! Object stores: a directory, Amazon S3 and what speaks its protocol, Google Cloud Storage, Azure Blob Storage.
//!
//! One HTTP client and one TLS library for all (docs/adr/008-object-stores-without-a-second-crypto-library.md).
//! Credentials come from files or from the pod's own identity, never from a setting's value or a secret in the
//! environment.

mod crypto;
mod remote;
mod staging;

use crate::config::settings::StateStore;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

pub use staging::{STAGED_AT_MOST, Staging};

/// A store that is open.
#[derive(Clone, Debug)]
pub struct Store {
    /// What is kept there.
    pub objects: Arc<dyn ObjectStore>,
    /// What killed writers left, where it is a directory: a service keeps nothing unfinished.
    pub staging: Option<Staging>,
}

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
pub fn open(store: &StateStore) -> Result<Store, OpenError> {
    let objects = match store {
        StateStore::Directory(directory) => {
            let local = local(directory)?;
            return Ok(Store { objects: Arc::new(local.clone()), staging: Some(Staging::of(local)) });
        }
        StateStore::S3(s3) => below(&s3.bucket.prefix, remote::s3(s3)?),
        StateStore::Gcs(gcs) => below(&gcs.bucket.prefix, remote::gcs(gcs)?),
        StateStore::Azure(azure) => below(&azure.bucket.prefix, remote::azure(azure)?),
    };
    Ok(Store { objects, staging: None })
}

fn local(directory: &Path) -> Result<LocalFileSystem, OpenError> {
    let made = std::fs::create_dir_all(directory);
    made.map_err(|source| OpenError::Directory { directory: directory.to_owned(), source })?;
    Ok(LocalFileSystem::new_with_prefix(directory).map_err(OpenError::Client)?.with_fsync(true))
}

fn below(prefix: &str, store: impl ObjectStore) -> Arc<dyn ObjectStore> {
    if prefix.is_empty() { Arc::new(store) } else { Arc::new(PrefixStore::new(store, prefix)) }
}
