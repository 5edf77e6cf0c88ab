//! The scene: a simulated company on disk, its customer filter, and a configuration for each process.

use super::Args;
use super::day::Day;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Customers of the simulated company.
const CUSTOMERS: u32 = 30_000;

/// The leaks, in the simulator's own time: 10:00 to 12:00 in Shanghai.
const LEAKS: [&str; 5] = [
    "leaver,at=2012-05-07T02:10:00Z",
    "read-then-out,size=120,at=2012-05-07T02:25:00Z",
    "canary,at=2012-05-07T02:45:00Z",
    "bulk-dump,size=12000,at=2012-05-07T03:05:00Z",
    "copy-unknown,at=2012-05-07T03:30:00Z",
];

/// Everything the demo needs on disk; gone when it ends.
pub(super) struct Scene {
    dir: TempDir,
    /// The day's events.
    pub day: Day,
}

impl Scene {
    /// Simulates the company and builds its filter, with this very binary.
    pub fn set(args: &Args) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("leakwatch-demo-").tempdir()?;
        let data = dir.path().join("data");
        let mut simulate = leakwatch()?;
        simulate.arg("simulate").arg("--out").arg(&data).args(["--days", "1", "--life", "quiet"]);
        simulate.args(["--actors", &args.actors.to_string(), "--customers", &CUSTOMERS.to_string()]);
        simulate.args(["--seed", &args.seed.to_string()]);
        for leak in LEAKS {
            simulate.args(["--attack", leak]);
        }
        finish(simulate)?;
        let mut keygen = leakwatch()?;
        keygen.args(["filter", "keygen"]).arg(dir.path().join("tag.key"));
        finish(keygen)?;
        let mut build = leakwatch()?;
        build.args(["filter", "build", "--key-file"]).arg(dir.path().join("tag.key"));
        build.arg("--out").arg(dir.path().join("filter"));
        build.arg("--canaries").arg(data.join("canaries.csv")).arg(data.join("customers.csv"));
        finish(build)?;
        let day = Day::read(&data)?;
        Ok(Self { dir, day })
    }

    /// A file of the scene.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes the configuration of the process called `name`, whose metrics are on `port`, and its console, should it
    /// serve one, on `console`.
    pub fn configuration(&self, name: &str, bootstrap: &str, port: u16, console: u16) -> Result<PathBuf> {
        let path = self.path(&format!("{name}.yaml"));
        let dir = self.dir.path().display();
        let text = format!(
            "version: 1
deployment: demo
kafka:
  brokers: [{bootstrap}]
  client: {{session.timeout.ms: \"6000\", heartbeat.interval.ms: \"1000\"}}
sources:
  - {{topic: db-queries, decoder: native, type: query}}
  - {{topic: egress, decoder: native, type: egress}}
filters: {{dir: \"{dir}/filter\", key_files: [\"{dir}/tag.key\"]}}
directory: {{file: \"{dir}/data/directory.ndjson\", timezone: Asia/Shanghai}}
state: {{store: \"file://{dir}/state\", snapshot_every: 5s}}
sinks:
  - {{name: file, kind: file, path: \"{dir}/incidents.ndjson\", min_severity: info}}
log: {{level: warn, format: text}}
http: {{metrics: \"127.0.0.1:{port}\", console: \"127.0.0.1:{console}\"}}
"
        );
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        Ok(path)
    }
}

/// This very binary.
pub(super) fn leakwatch() -> Result<Command> {
    let binary = std::env::current_exe().context("this program's own file")?;
    let mut command = Command::new(binary);
    command.stdin(Stdio::null());
    Ok(command)
}

/// Runs a preparing step to its end, quietly.
pub(super) fn finish(mut command: Command) -> Result<()> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Runs a preparing step that fills `file`, and says where.
pub(super) fn produce(command: Command, file: &Path) -> Result<String> {
    finish(command)?;
    std::fs::read_to_string(file).with_context(|| file.display().to_string())
}
