//! Where snapshots are: names, listing, writing once, clearing up.

use super::format::{FormatError, Snapshot};
use super::retention::{Kept, superfluous};
use crate::core::time::EventTime;
use crate::core::units::{Offset, Partition};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::Handle;

const SUFFIX: &str = ".snapshot";
/// Listing or deleting, with what the store's client tries again, may take this long.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// So may reading or writing one snapshot.
const TRANSFER_WITHIN: Duration = Duration::from_mins(2);

/// Why a snapshot could not be written or read.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// The store does not answer.
    #[error("the state store: {doing}: no answer within {within:?}")]
    Slow {
        /// What was attempted.
        doing: &'static str,
        /// How long it was waited for.
        within: Duration,
    },
    /// The store does not do it.
    #[error("the state store: {doing}")]
    Store {
        /// What was attempted.
        doing: &'static str,
        /// Why it failed.
        source: object_store::Error,
    },
    /// The bytes are no usable snapshot.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// It is of another deployment, topic or partition.
    #[error("snapshot is of another deployment, topic or partition")]
    Foreign,
}

/// Whose snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The deployment.
    pub deployment: String,
    /// The activity topic.
    pub topic: String,
}

/// One snapshot in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotName {
    /// Up to which message it goes.
    pub offset: Offset,
    path: Path,
    written_at: EventTime,
}

/// The snapshots of one deployment. Its methods wait: call them from a thread, never from a task.
#[derive(Clone, Debug)]
pub struct SnapshotStore {
    store: Arc<dyn ObjectStore>,
    runtime: Handle,
    scope: Scope,
    keep_days: u32,
}

impl SnapshotStore {
    /// The snapshots of `scope` in `store`.
    pub fn new(store: Arc<dyn ObjectStore>, scope: Scope, keep_days: u32, runtime: Handle) -> Self {
        Self { store, runtime, scope, keep_days }
    }

    /// Whose snapshots these are.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Writes `snapshot` unless an equal one is there; durable once this returns. Gives its size in the store.
    ///
    /// # Errors
    /// [`SnapshotError`]. Where the store did not answer in time, it may have been written all the same: another put
    /// finds out.
    pub fn put(&self, snapshot: &Snapshot) -> Result<u64, SnapshotError> {
        let path = self.path(snapshot);
        let bytes = snapshot.encode()?;
        let size = bytes.len() as u64;
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let put = self.store.put_opts(&path, PutPayload::from(bytes), options);
        match self.wait("writing a snapshot", TRANSFER_WITHIN, put)? {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(size),
            Err(source) => Err(SnapshotError::Store { doing: "writing a snapshot", source }),
        }
    }

    /// A partition's snapshots, the newest first.
    ///
    /// # Errors
    /// [`SnapshotError::Store`] or [`SnapshotError::Slow`].
    pub fn list(&self, partition: Partition) -> Result<Vec<SnapshotName>, SnapshotError> {
        let folder = self.folder(partition);
        let doing = "listing snapshots";
        let listed = self.wait(doing, ANSWER_WITHIN, self.store.list_with_delimiter(Some(&folder)))?;
        let objects = listed.map_err(store(doing))?.objects;
        let mut names: Vec<SnapshotName> = objects.into_iter().filter_map(name_of).collect();
        names.sort_by_key(|name| std::cmp::Reverse((name.offset, name.written_at)));
        Ok(names)
    }

    /// Reads one snapshot of `partition`.
    ///
    /// # Errors
    /// [`SnapshotError::Format`] or [`SnapshotError::Foreign`] where the next older one may still do,
    /// [`SnapshotError::Store`] or [`SnapshotError::Slow`] where the store does not answer.
    pub fn read(&self, partition: Partition, name: &SnapshotName) -> Result<Snapshot, SnapshotError> {
        let get = async { self.store.get(&name.path).await?.bytes().await };
        let doing = "reading a snapshot";
        let bytes = self.wait(doing, TRANSFER_WITHIN, get)?.map_err(store(doing))?;
        let snapshot = Snapshot::decode(&bytes)?;
        let header = &snapshot.header;
        let ours = header.deployment == self.scope.deployment && header.topic == self.scope.topic;
        if !ours || header.partition != partition {
            return Err(SnapshotError::Foreign);
        }
        Ok(snapshot)
    }

    /// Deletes the partition's snapshots that are no longer kept; says how many.
    ///
    /// # Errors
    /// [`SnapshotError::Store`] or [`SnapshotError::Slow`].
    pub fn clear_up(&self, partition: Partition) -> Result<usize, SnapshotError> {
        let all = self.list(partition)?.into_iter();
        let all = all.map(|n| Kept { name: n.path, offset: n.offset.0, written_at: n.written_at }).collect();
        let gone = superfluous(all, self.keep_days);
        for path in &gone {
            let doing = "deleting a snapshot";
            match self.wait(doing, ANSWER_WITHIN, self.store.delete(path))? {
                // Another instance clears up too.
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(source) => return Err(SnapshotError::Store { doing, source }),
            }
        }
        Ok(gone.len())
    }

