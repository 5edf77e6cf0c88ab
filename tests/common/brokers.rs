//! Three real Kafka brokers that replicate to each other, each of which can be killed, stopped and started again.

use super::kafka::{connection, format, free_port, java, libraries, skip, write_log_settings};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How many there are.
pub const BROKERS: usize = 3;
const UP_WITHIN: Duration = Duration::from_mins(2);

struct Node {
    child: Option<Child>,
    port: u16,
    directory: PathBuf,
}

/// Three brokers, each a controller too, that run as long as this value lives.
pub struct Brokers {
    nodes: Vec<Node>,
    libs: PathBuf,
    _directory: tempfile::TempDir,
}

impl Brokers {
    /// `None` where they cannot run here and need not.
    pub fn start(test: &str) -> Option<Self> {
        super::show_log();
        Self::try_start().map_or_else(|why| skip(test, &why), Some)
    }

    fn try_start() -> Result<Self, String> {
        let libs = libraries()?;
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let port = |_| free_port();
        let ports = (0..BROKERS).map(port).collect::<Result<Vec<u16>, _>>()?;
        let controllers = (0..BROKERS).map(port).collect::<Result<Vec<u16>, _>>()?;
        let mut nodes = Vec::new();
        for (at, port) in ports.into_iter().enumerate() {
            let home = directory.path().join(format!("broker-{at}"));
            fs::create_dir(&home).map_err(|error| error.to_string())?;
            write_properties(&home, at, port, &controllers)?;
            format(&libs, &home.join("server.properties"), &home, &[])?;
            nodes.push(Node { child: None, port, directory: home });
        }
        let mut brokers = Self { nodes, libs, _directory: directory };
        (0..BROKERS).try_for_each(|at| brokers.spawn(at))?;
        brokers.await_all().then_some(brokers).ok_or_else(|| format!("the brokers were not up within {UP_WITHIN:?}"))
    }

    /// Starts one that was killed.
    pub fn spawn(&mut self, at: usize) -> Result<(), String> {
        let node = &mut self.nodes[at];
        let child = java(&self.libs, &node.directory, "kafka.log")?
            .args(["-Xms96m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "kafka.Kafka"])
            .arg(node.directory.join("server.properties"))
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("java does not start: {error}"))?;
        node.child = Some(child);
        Ok(())
    }

    /// Whether all of them came up in time.
    pub fn await_all(&self) -> bool {
        let until = Instant::now() + UP_WITHIN;
        while Instant::now() < until {
            let alive = self.nodes.iter().filter(|node| seen_by(node.port) == BROKERS).count();
            if alive == BROKERS {
                return true;
            }
        }
        false
    }

    /// SIGKILL.
    pub fn kill(&mut self, at: usize) {
        if let Some(mut child) = self.nodes[at].child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGSTOP, or SIGCONT.
    pub fn pause(&self, at: usize, paused: bool) {
        let signal = if paused { Signal::STOP } else { Signal::CONT };
        if let Some(pid) = self.nodes[at].child.as_ref().and_then(|child| i32::try_from(child.id()).ok()) {
            kill_process(Pid::from_raw(pid).expect("a process"), signal).expect("a signal");
        }
    }

    /// Has every partition led by its preferred replica again; whether the tool managed.
    pub fn elect(&self) -> bool {
        let command = java(&self.libs, &self.nodes[0].directory, "elect.log");
        let status = command.and_then(|mut command| {
            command
                .args(["-XX:TieredStopAtLevel=1", "org.apache.kafka.tools.LeaderElectionCommand"])
                .args(["--bootstrap-server", &self.addresses()])
                .args(["--election-type", "preferred", "--all-topic-partitions"])
                .status()
                .map_err(|error| error.to_string())
        });
        status.is_ok_and(|status| status.success())
    }

    /// Every broker's address.
    pub fn addresses(&self) -> String {
        let addresses: Vec<String> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        addresses.join(",")
    }

    /// The connection's settings.
    pub fn config(&self) -> ClientConfig {
        connection(&self.addresses())
    }
}

impl Drop for Brokers {
    fn drop(&mut self) {
        (0..BROKERS).for_each(|at| self.kill(at));
    }
}

/// How many brokers the one at `port` knows.
fn seen_by(port: u16) -> usize {
    let probe: Result<BaseConsumer, _> = connection(&format!("127.0.0.1:{port}")).create();
    let seen = probe.and_then(|probe| probe.fetch_metadata(None, Duration::from_millis(500)));
    seen.map_or(0, |seen| seen.brokers().len())
}

fn write_properties(home: &Path, at: usize, port: u16, controllers: &[u16]) -> Result<(), String> {
    let id = at + 1;
    let voters: Vec<String> =
        controllers.iter().enumerate().map(|(at, port)| format!("{}@127.0.0.1:{port}", at + 1)).collect();
    let text = format!(
        "process.roles=broker,controller\nnode.id={id}\ncontroller.quorum.voters={}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\ncontroller.listener.names=CONTROLLER\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs={}\n\
         auto.create.topics.enable=false\noffsets.topic.replication.factor=3\noffsets.topic.num.partitions=4\n\
         default.replication.factor=3\nmin.insync.replicas=2\nunclean.leader.election.enable=false\n\
         broker.session.timeout.ms=4000\nbroker.heartbeat.interval.ms=1000\nreplica.lag.time.max.ms=5000\n\
         group.initial.rebalance.delay.ms=0\ngroup.min.session.timeout.ms=1000\n\
         num.network.threads=2\nnum.io.threads=4\nlog.cleaner.enable=false\n",
        voters.join(","),
        controllers[at],
        home.join("data").display()
    );
    fs::write(home.join("server.properties"), text).map_err(|error| error.to_string())?;
    write_log_settings(home)
}
