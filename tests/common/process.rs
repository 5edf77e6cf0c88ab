//! `leakwatch run` as a process of its own, with its log and its metrics.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub struct Process {
    pub child: Child,
    port: u16,
    log: PathBuf,
}

/// A port that nobody listens on now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

/// Status line and body of `path` on a port of this machine.
pub fn get(port: u16, path: &str) -> Option<(String, String)> {
    get_from(&format!("127.0.0.1:{port}"), path)
}

/// The same, of a host and port.
pub fn get_from(host: &str, path: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(host).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.lines().next()?.to_owned(), body.to_owned()))
}

/// Runs the binary to its end; its standard output.
pub fn leakwatch(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_leakwatch")).args(args).output().expect("starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "leakwatch {args:?}: {told}");
    String::from_utf8(output.stdout).expect("text")
}

impl Process {
    /// Starts `run` with `configuration`, whose metrics are on `port`.
    pub fn start(directory: &Path, name: &str, configuration: &str, port: u16) -> Self {
        Self::start_with(directory, name, configuration, port, &[])
    }

    /// The same, with further arguments.
    pub fn start_with(directory: &Path, name: &str, configuration: &str, port: u16, args: &[&str]) -> Self {
        let config = directory.join(format!("{name}.yaml"));
        std::fs::write(&config, configuration).expect("written");
        let log = directory.join(format!("{name}.log"));
        let child = Command::new(env!("CARGO_BIN_EXE_leakwatch"))
            .args(["run", "--config"])
            .arg(&config)
            .args(args)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a file"))
            .spawn()
            .expect("starts");
        Self { child, port, log }
    }

    /// Status line and body of `path`.
    pub fn get(&self, path: &str) -> Option<(String, String)> {
        get(self.port, path)
    }

    /// Where its metrics are.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn is_ready(&self) -> bool {
        self.get("/readyz").is_some_and(|(status, _)| status.contains("200"))
    }

    pub fn metric(&self, series: &str) -> f64 {
        let (_, body) = self.get("/metrics").unwrap_or_default();
        let lines = body.lines().filter(|line| line.starts_with(series));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).fold(0.0, |all, one| all + one)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
