//! Servers that speak the protocols of object stores, and a gate before one that can be shut.

use leakwatch::config::Settings;
use leakwatch::io::snapshots::{Scope, SnapshotStore};
use leakwatch::io::stores::{self, Store};
use object_store::ObjectStore;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::kafka::eventually;
use super::process::free_port;

const UP_WITHIN: Duration = Duration::from_mins(2);
static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// A protocol.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    S3,
    Azure,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Azure => "azure",
        }
    }
}

/// A server with a bucket `box`, that ends with the test.
pub struct ObjectServer {
    child: Child,
    kind: Kind,
    pub port: u16,
    directory: tempfile::TempDir,
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl ObjectServer {
    /// `None` where it cannot be had here and need not; with `CI=true` it must.
    pub fn start(kind: Kind, test: &str) -> Option<Self> {
        match library(kind) {
            Ok(library) => Some(Self::serve(kind, &library)),
            Err(why) => {
                assert!(std::env::var("CI").as_deref() != Ok("true"), "{test}: CI=true, and {why}");
                let count = SKIPPED.fetch_add(1, Ordering::SeqCst) + 1;
                eprintln!("SKIPPED {test}: {why}. Tests skipped for want of an object store so far: {count}");
                None
            }
        }
    }

    fn serve(kind: Kind, library: &Path) -> Self {
        let (directory, port) = (tempfile::tempdir().expect("a directory"), free_port());
        // Whoever is to read the credentials may be another user.
        let all_may_read = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(directory.path(), all_may_read).expect("permissions");
        let log = std::fs::File::create(directory.path().join("server.log")).expect("a file");
        let child = Command::new("python3")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores/serve.py"))
            .arg(kind.name())
            .arg(library)
            .arg(directory.path())
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("python3 starts");
        let server = Self { child, kind, port, directory };
        eventually("the object store is up", UP_WITHIN, || server.directory.path().join("ready").exists());
        server
    }

    /// A file of a credential.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The `state` section that reaches it through `port`, with `more` in it.
    pub fn state(&self, port: u16, more: &str) -> String {
        let file = |name: &str| self.file(name).display().to_string();
        let at = "endpoint: \"http://127.0.0.1";
        match self.kind {
            Kind::S3 => format!(
                "state:\n  store: s3://box/some/where\n  s3: {{{at}:{port}\", allow_http: true, \
                 access_key_file: {}, secret_key_file: {}}}\n{more}",
                file("access"),
                file("secret")
            ),
            Kind::Azure => format!(
                "state:\n  store: az://box/some/where\n  azure: {{{at}:{port}/shop\", allow_http: true, account: shop, \
                 access_key_file: {}}}\n{more}",
                file("secret")
            ),
        }
    }

    /// What the service itself would open.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        opened(&self.state(self.port, "")).objects
    }

    /// The snapshots in it.
    pub fn snapshots(&self, deployment: &str, topic: &str, runtime: &tokio::runtime::Runtime) -> SnapshotStore {
        let scope = Scope { deployment: deployment.to_owned(), topic: topic.to_owned() };
        SnapshotStore::new(opened(&self.state(self.port, "")), scope, 1, runtime.handle().clone())
    }
}

/// The store of a configuration with this `state` section.
pub fn opened(state: &str) -> Store {
    let yaml = format!("kafka: {{brokers: [localhost:9092]}}\n{state}");
    let settings = Settings::parse(&yaml, "leakwatch.yaml").expect("valid");
    stores::open(&settings.state.store).expect("opens")
}

fn library(kind: Kind) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fetched = Command::new(root.join("tests/stores/fetch")).arg(kind.name()).output();
    let fetched = fetched.map_err(|error| format!("tests/stores/fetch does not start: {error}"))?;
    let told = || String::from_utf8_lossy(&fetched.stderr).trim().to_owned();
    if fetched.status.success() { Ok(root.join("target/stores").join(kind.name())) } else { Err(told()) }
}