    fn wait<T>(
        &self,
        doing: &'static str,
        within: Duration,
        task: impl Future<Output = T>,
    ) -> Result<T, SnapshotError> {
        let bounded = async { tokio::time::timeout(within, task).await };
        self.runtime.block_on(bounded).map_err(|_| SnapshotError::Slow { doing, within })
    }

    fn folder(&self, partition: Partition) -> Path {
        let parts = [self.scope.deployment.as_str(), self.scope.topic.as_str(), &format!("{:05}", partition.0)];
        Path::from_iter(parts)
    }

    fn path(&self, snapshot: &Snapshot) -> Path {
        let offset = snapshot.header.position.offset.0;
        let digest = Sha256::digest(&snapshot.state);
        let hash = u64::from_be_bytes(digest.first_chunk().copied().unwrap_or_default());
        self.folder(snapshot.header.partition).join(format!("{offset:020}-{hash:016x}{SUFFIX}"))
    }
}

fn store(doing: &'static str) -> impl FnOnce(object_store::Error) -> SnapshotError {
    move |source| SnapshotError::Store { doing, source }
}

fn name_of(meta: ObjectMeta) -> Option<SnapshotName> {
    let (offset, _hash) = meta.location.filename()?.strip_suffix(SUFFIX)?.split_once('-')?;
    let offset = Offset(offset.parse().ok()?);
    let written_at = EventTime::from_millis(meta.last_modified.timestamp_millis())?;
    Some(SnapshotName { offset, path: meta.location, written_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::StateStore;
    use crate::core::units::Position;
    use crate::io::snapshots::{Header, KEEP_LAST};
    use crate::io::stores;

    struct Bench {
        runtime: tokio::runtime::Runtime,
        directory: tempfile::TempDir,
    }

    impl Bench {
        fn new() -> Self {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
            let runtime = runtime.expect("a runtime");
            Self { runtime, directory: tempfile::tempdir().expect("a directory") }
        }

        fn open(&self, deployment: &str) -> SnapshotStore {
            let scope = Scope { deployment: deployment.into(), topic: "activity".into() };
            let place = StateStore::Directory(self.directory.path().to_owned());
            SnapshotStore::new(stores::open(&place).expect("opens"), scope, 1, self.runtime.handle().clone())
        }
    }

    fn snapshot(offset: u64, state: &[u8]) -> Snapshot {
        let header = Header {
            deployment: "shop".into(),
            topic: "activity".into(),
            partition: Partition(0),
            partitions: 2,
            position: Position { offset: Offset(offset), ..Position::default() },
            written_at: EventTime::MIN,
            state_bytes: state.len() as u64,
        };
        Snapshot { header, state: state.to_vec() }
    }

    #[test]
    fn the_newest_comes_first_and_an_equal_one_is_written_once() {
        let bench = Bench::new();
        let store = bench.open("shop");
        for offset in [5, 100, 20, 100] {
            store.put(&snapshot(offset, b"state")).expect("writes");
        }
        let names = store.list(Partition(0)).expect("lists");
        assert_eq!(names.iter().map(|name| name.offset.0).collect::<Vec<_>>(), [100, 20, 5]);
        assert_eq!(store.read(Partition(0), &names[0]).expect("reads").state, b"state");
        assert!(store.list(Partition(1)).expect("lists").is_empty());
        assert_eq!(store.clear_up(Partition(0)).expect("clears"), 0);
        store.put(&snapshot(200, b"later")).expect("writes");
        assert_eq!(store.clear_up(Partition(0)).expect("clears"), 1);
        assert_eq!(store.list(Partition(0)).expect("lists").len(), KEEP_LAST);
    }

    #[test]
    fn a_foreign_or_damaged_one_is_refused() {
        let bench = Bench::new();
        let (ours, theirs) = (bench.open("shop"), bench.open("other"));
        theirs.put(&snapshot(7, b"state")).expect("writes");
        let name = theirs.list(Partition(0)).expect("lists").remove(0);
        assert!(matches!(theirs.read(Partition(0), &name), Err(SnapshotError::Foreign)));
        ours.put(&snapshot(7, b"state")).expect("writes");
        let name = ours.list(Partition(0)).expect("lists").remove(0);
        let file = bench.directory.path().join(name.path.as_ref());
        let mut bytes = std::fs::read(&file).expect("a file");
        bytes.pop();
        std::fs::write(&file, bytes).expect("writes");
        assert!(matches!(ours.read(Partition(0), &name), Err(SnapshotError::Format(_))));
    }
}
