//! Requests put together from what an input chooses.

use super::memory::{ACTOR, EXPECTED, OPEN, pseudonym};
use super::{MARKED, USER_HEADER};
use serde_json::json;
use std::fmt::Write as _;

const METHODS: [&str; 8] = ["GET", "POST", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"];
/// `{}` is an id.
const PATHS: [&str; 18] = [
    "/",
    "/assets/{}",
    "/runbooks/{}",
    "/cases/{}/verdict",
    "/api/v1/cases",
    "/api/v1/cases/{}",
    "/api/v1/cases/{}/timeline",
    "/api/v1/cases/{}/verdict",
    "/api/v1/cases/{}/verdict",
    "/api/v1/cases/{}/exception",
    "/api/v1/actors/{}",
    "/api/v1/actors/{}/explain",
    "/api/v1/actors/{}/unmask",
    "/api/v1/rules",
    "/api/v1/rules/{}/curve",
    "/api/v1/health",
    "/api/v1/events",
    "/{}",
];
const HOSTS: [&str; 5] = ["localhost", "127.0.0.1:8080", "[::1]", "evil.example", ""];
const SITES: [&str; 5] = ["", "same-origin", "none", "cross-site", "same-site"];
const TYPES: [&str; 4] = ["application/json", "", "text/plain", "application/json; charset=utf-8"];
const VERDICTS: [&str; 5] = ["true", "false", "expected", MARKED, ""];
/// Over what a body may be.
const FLOOD: usize = 20_000;

/// The input, read from its beginning; where it ends, everything is zero.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn one<'c>(&mut self, of: &[&'c str]) -> &'c str {
        of[usize::from(self.byte()) % of.len()]
    }

    fn flag(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    /// Text of the input's own, or one that names the customer.
    fn text(&mut self) -> String {
        match self.byte() {
            0 => String::new(),
            1 => MARKED.to_owned(),
            2 => format!("ask {MARKED} why"),
            3 => "2012-06-01".to_owned(),
            4 => "the yearly mailing".to_owned(),
            5 => FLOOD.to_string().repeat(FLOOD / 5),
            length => {
                let (text, rest) = self.0.split_at(usize::from(length - 5).min(self.0.len()));
                self.0 = rest;
                String::from_utf8_lossy(text).into_owned()
            }
        }
    }

    fn id(&mut self) -> String {
        let id = match self.byte() % 10 {
            0 | 1 => OPEN.to_owned(),
            2 | 3 => EXPECTED.to_owned(),
            4 => ACTOR.to_owned(),
            5 => pseudonym(),
            6 => MARKED.to_owned(),
            7 => "busy".to_owned(),
            8 => "app.js".to_owned(),
            _ => self.text(),
        };
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(byte);
        id.bytes()
            .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    }

    fn body(&mut self) -> String {
        match self.byte() % 6 {
            0 => String::new(),
            1 | 2 => json!({"verdict": self.one(&VERDICTS), "note": self.text()}).to_string(),
            3 => json!({"reason": self.text()}).to_string(),
            4 => json!({
                "owner": self.text(), "ticket": self.text(), "reason": self.text(), "until": self.until(),
                "accept_losses": self.flag(),
            })
            .to_string(),
            _ => self.text(),
        }
    }

    /// A day that an exception may end on, or anything.
    fn until(&mut self) -> String {
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(240);
        if self.flag() { soon.to_string()[..10].to_owned() } else { self.text() }
    }
}

/// A whole request as it comes over the wire.
pub fn rendered(choices: &[u8]) -> Vec<u8> {
    let mut choices = Choices(choices);
    let (method, path) = (choices.one(&METHODS), choices.one(&PATHS));
    let path = if path.contains("{}") { path.replace("{}", &choices.id()) } else { path.to_owned() };
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    let mut header = |name: &str, value: &str| {
        let _ = write!(head, "{name}: {value}\r\n");
    };
    header("host", choices.one(&HOSTS));
    for user in match choices.byte() % 5 {
        0 | 1 => &["ann"][..],
        2 => &["bob"],
        3 => &["bob", "ann"],
        _ => &[MARKED],
    } {
        header(USER_HEADER, user);
    }
    let mut given = |name: &str, value: &str| {
        if !value.is_empty() {
            header(name, value);
        }
    };
    given("x-leakwatch-request", if choices.byte() % 4 == 3 { "" } else { "1" });
    given("sec-fetch-site", choices.one(&SITES));
    given("content-type", choices.one(&TYPES));
    let body = choices.body();
    given("content-length", &body.len().to_string());
    [head.as_bytes(), b"\r\n", body.as_bytes()].concat()
}
