//! The processes of the demo: one ingest, two detect, one sinks; each of this very binary.

use super::scene::{Scene, leakwatch};
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long the processes may take to become ready.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// How long they may take to end in good order.
const END_WITHIN: Duration = Duration::from_secs(12);
const POLL: Duration = Duration::from_millis(100);
const HTTP_TIMEOUT: Duration = Duration::from_secs(2);
/// A page of metrics is not longer than this.
const MAX_PAGE_BYTES: u64 = 4 << 20;

struct Member {
    name: &'static str,
    child: Child,
    port: u16,
}

/// The running processes.
pub(super) struct Fleet {
    members: Vec<Member>,
    console: u16,
}

impl Fleet {
    /// Starts them.
    pub fn start(scene: &Scene, bootstrap: &str) -> Result<Self> {
        let mut fleet = Self { members: Vec::new(), console: free_port()? };
        for (name, role) in [("ingest", "ingest"), ("detect-a", "detect"), ("detect-b", "detect"), ("sinks", "sinks")] {
            let port = free_port()?;
            let config = scene.configuration(name, bootstrap, port, fleet.console)?;
            let log = std::fs::File::create(scene.path(&format!("{name}.log")))?;
            let mut command = leakwatch()?;
            command.args(["run", "--role", role, "--config"]).arg(config);
            command.stdout(Stdio::null()).stderr(log);
            fleet.members.push(Member { name, child: command.spawn().context(name)?, port });
        }
        Ok(fleet)
    }

    /// Where the metrics of the process that stays can be read.
    pub fn metrics_url(&self) -> String {
        let port = self.members.iter().find(|member| member.name == "detect-b").map_or(0, |member| member.port);
        format!("http://127.0.0.1:{port}/metrics")
    }

    /// Where the console is; the process with the role sinks serves it.
    pub fn console_url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.console)
    }

    /// Waits until every process says that it is ready.
    pub fn wait_until_ready(&mut self, stopped: &AtomicBool) -> Result<()> {
        let until = Instant::now() + READY_WITHIN;
        while !self.members.iter().all(|member| get(member.port, "/readyz").is_some()) {
            self.check()?;
            if Instant::now() >= until {
                bail!("the processes are not ready after {} s", READY_WITHIN.as_secs());
            }
            if stopped.load(Ordering::Relaxed) {
                bail!("interrupted");
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// Kills one detect process, without any warning; gives its process id.
    pub fn kill_one_detect(&mut self) -> Result<u32> {
        let at = self.members.iter().position(|member| member.name == "detect-a").context("no detect process")?;
        let mut member = self.members.remove(at);
        member.child.kill()?;
        member.child.wait()?;
        Ok(member.child.id())
    }

    /// Fails if a process ended that nobody ended.
    pub fn check(&mut self) -> Result<()> {
        for member in &mut self.members {
            if let Some(status) = member.child.try_wait()? {
                bail!("the {} process ended: {status}", member.name);
            }
        }
        Ok(())
    }

    /// The sum of a metric over all processes.
    pub fn metric(&self, name: &str) -> f64 {
        let pages = self.members.iter().filter_map(|member| get(member.port, "/metrics"));
        pages.map(|page| sum(&page, name)).fold(0.0, |all, one| all + one)
    }

    /// Ends them in good order, by force where that takes too long.
    pub fn stop(&mut self) {
        for member in &self.members {
            terminate(member.child.id());
        }
        let until = Instant::now() + END_WITHIN;
        for member in &mut self.members {
            while Instant::now() < until && matches!(member.child.try_wait(), Ok(None)) {
                std::thread::sleep(POLL);
            }
        }
        self.members.clear();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// SIGTERM, by the system's own command: the standard library can only kill.
fn terminate(pid: u32) {
    let _ = std::process::Command::new("kill").arg(pid.to_string()).status();
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The body of a page on loopback; `None` unless it answers 200.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(HTTP_TIMEOUT)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.take(MAX_PAGE_BYTES).read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.split(' ').nth(1).filter(|status| *status == "200").map(|_| body.to_string())
}

fn sum(page: &str, name: &str) -> f64 {
    let lines = page.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
    lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
}
