//! Prometheus and Alertmanager, the real ones.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server that ends with the test.
pub struct Server {
    child: Child,
    pub port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether `program` is there. Where it is not, the test that asks is left out, loudly, and in CI that is a failure.
pub fn is_there(program: &str, package: &str, test: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return true;
    }
    eprintln!("=== SKIPPED: {test}: {program} is missing (on Debian: apt-get install {package})");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "CI=true, so nothing may be left out");
    false
}

fn start(program: &str, directory: &Path, port: u16, args: &[String]) -> Server {
    let log = std::fs::File::create(directory.join(format!("{program}.log"))).expect("a file");
    let child = Command::new(program)
        .args(args)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("starts");
    Server { child, port }
}

/// Alertmanager with `config`, on `port`, remembering nothing of an earlier life.
pub fn alertmanager(directory: &Path, port: u16, config: &str) -> Server {
    std::fs::write(directory.join("alertmanager.yaml"), config).expect("written");
    let storage = tempfile::tempdir_in(directory).expect("a directory").keep();
    let args = [
        "--config.file=alertmanager.yaml".to_owned(),
        format!("--storage.path={}", storage.display()),
        format!("--web.listen-address=127.0.0.1:{port}"),
        "--cluster.listen-address=".to_owned(),
    ];
    start("prometheus-alertmanager", directory, port, &args)
}

/// Prometheus with `config` and the rule file `rules`, on `port`.
pub fn prometheus(directory: &Path, port: u16, config: &str, rules: &str) -> Server {
    std::fs::write(directory.join("prometheus.yaml"), config).expect("written");
    std::fs::write(directory.join("rules.yaml"), rules).expect("written");
    let args = [
        "--config.file=prometheus.yaml".to_owned(),
        "--storage.tsdb.path=prometheus".to_owned(),
        format!("--web.listen-address=127.0.0.1:{port}"),
    ];
    start("prometheus", directory, port, &args)
}
