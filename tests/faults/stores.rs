//! Where detect keeps its state: a directory, or an object store behind a gate; and what is done to both.

use crate::common::gate::{Gate, Mode};
use crate::common::object_server::{Kind, ObjectServer};
use crate::fleet::NOBODY;
use crate::inflict::{Trouble, WRITE_WITHIN, lock};
use leakwatch::config::settings::Role;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const SETTINGS: &str = "snapshot_every: 1s";

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A directory of this machine.
    Directory,
    /// A server that speaks S3's protocol and verifies signatures.
    Service,
}

/// Both, and which of them is used.
pub struct Stores {
    /// The directory.
    pub directory: PathBuf,
    service: Option<(ObjectServer, Gate)>,
    place: Mutex<Place>,
    /// Held by the one fault that has the gate.
    gate: Mutex<()>,
}

impl Stores {
    /// Empty ones, the directory below `home`; state is kept in `place`, as far as that can be had here.
    pub fn new(test: &str, home: &Path, place: Place) -> Self {
        let directory = home.join("state");
        fs::create_dir(&directory).expect("a directory");
        if rustix::process::geteuid().is_root() {
            chown(&directory, Some(NOBODY), Some(NOBODY)).expect("given away");
        }
        let service = ObjectServer::start(Kind::S3, test).map(|server| {
            let gate = Gate::before(server.port);
            (server, gate)
        });
        let place = if service.is_none() { Place::Directory } else { place };
        Self { directory, service, place: Mutex::new(place), gate: Mutex::default() }
    }

    /// Where state is kept now.
    pub fn place(&self) -> Place {
        *lock(&self.place)
    }

    /// Whether `place` is the other one, and can be had here.
    pub fn can_move_to(&self, place: Place) -> bool {
        self.place() != place && (place == Place::Directory || self.service.is_some())
    }

    /// The `state` section of the configuration.
    pub fn section(&self) -> String {
        match (self.place(), &self.service) {
            (Place::Service, Some((server, gate))) => server.state(gate.port, &format!("  {SETTINGS}\n")),
            (Place::Service, None) | (Place::Directory, _) => {
                format!("state: {{store: {}, {SETTINGS}}}\n", self.directory.display())
            }
        }
    }

    fn gate(&self) -> Option<&Gate> {
        self.service.as_ref().filter(|_| self.place() == Place::Service).map(|(_, gate)| gate)
    }
}

impl Trouble {
    /// Whoever starts from now on keeps state in the other place.
    pub fn store_moves(&self) -> bool {
        let other = match self.stores.place() {
            Place::Directory => Place::Service,
            Place::Service => Place::Directory,
        };
        let moves = self.stores.can_move_to(other);
        if moves {
            *lock(&self.stores.place) = other;
            lock(&self.fleet).kill_all(Role::Detect, Duration::from_millis(200));
        }
        moves
    }

    pub fn kill_in_snapshot_write(&self, rng: &mut ChaCha8Rng) -> bool {
        match self.stores.place() {
            Place::Directory => self.kill_in_write_of_a_file(),
            Place::Service => self.kill_in_request(rng),
        }
    }

    /// It counts only where the file is still in the making afterwards: else the write was over before the kill.
    fn kill_in_write_of_a_file(&self) -> bool {
        let (cut_before, until) = (being_written(&self.stores.directory), Instant::now() + WRITE_WITHIN);
        while Instant::now() < until {
            if !being_written(&self.stores.directory).is_subset(&cut_before) {
                lock(&self.fleet).kill_all(Role::Detect, Duration::from_millis(300));
                return !being_written(&self.stores.directory).is_subset(&cut_before);
            }
        }
        false
    }

    /// While the gate holds half of what is written, or the answer that it is written.
    fn kill_in_request(&self, rng: &mut ChaCha8Rng) -> bool {
        let (Some(gate), Ok(_held)) = (self.stores.gate(), self.stores.gate.try_lock()) else { return false };
        let (before, until) = (gate.hurt(), Instant::now() + WRITE_WITHIN);
        gate.set(if rng.random_range(0..2) == 0 { Mode::HalfWritten } else { Mode::Unanswered });
        while gate.hurt() == before && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        let met = gate.hurt() > before;
        let killed = if met { lock(&self.fleet).kill_all(Role::Detect, Duration::from_millis(300)) } else { 0 };
        gate.set(Mode::Open);
        killed > 0
    }

