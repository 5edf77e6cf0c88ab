//! What every answer must be.

use super::{ADMIN, MARKED, Setup, USER_HEADER};
use axum::body::Body;
use axum::http::{HeaderMap, Method, header};
use futures_util::StreamExt;
use hyper::body::Incoming;
use leakwatch::io::http::console::MAX_BODY_BYTES;

/// In every answer.
const APART: [&str; 4] = ["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"];
/// Digits within so many bytes may make another number of it.
const ALONE_WITHIN: usize = 4;

/// What of a request decides what its answer may be.
pub struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
}

impl Asked {
    pub fn of(request: &hyper::Request<Incoming>) -> Self {
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            headers: request.headers().clone(),
        }
    }

    fn values(&self, name: &str) -> Vec<&[u8]> {
        self.headers.get_all(name).iter().map(|value| value.as_bytes().trim_ascii()).collect()
    }

    /// Whether it may change something; the other way round nothing is said, since it may be wrong in other ways.
    fn may_decide(&self, setup: Setup) -> bool {
        let admin = !setup.proxied || self.values(USER_HEADER) == [ADMIN.as_bytes()];
        let own_page =
            self.values("sec-fetch-site").first().is_none_or(|site| *site == b"same-origin" || *site == b"none");
        let host =
            self.values("host").first().map(|host| String::from_utf8_lossy(host).to_lowercase()).unwrap_or_default();
        let here = ["localhost", "127.", "["].iter().any(|known| host.contains(known));
        self.method == Method::POST
            && admin
            && own_page
            && (setup.proxied || here)
            && !self.values("x-leakwatch-request").is_empty()
    }

    fn is_too_long(&self) -> bool {
        let length = self.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        self.headers.get(header::TRANSFER_ENCODING).is_none()
            && length.is_some_and(|bytes: usize| bytes > MAX_BODY_BYTES)
    }
}

/// An answer.
pub struct Served {
    pub status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Served {
    /// The answer, its body read; of a stream that does not end, what comes at once.
    pub async fn of(answer: axum::http::Response<Body>) -> (hyper::Response<Body>, Self) {
        let (parts, body) = answer.into_parts();
        let streams = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let body = if streams {
            body.into_data_stream().next().await.and_then(Result::ok).unwrap_or_default()
        } else {
            axum::body::to_bytes(body, usize::MAX).await.expect("a body")
        };
        let served = Self { status: parts.status.as_u16(), headers: parts.headers.clone(), body: body.to_vec() };
        (hyper::Response::from_parts(parts, Body::from(body)), served)
    }
}

/// Panics where the answer is not what it must be; `kept` lines were kept in the meantime.
pub fn check(setup: Setup, asked: &Asked, served: &Served, kept: usize) {
    let Asked { method, path, .. } = asked;
    let status = served.status;
    let told = || format!("{method} {path}: {status} {}", String::from_utf8_lossy(&served.body));
    // Where nothing can be read or kept, that is what is said.
    assert!(status < 500 || (status == 503 && setup.broken), "{}", told());
    for name in APART {
        assert!(served.headers.contains_key(name), "no {name}: {}", told());
    }
    assert!(kept == 0 || asked.may_decide(setup), "{kept} lines kept for a stranger: {}", told());
    assert_eq!(kept > 0, status == 201, "{kept} lines kept: {}", told());
    let takes_body = *method == Method::POST && asked.is_too_long();
    assert!(!takes_body || status >= 400, "a flood is taken: {}", told());
    for value in served.headers.values() {
        shows_nobody("a header", value.as_bytes());
    }
    shows_nobody(path, &served.body);
}

/// Panics where the marked number stands in `text` by itself. What digits around it make of it is another number.
pub fn shows_nobody(what: &str, text: &[u8]) {
    let marked = MARKED.as_bytes();
    for at in (0..text.len().saturating_sub(marked.len() - 1)).filter(|at| text[*at..].starts_with(marked)) {
        let end = at + marked.len();
        let (before, after) =
            (&text[at.saturating_sub(ALONE_WITHIN)..at], &text[end..(end + ALONE_WITHIN).min(text.len())]);
        let plain = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"+-.()_/%@".contains(byte);
        let apart = before.last().is_none_or(plain) && after.first().is_none_or(plain);
        let another = before.iter().chain(after).any(u8::is_ascii_digit);
        assert!(!apart || another, "{what}: {}", String::from_utf8_lossy(text));
    }
}
