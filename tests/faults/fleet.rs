//! The processes of Leakwatch, and whoever starts them again when they have ended.

use leakwatch::config::settings::Role;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Who Leakwatch's processes are where the test is root: a file system that refuses has to refuse them.
pub const NOBODY: u32 = 65_534;
/// What ended by itself is started again after this long, as a cluster would.
const BACK_OFF: Duration = Duration::from_millis(500);

/// One process, over all its lives.
pub struct Member {
    /// What it does.
    pub role: Role,
    number: usize,
    child: Option<Child>,
    wanted: bool,
    start_at: Instant,
    /// Stopped by a signal until then.
    stopped_until: Option<Instant>,
}

/// All of them.
pub struct Fleet {
    directory: PathBuf,
    binary: PathBuf,
    configuration: Box<dyn Fn(u16) -> String + Send>,
    members: Vec<Member>,
    /// SIGKILLs.
    pub kills: u32,
    /// Processes that ended themselves, to be started over: a broker or a store that was away for too long.
    pub ended: u32,
}

impl Fleet {
    /// Two of each that can share the work, one sink; all of them started. `configuration` is given the metrics' port.
    pub fn new(directory: &Path, configuration: impl Fn(u16) -> String + Send + 'static) -> Self {
        let binary = directory.join("leakwatch");
        fs::copy(env!("CARGO_BIN_EXE_leakwatch"), &binary).expect("copied");
        let mut fleet = Self {
            directory: directory.to_owned(),
            binary,
            configuration: Box::new(configuration),
            members: Vec::new(),
            kills: 0,
            ended: 0,
        };
        for (role, count) in [(Role::Ingest, 4), (Role::Detect, 4), (Role::Sinks, 1)] {
            fleet.members.extend((0..count).map(|number| Member::new(role, number)));
        }
        fleet.scale(2);
        fleet
    }

    /// So many processes ingest, and so many detect: more are started, others asked to end.
    pub fn scale(&mut self, count: usize) {
        for member in &mut self.members {
            member.wanted = member.number < if member.role == Role::Sinks { 1 } else { count };
            if !member.wanted {
                member.signal(Signal::CONT);
                member.signal(Signal::TERM);
            }
        }
    }

    /// Starts what should run and does not, and lets go on what has been stopped long enough.
    pub fn supervise(&mut self) {
        let now = Instant::now();
        for at in 0..self.members.len() {
            if self.members[at].stopped_until.is_some_and(|until| until <= now) {
                self.members[at].stopped_until = None;
                self.members[at].signal(Signal::CONT);
            }
            if self.members[at].has_ended() {
                self.ended += u32::from(self.members[at].wanted);
                self.members[at].start_at = now + BACK_OFF;
            }
            let member = &self.members[at];
            if member.wanted && member.child.is_none() && member.start_at <= now {
                let child = self.start(member);
                self.members[at].child = Some(child);
            }
        }
    }

    fn start(&self, member: &Member) -> Child {
        let name = member.name();
        let port = crate::common::process::free_port();
        let config = self.directory.join(format!("{name}.yaml"));
        fs::write(&config, (self.configuration)(port)).expect("written");
        let log = OpenOptions::new().create(true).append(true).open(self.directory.join(format!("{name}.log")));
        let (clock, instance) =
            (self.directory.join(format!("{name}.clock")), format!("{}-{}", member.role.name(), member.number));
        // A file that may not grow has to be an error for the process, not its end.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(&self.binary);
        command.args(["run", "--role", member.role.name(), "--config"]).arg(&config);
        if member.role == Role::Detect {
            command.args(["--instance", &instance]);
        }
        if let Some(library) = faketime() {
            fs::write(&clock, fs::read_to_string(&clock).unwrap_or_else(|_| "+0".to_owned())).expect("written");
            command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &clock);
            command.env("FAKETIME_CACHE_DURATION", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        as_nobody(&mut command)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.expect("a log"))
            .spawn()
            .expect("starts")
    }

    /// SIGKILLs the process that does `role` and that `pick` chooses; whether there was one.
    pub fn kill(&mut self, role: Role, pick: usize, away: Duration) -> bool {
        let Some(member) = self.alive(role, pick) else { return false };
        member.end();
        member.start_at = Instant::now() + away;
        self.kills += 1;
        true
    }

    /// SIGKILLs all that do `role`.
    pub fn kill_all(&mut self, role: Role, away: Duration) -> u32 {
        let before = self.kills;
        while self.kill(role, 0, away) {}
        self.kills - before
    }

    /// SIGSTOPs one for `time`; whether there was one.
    pub fn stop(&mut self, role: Role, pick: usize, time: Duration) -> bool {
        let Some(member) = self.alive(role, pick) else { return false };
        member.signal(Signal::STOP);
        member.stopped_until = Some(Instant::now() + time);
        true
    }

    /// Sets the clock of one, `offset` as libfaketime spells it; whether there was one.
    pub fn set_clock(&mut self, role: Role, pick: usize, offset: &str) -> bool {
        let directory = self.directory.clone();
        let Some(member) = self.alive(role, pick) else { return false };
        fs::write(directory.join(format!("{}.clock", member.name())), offset).expect("written");
        true
    }

    /// Every clock is right again.
    pub fn reset_clocks(&self) {
        for member in &self.members {
            fs::write(self.directory.join(format!("{}.clock", member.name())), "+0").expect("written");
        }
    }

    /// Those of a role that live now.
    pub fn pids(&self, role: Role) -> Vec<Pid> {
        self.members.iter().filter(|member| member.role == role).filter_map(Member::pid).collect()
    }

    fn alive(&mut self, role: Role, pick: usize) -> Option<&mut Member> {
        let mut alive: Vec<&mut Member> =
            self.members.iter_mut().filter(|member| member.role == role && member.can_be_hurt()).collect();
        let at = pick.checked_rem(alive.len())?;
        Some(alive.swap_remove(at))
    }
}

impl Member {
    fn new(role: Role, number: usize) -> Self {
        Self { role, number, child: None, wanted: false, start_at: Instant::now(), stopped_until: None }
    }

    fn name(&self) -> String {
        format!("{}-{}", self.role.name(), self.number)
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.child.as_ref()?.id()).ok()?)
    }

    fn can_be_hurt(&self) -> bool {
        self.child.is_some() && self.wanted && self.stopped_until.is_none()
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            kill_process(pid, signal).expect("a signal");
        }
    }

    fn has_ended(&mut self) -> bool {
        let ended = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
        if ended {
            self.child = None;
            self.stopped_until = None;
        }
        ended
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        self.stopped_until = None;
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.members.iter_mut().for_each(Member::end);
    }
}

/// Not root, where the test is: nothing refuses root.
pub fn as_nobody(command: &mut Command) -> &mut Command {
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// The library that makes a process see another time.
pub fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|library| library.exists())
}
