//! A gate before an HTTP server on this machine: open, shut, slow, or changing what comes through it.

mod http;

use http::{Request, cut, garbled, told};
use std::io::{Read, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often a connection, and whoever waits for one, looks whether the gate has changed.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Who connects and asks for nothing is no longer waited for.
const ASKED_WITHIN: Duration = Duration::from_secs(30);
/// An answer that trickles comes in so many parts.
const PARTS: u32 = 20;

/// What the gate does with a request. A fault that concerns some requests lets the others through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Lets it through.
    Open,
    /// Answers 503.
    Failing,
    /// Answers 200 and something else than what was asked for.
    Nonsense,
    /// Never answers.
    Silent,
    /// Lets it through after so long.
    Slow(Duration),
    /// Lets it through; the answer comes bit by bit over so long.
    Trickling(Duration),
    /// Resets the connection.
    Reset,
    /// Nobody listens.
    Refusing,
    /// An object that is read has another byte in every so many.
    Garbled(usize),
    /// An object that is read is half of it, and called whole.
    Cut,
    /// So is every list of objects.
    ListsCut,
    /// The first half of what is to be written comes through, and no more.
    HalfWritten,
    /// What is to be written comes through; its answer does not.
    Unanswered,
}

/// The gate; it takes one request a connection.
#[derive(Clone)]
pub struct Gate {
    mode: Arc<Mutex<Mode>>,
    once: Arc<AtomicBool>,
    hurt: Arc<AtomicUsize>,
    server: u16,
    pub port: u16,
}

impl Mode {
    fn hurts(self, request: &Request) -> bool {
        match self {
            Self::Open => false,
            Self::Garbled(_) | Self::Cut => request.reads_object(),
            Self::ListsCut => request.lists(),
            Self::HalfWritten | Self::Unanswered => request.writes(),
            Self::Failing
            | Self::Nonsense
            | Self::Silent
            | Self::Slow(_)
            | Self::Trickling(_)
            | Self::Reset
            | Self::Refusing => true,
        }
    }
}

impl Gate {
    pub fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mode = Arc::new(Mutex::new(Mode::Open));
        let gate = Self { mode, once: Arc::default(), hurt: Arc::default(), server, port };
        let here = gate.clone();
        std::thread::spawn(move || here.listen(listener));
        gate
    }

    pub fn set(&self, mode: Mode) {
        self.once.store(false, Ordering::SeqCst);
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// For one request that `mode` hurts; then it is open again.
    pub fn once(&self, mode: Mode) {
        self.set(mode);
        self.once.store(true, Ordering::SeqCst);
    }

    /// How many requests were not simply let through so far.
    pub fn hurt(&self) -> usize {
        self.hurt.load(Ordering::SeqCst)
    }

    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, listener: TcpListener) {
        let mut listener = Some(listener);
        loop {
            if self.mode() == Mode::Refusing {
                listener = None;
            } else if listener.is_none() {
                listener = TcpListener::bind(("127.0.0.1", self.port)).ok();
            }
            let accepted = listener.as_ref().and_then(|listener| {
                listener.set_nonblocking(true).ok()?;
                listener.accept().ok()
            });
            let Some((client, _)) = accepted else {
                std::thread::sleep(LOOK_EVERY);
                continue;
            };
            let here = self.clone();
            std::thread::spawn(move || {
                let _ = client.set_nonblocking(false).and_then(|()| here.serve(&client));
                let _ = client.shutdown(Shutdown::Both);
            });
        }
    }

    fn serve(&self, mut client: &TcpStream) -> Result<()> {
        client.set_read_timeout(Some(ASKED_WITHIN))?;
        client.peek(&mut [0])?;
        if self.mode() == Mode::Reset {
            self.hurt_one();
            // Closed with something unread: that is a reset.
            return Ok(());
        }
        let request = Request::read(client)?;
        let mode = self.mode();
        if mode.hurts(&request) {
            self.hurt_one();
        }
        if let Some(answer) = self.answer(mode, &request)? {
            let (parts, pause) =
                if let Mode::Trickling(time) = mode { (PARTS, time / PARTS) } else { (1, Duration::ZERO) };
            for part in answer.chunks(answer.len().div_ceil(parts as usize).max(1)) {
                client.write_all(part)?;
                std::thread::sleep(pause);
            }
        }
        Ok(())
    }

    fn answer(&self, mode: Mode, request: &Request) -> Result<Option<Vec<u8>>> {
        let hurts = mode.hurts(request);
        match mode {
            Mode::Failing => Ok(Some(told("503 Busy", ""))),
            Mode::Nonsense => Ok(Some(told("200 OK", "<what is this?>"))),
            Mode::Silent | Mode::Reset | Mode::Refusing => Ok(self.never(mode)),
            Mode::Slow(time) => {
                std::thread::sleep(time);
                self.passed(request)
            }
            Mode::HalfWritten if hurts => {
                let half = request.body.len() / 2;
                let _server = self.ask(&request.head, &request.body[..half])?;
                Ok(self.never(mode))
            }
            Mode::Unanswered if hurts => {
                self.passed(request)?;
                Ok(self.never(mode))
            }
            Mode::Garbled(every) if hurts => Ok(self.passed(request)?.map(|answer| garbled(answer, every))),
            Mode::Cut | Mode::ListsCut if hurts => Ok(self.passed(request)?.map(|answer| cut(&answer))),
            Mode::Open
            | Mode::Trickling(_)
            | Mode::Garbled(_)
            | Mode::Cut
            | Mode::ListsCut
            | Mode::HalfWritten
            | Mode::Unanswered => self.passed(request),
        }
    }

    /// No answer, for as long as the mode lasts.
    fn never(&self, mode: Mode) -> Option<Vec<u8>> {
        while self.mode() == mode {
            std::thread::sleep(LOOK_EVERY);
        }
        None
    }

    fn passed(&self, request: &Request) -> Result<Option<Vec<u8>>> {
        let mut answer = Vec::new();
        self.ask(&request.head, &request.body)?.read_to_end(&mut answer)?;
        Ok(Some(answer))
    }

    fn ask(&self, head: &[u8], body: &[u8]) -> Result<TcpStream> {
        let mut server = TcpStream::connect(("127.0.0.1", self.server))?;
        server.write_all(head)?;
        server.write_all(body)?;
        Ok(server)
    }

    /// It counts before it acts: who waits for it then finds the request in the gate's hands.
    fn hurt_one(&self) {
        self.hurt.fetch_add(1, Ordering::SeqCst);
        if self.once.load(Ordering::SeqCst) {
            self.set(Mode::Open);
        }
    }
}
