//! Where snapshots are: names, listing, writing once, clearing up.

use super::format::{FormatError, Snapshot};
use super::retention::{Kept, superfluous};
use crate::core::time::EventTime;
use crate::core::units::{Offset, Partition};
use crate::io::stores::Store;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use sha2::{Digest, Sha256};
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
    store: Store,
    runtime: Handle,
    scope: Scope,
    keep_days: u32,
}

impl SnapshotStore {
    /// The snapshots of `scope` in `store`.
    pub fn new(store: Store, scope: Scope, keep_days: u32, runtime: Handle) -> Self {
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
        let put = self.store.objects.put_opts(&path, PutPayload::from(bytes), options);
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
        let listed = self.wait(doing, ANSWER_WITHIN, self.store.objects.list_with_delimiter(Some(&folder)))?;
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
        let snapshot = match self.fetch(name) {
            // It may be so only on the way here.
            Err(SnapshotError::Format(FormatError::Magic | FormatError::Damaged { .. })) => self.fetch(name)?,
            fetched => fetched?,
        };
        let header = &snapshot.header;
        let ours = header.deployment == self.scope.deployment && header.topic == self.scope.topic;
        if !ours || header.partition != partition {
            return Err(SnapshotError::Foreign);
        }
        Ok(snapshot)
    }

    fn fetch(&self, name: &SnapshotName) -> Result<Snapshot, SnapshotError> {
        let get = async { self.store.objects.get(&name.path).await?.bytes().await };
        let doing = "reading a snapshot";
        let bytes = self.wait(doing, TRANSFER_WITHIN, get)?.map_err(store(doing))?;
        Ok(Snapshot::decode(&bytes)?)
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
            match self.wait(doing, ANSWER_WITHIN, self.store.objects.delete(path))? {
                // Another instance clears up too.
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(source) => return Err(SnapshotError::Store { doing, source }),
            }
        }
        Ok(gone.len())
    }

    /// Deletes what writers of the partition's snapshots left unfinished long ago, killed in the middle; says how many.
    ///
    /// # Errors
    /// [`SnapshotError::Store`] or [`SnapshotError::Slow`].
    pub fn clear_staged(&self, partition: Partition) -> Result<usize, SnapshotError> {
        let Some(staging) = self.store.staging.clone() else { return Ok(0) };
        let (folder, doing) = (self.folder(partition), "deleting unfinished snapshots");
        let clear = self.runtime.spawn_blocking(move || staging.clear(&folder, |name| offset_of(name).is_some()));
        let cleared = self.wait(doing, ANSWER_WITHIN, clear)?;
        cleared.map_err(Into::into).flatten().map_err(store(doing))
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
    let offset = offset_of(meta.location.filename()?)?;
    let written_at = EventTime::from_millis(meta.last_modified.timestamp_millis())?;
    Some(SnapshotName { offset, path: meta.location, written_at })
}

fn offset_of(name: &str) -> Option<Offset> {
    let (offset, _hash) = name.strip_suffix(SUFFIX)?.split_once('-')?;
    Some(Offset(offset.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::StateStore;
    use crate::core::units::Position;
    use crate::io::snapshots::{Header, KEEP_LAST};
    use crate::io::stores::{self, STAGED_AT_MOST};

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

    /// Files as a killed writer leaves them, last written to so long ago.
    fn leave(bench: &Bench, names: &[&str], age: Duration) {
        for name in names {
            let file = bench.directory.path().join(name);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(&file, b"half of one").expect("written");
            let written_at = std::time::SystemTime::now() - age;
            std::fs::File::options().append(true).open(file).expect("a file").set_modified(written_at).expect("set");
        }
    }

    #[test]
    fn what_killed_writers_left_is_deleted_once_nobody_can_be_writing_it() {
        let (bench, hours) = (Bench::new(), |hours| STAGED_AT_MOST * hours);
        let store = bench.open("shop");
        let (name, later) = ("00000000000000000007-0123456789abcdef.snapshot", "00000000000000000008-00.snapshot");
        let ours = format!("shop/activity/00000/{name}");
        let [first, second] = [1, 12].map(|number| format!("{ours}#{number}"));
        leave(&bench, &[&first, &second], hours(2));
        let in_the_making = format!("shop/activity/00000/{later}#1");
        leave(&bench, &[&in_the_making], STAGED_AT_MOST / 2);
        // Another deployment's, another partition's, and what was never to become a snapshot.
        let others = ["other/activity/00000", "shop/activity/00001"].map(|folder| format!("{folder}/{name}#1"));
        let strange = ["notes#1", "#1", &format!("{name}#x"), name].map(|name| format!("shop/activity/00000/{name}"));
        let stay: Vec<&str> = others.iter().chain(&strange).map(String::as_str).collect();
        leave(&bench, &stay, hours(2));
        assert_eq!(store.clear_staged(Partition(0)).expect("clears"), 2);
        let is_there = |name: &str| bench.directory.path().join(name).exists();
        assert!(!is_there(&first) && !is_there(&second));
        assert!(stay.iter().chain(&[in_the_making.as_str()]).all(|name| is_there(name)));
        assert_eq!(store.clear_staged(Partition(0)).expect("clears"), 0);
        assert_eq!(store.clear_staged(Partition(7)).expect("nothing was ever there"), 0);
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
