//! As much of HTTP/1.1 as a gate has to understand: one request a connection, bodies with their length.

use std::io::{Error, Read, Result};
use std::net::TcpStream;

const HEAD_END: &[u8] = b"\r\n\r\n";

/// A request as it came, but for that the connection ends with it.
pub struct Request {
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn read(mut client: &TcpStream) -> Result<Self> {
        let (mut head, mut some) = (Vec::new(), [0; 16 * 1024]);
        let end = loop {
            let read = client.read(&mut some)?;
            if read == 0 {
                return Err(Error::other("the client has gone"));
            }
            head.extend_from_slice(&some[..read]);
            if let Some(at) = find(&head, HEAD_END) {
                break at + HEAD_END.len();
            }
        };
        let mut body = head.split_off(end);
        let have = body.len();
        body.resize(length(&head).max(have), 0);
        client.read_exact(&mut body[have..])?;
        // One request a connection: the server ends its answer by closing.
        let first_line = find(&head, b"\r\n").unwrap_or_default() + 2;
        head.splice(first_line..first_line, *b"Connection: close\r\n");
        Ok(Self { head, body })
    }

    /// Whether it asks what there is, in the words of S3's second version.
    pub fn lists(&self) -> bool {
        self.head.starts_with(b"GET ") && find(&self.head, b"list-type=2").is_some()
    }

    /// Whether it asks for one object.
    pub fn reads_object(&self) -> bool {
        self.head.starts_with(b"GET ") && !self.lists()
    }

    /// Whether it is to change what is there; deletions are none of it.
    pub fn writes(&self) -> bool {
        self.head.starts_with(b"PUT ") || self.head.starts_with(b"POST ")
    }
}

/// An answer of the gate's own.
pub fn told(line: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// What a head says of its body.
fn length(head: &[u8]) -> usize {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let field = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    field.and_then(|length| length.trim().parse().ok()).unwrap_or_default()
}

/// The answer with another byte in every so many of its body.
pub fn garbled(mut answer: Vec<u8>, every: usize) -> Vec<u8> {
    let body = find(&answer, HEAD_END).map_or(answer.len(), |at| at + HEAD_END.len());
    answer[body..].iter_mut().skip(every / 2).step_by(every).for_each(|byte| *byte ^= 0x55);
    answer
}

/// Half of the body, under a head that says so.
pub fn cut(answer: &[u8]) -> Vec<u8> {
    let body = find(answer, HEAD_END).map_or(answer.len(), |at| at + HEAD_END.len());
    let half = (answer.len() - body) / 2;
    let head = String::from_utf8_lossy(&answer[..body - 2.min(body)]).into_owned();
    let kept =
        head.lines().filter(|line| !line.is_empty() && !line.to_ascii_lowercase().starts_with("content-length:"));
    let mut cut: Vec<u8> = kept.flat_map(|line| [line, "\r\n"].concat().into_bytes()).collect();
    cut.extend_from_slice(format!("Content-Length: {half}\r\n\r\n").as_bytes());
    cut.extend_from_slice(&answer[body..body + half]);
    cut
}
