//! A step as a line of the native format.

use super::customers::CustomerBase;
use super::layers::wrap;
use super::named::{Identifiers, quoted, table};
use super::people::Population;
use super::statement::statement;
use super::step::{Action, Carried, Egress, Query, Rows, Step, Who};
use crate::core::time::EventTime;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::{self, Display};
use std::net::Ipv4Addr;

/// The keys of a line, in the order in which they are written.
#[derive(Default, Serialize)]
struct Line<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Shown<Id>>,
    time: Shown<EventTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<Shown<EventTime>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Shown<Session>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ip: Option<Ipv4Addr>,
    app: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Rows>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifiers: Option<Identifiers<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<[File<'a>; 1]>,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    size: u64,
    r#type: &'static str,
}

/// A value written as its text, without a string of its own.
#[derive(Default)]
pub(super) struct Shown<T>(pub(super) T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

struct Id(&'static str, u64);

impl Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}", self.0, self.1)
    }
}

struct Session(u32);

impl Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{:08x}", self.0)
    }
}

/// What a line says beside its step.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// The producer's id.
    pub id: Option<u64>,
    /// When it arrived, where the line says so.
    pub received: Option<EventTime>,
}

/// Writes `step` as one line, without a newline.
pub fn render(step: &Step, stamp: Stamp, base: &CustomerBase, population: &Population) -> String {
    let mut line = Line {
        time: Shown(step.claimed.unwrap_or(step.at)),
        received: stamp.received.map(Shown),
        actor: login(&step.who, population),
        session: step.session.map(|session| Shown(Session(session as u32))),
        client_ip: step.client_ip,
        app: step.app,
        ..Line::default()
    };
    match &step.action {
        Action::Query(query) => fill_query(&mut line, query, base),
        Action::Egress(egress) => fill_egress(&mut line, egress, base),
    }
    line.id = stamp.id.map(|id| Shown(Id(if line.r#type == "query" { "q" } else { "x" }, id)));
    serde_json::to_string(&line).expect("a line has string keys only")
}

fn login<'a>(who: &'a Who, population: &'a Population) -> Option<Cow<'a, str>> {
    match who {
        Who::Listed { number, spelling, capitals } => {
            let spellings = &population.actor(*number).spellings;
            let spelled = spellings[*spelling as usize % spellings.len()].as_str();
            Some(if *capitals { spelled.to_uppercase().into() } else { spelled.into() })
        }
        Who::Unlisted(login) => Some(login.as_str().into()),
        Who::Untold => None,
    }
}

fn fill_query<'a>(line: &mut Line<'a>, query: &'a Query, base: &'a CustomerBase) {
    line.r#type = "query";
    line.database = Some(query.database);
    line.objects = Some([query.object]);
    line.operation = Some(query.operation);
    line.statement = statement(query, base);
    line.rows = Some(query.rows);
    line.bytes = query.bytes;
    line.identifiers = Identifiers::of(&query.touched, base);
}

fn fill_egress<'a>(line: &mut Line<'a>, egress: &'a Egress, base: &'a CustomerBase) {
    line.r#type = "egress";
    line.bytes = Some(egress.bytes);
    line.channel = Some(egress.channel);
    line.destination = Some(&egress.destination);
    line.files = egress.file.as_deref().map(|name| [File { name, size: egress.bytes, r#type: media_type(name) }]);
    match egress.carried {
        Carried::Identifiers => line.identifiers = Identifiers::of(&egress.touched, base),
        Carried::Text => line.content = Some(quoted(&egress.touched, base)),
        Carried::Both => {
            line.identifiers = Identifiers::of(&egress.touched, base);
            line.content = Some(quoted(&egress.touched, base));
        }
        Carried::Layers(layers) => {
            line.content_base64 = Some(STANDARD.encode(wrap(&table(&egress.touched, base), layers)));
        }
        Carried::Unseen => {}
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("csv") => "text/csv",
        Some("zip") => "application/zip",
        Some("gz") => "application/gzip",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    }
}
