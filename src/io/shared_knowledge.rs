//! What ingest knows, while it runs: read again when its files change, and replaced whole.

use super::clock::Clock;
use super::knowledge::{self, KnowledgeError};
use super::lifecycle::Lifecycle;
use crate::config::EngineSettings;
use crate::core::activity::Control;
use crate::core::identity::{Directory, LossRefused};
use crate::core::ingest::Knowledge;
use crate::core::time::EventTime;
use arc_swap::{ArcSwap, ArcSwapOption};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// Files are looked at this often.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Why new files do not replace what is known.
#[derive(Debug, Error)]
enum Refused {
    #[error(transparent)]
    Files(#[from] KnowledgeError),
    #[error("the directory: {0}")]
    Loss(#[from] LossRefused),
}

/// What is known now, and which version of it.
pub struct SharedKnowledge {
    current: ArcSwap<Knowledge>,
    refused: ArcSwapOption<RefusedDirectory>,
    version: AtomicU64,
}

/// A directory file that had lost too many lines.
struct RefusedDirectory {
    loss: LossRefused,
    noticed: EventTime,
}

impl SharedKnowledge {
    /// Begins with `knowledge`.
    pub fn new(knowledge: Knowledge) -> Self {
        let (current, refused) = (ArcSwap::from_pointee(knowledge), ArcSwapOption::empty());
        Self { current, refused, version: AtomicU64::new(1) }
    }

    /// What is known now.
    pub fn get(&self) -> Arc<Knowledge> {
        self.current.load_full()
    }

    /// What detect is told of the newest directory file, where it was refused.
    pub fn refused(&self) -> Option<Control<'static>> {
        let refused = self.refused.load_full()?;
        let lines = |lines: usize| u64::try_from(lines).unwrap_or(u64::MAX);
        let LossRefused { lines: all, lost, .. } = refused.loss;
        Some(Control::DirectoryRefused { lines: lines(all), lost: lines(lost), noticed: refused.noticed })
    }

    /// Changes with what is known.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    fn refuse(&self, loss: LossRefused, noticed: EventTime) {
        self.refused.store(Some(Arc::new(RefusedDirectory { loss, noticed })));
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    fn replace(&self, knowledge: Knowledge) {
        self.current.store(Arc::new(knowledge));
        self.refused.store(None);
        self.version.fetch_add(1, Ordering::AcqRel);
    }
}

/// How files look from outside: whatever changes one changes this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Look {
    manifest: Option<Vec<u8>>,
    directory: Option<(u64, Option<SystemTime>)>,
}

impl Look {
    fn at(settings: &EngineSettings) -> Self {
        let manifest = settings.filters.as_ref().and_then(|filters| fs::read(filters.dir.join("manifest.json")).ok());
        let directory = settings.directory.file.as_deref().and_then(look_at);
        Self { manifest, directory }
    }
}

fn look_at(file: &Path) -> Option<(u64, Option<SystemTime>)> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

/// Looks for new files.
pub struct KnowledgeWatch {
    shared: Arc<SharedKnowledge>,
    settings: EngineSettings,
    clock: Arc<dyn Clock>,
    seen: Look,
}

impl KnowledgeWatch {
    /// Watches the files that `settings` name, from what was just read of them.
    pub fn new(shared: Arc<SharedKnowledge>, settings: EngineSettings, clock: Arc<dyn Clock>) -> Self {
        let seen = Look::at(&settings);
        Self { shared, settings, clock, seen }
    }

    /// Looks until the process is asked to stop. What is refused is said once, and the old stays.
    pub fn run(mut self, lifecycle: &Lifecycle) {
        while !lifecycle.sleep(LOOK_EVERY) {
            self.look();
        }
    }

    /// Looks once.
    pub fn look(&mut self) {
        let look = Look::at(&self.settings);
        if look == self.seen {
            return;
        }
        let directory_changed = look.directory != self.seen.directory;
        self.seen = look;
        match self.read(directory_changed) {
            Ok(knowledge) => {
                self.shared.replace(knowledge);
                tracing::info!(version = self.shared.version(), "new filter or directory in force");
            }
            Err(error) => {
                tracing::error!(%error, "new filter or directory refused; the old one stays");
                if let Refused::Loss(loss) = error {
                    self.shared.refuse(loss, self.clock.now());
                }
            }
        }
    }

    fn read(&self, directory_changed: bool) -> Result<Knowledge, Refused> {
        let (old, mut new) = (self.shared.get(), knowledge::read(&self.settings)?);
        new.directory = if directory_changed {
            let read = knowledge::read_directory(&self.settings)?;
            let max_loss = self.settings.directory.max_loss_percent;
            Arc::new(Directory::succeed(read, &old.directory, max_loss, self.clock.now())?)
        } else {
            Arc::clone(&old.directory)
        };
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::clock::SystemClock;

    fn actors(shared: &SharedKnowledge) -> Vec<String> {
        shared.get().directory.actor_names().map(str::to_owned).collect()
    }

    #[test]
    fn a_new_directory_is_taken_up_and_a_poor_one_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let write = |names: &[&str]| {
            let lines: Vec<String> = names.iter().map(|name| format!("{{\"actor\":\"{name}\"}}")).collect();
            fs::write(file.path(), lines.join("\n")).expect("written");
        };
        write(&["a", "b"]);
        let mut settings = EngineSettings::default();
        settings.directory.file = Some(file.path().to_owned());
        let shared = Arc::new(SharedKnowledge::new(knowledge::read(&settings).expect("reads")));
        let mut watch = KnowledgeWatch::new(Arc::clone(&shared), settings, Arc::new(SystemClock));
        watch.look();
        assert_eq!(shared.version(), 1, "nothing has changed");

        write(&["a", "b", "c"]);
        watch.look();
        assert_eq!((shared.version(), actors(&shared).len()), (2, 3));
        write(&["a", "a"]);
        watch.look();
        assert_eq!((shared.version(), actors(&shared).len()), (2, 3), "a login twice");
        assert_eq!(shared.refused(), None);
        write(&["a"]);
        watch.look();
        assert_eq!(actors(&shared).len(), 3, "too many lines lost");
        let told = matches!(shared.refused(), Some(Control::DirectoryRefused { lines: 3, lost: 2, .. }));
        assert!(told && shared.version() == 3, "detect is told");
        write(&["a", "b", "c", "d"]);
        watch.look();
        assert_eq!((shared.refused(), actors(&shared).len()), (None, 4));
    }
}
