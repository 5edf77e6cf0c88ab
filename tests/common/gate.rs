//! A gate before a server on this machine: open, shut, answering nonsense, or not answering.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// How often a connection looks whether the gate has changed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What the gate does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Lets it through.
    Open,
    /// Answers 503.
    Failing,
    /// Answers 200 and something else than what was asked for.
    Nonsense,
    /// Never answers.
    Silent,
}

/// The gate; connections of an earlier mode end with it.
#[derive(Clone)]
pub struct Gate {
    mode: Arc<AtomicU8>,
    pub port: u16,
}

impl Gate {
    pub fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let gate = Self { mode: Arc::default(), port };
        let here = gate.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let here = here.clone();
                std::thread::spawn(move || here.serve(stream, server));
            }
        });
        gate
    }

    pub fn set(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }

    fn is(&self, mode: Mode) -> bool {
        self.mode.load(Ordering::SeqCst) == mode as u8
    }

    fn serve(&self, mut client: TcpStream, server: u16) {
        if self.is(Mode::Open) {
            let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)) else { return };
            let (mut from, mut to) = (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
            let gate = self.clone();
            std::thread::spawn(move || gate.pass(&mut from, &mut to));
            self.pass(&mut server, &mut client);
        } else if self.is(Mode::Silent) {
            self.while_in(Mode::Silent);
        } else {
            let (line, body) = if self.is(Mode::Failing) { ("503 Busy", "") } else { ("200 OK", "<what is this?>") };
            let length = body.len();
            let answer = format!("HTTP/1.1 {line}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            // What was asked is read to its pause, so that the answer is not lost to a reset.
            let _ = client.set_read_timeout(Some(LOOK_EVERY));
            let mut asked = [0; 16 * 1024];
            while client.read(&mut asked).is_ok_and(|read| read > 0) {}
            let _ = client.write_all(answer.as_bytes());
        }
        let _ = client.shutdown(Shutdown::Both);
    }

    fn while_in(&self, mode: Mode) {
        while self.is(mode) {
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn pass(&self, from: &mut TcpStream, to: &mut TcpStream) {
        let _ = from.set_read_timeout(Some(LOOK_EVERY));
        let mut bytes = [0; 16 * 1024];
        while self.is(Mode::Open) {
            match from.read(&mut bytes) {
                Ok(0) => break,
                Ok(read) if to.write_all(&bytes[..read]).is_ok() => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => break,
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }
}