    pub fn store_slow(&self, rng: &mut ChaCha8Rng) -> bool {
        let time = Duration::from_millis(rng.random_range(500..4_000));
        let mode = if rng.random_range(0..2) == 0 { Mode::Slow(time) } else { Mode::Trickling(time) };
        self.while_the_store_is(mode, rng)
    }

    pub fn store_fails(&self, rng: &mut ChaCha8Rng) -> bool {
        let modes = [Mode::Failing, Mode::Reset, Mode::Refusing, Mode::Unanswered];
        self.while_the_store_is(*modes.choose(rng).expect("modes"), rng)
    }

    /// Whoever reads has to begin meanwhile.
    pub fn store_tells_nonsense(&self, rng: &mut ChaCha8Rng) -> bool {
        let modes = [Mode::Garbled(1), Mode::Garbled(97), Mode::Cut, Mode::ListsCut, Mode::Nonsense];
        let mode = *modes.choose(rng).expect("modes");
        lock(&self.fleet).kill_all(Role::Detect, Duration::ZERO);
        self.while_the_store_is(mode, rng)
    }

    /// Whether a request met it; of those that nobody takes there is no count.
    fn while_the_store_is(&self, mode: Mode, rng: &mut ChaCha8Rng) -> bool {
        let (Some(gate), _held) = (self.stores.gate(), lock(&self.stores.gate)) else { return false };
        let before = gate.hurt();
        gate.set(mode);
        std::thread::sleep(Duration::from_millis(rng.random_range(2_000..6_000)));
        gate.set(Mode::Open);
        mode == Mode::Refusing || gate.hurt() > before
    }

    pub fn store_read_only(&self, rng: &mut ChaCha8Rng) -> bool {
        let set = |mode| {
            let folders = folders(&self.stores.directory);
            for folder in &folders {
                fs::set_permissions(folder, fs::Permissions::from_mode(mode)).expect("permissions");
            }
            !folders.is_empty()
        };
        let refused = set(0o555);
        std::thread::sleep(Duration::from_millis(rng.random_range(3_000..6_000)));
        set(0o755);
        refused
    }

    /// The newest only: that two are damaged at once is what the third is for, and a test of its own.
    pub fn store_garbage(&self, rng: &mut ChaCha8Rng) -> bool {
        let mut newest: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for file in
            files(&self.stores.directory).into_iter().filter(|file| file.extension().is_some_and(|e| e == "snapshot"))
        {
            let folder = file.parent().expect("a folder").to_owned();
            let known = newest.entry(folder).or_insert_with(|| file.clone());
            *known = file.max(known.clone());
        }
        let killed = lock(&self.fleet).kill_all(Role::Detect, Duration::from_millis(500));
        for file in newest.values() {
            let Ok(mut bytes) = fs::read(file) else { continue };
            if rng.random_range(0..2) == 0 {
                bytes.truncate(bytes.len() / 2);
            } else {
                rng.fill(&mut bytes[..]);
            }
            let _ = fs::write(file, bytes);
        }
        killed > 0 && !newest.is_empty()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    walk(folder).into_iter().filter(|path| !path.is_dir()).collect()
}

/// Snapshots that somebody writes, or was killed in writing: the store writes beside the place, under a name with this
/// sign, and renames.
fn being_written(state: &Path) -> BTreeSet<PathBuf> {
    files(state).into_iter().filter(|file| file.to_string_lossy().contains('#')).collect()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    walk(folder).into_iter().filter(|path| path.is_dir()).collect()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let inside = entries.flat_map(|entry| {
        let path = entry.path();
        let below = if path.is_dir() { walk(&path) } else { Vec::new() };
        below.into_iter().chain([path])
    });
    inside.collect()
}
