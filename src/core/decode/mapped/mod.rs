//! The `mapped` decoder: events from any JSON, by a field map.
//!
//! ```yaml
//! each: records                         # optional: an array, each element of which is an event
//! swap_if: {path: flow.direction, equals: [inbound, to_client]}
//! time: {path: ts, unit: s}
//! actor: {path: user.name, or: src.ip}
//! client_ip: {path: src.ip, swapped: dst.ip}
//! destination: {path: dst.ip, swapped: src.ip}
//! bytes: {path: resp.sent, swapped: resp.received, string: true, unit: kib}
//! type: {path: action, values: {SELECT: query, PUT: egress}}
//! channel: {const: http}
//! identifiers: {phone: "rows.*.phone", email: {path: [to, cc], or: from}}
//! ```
//!
//! With `each`, a path is looked up in the element first, then in the record around it. A record that has no such
//! array is one event by itself. The same size, depth and duplicate-key limits hold as for the native format.

mod check;
mod decode;
mod lists;
mod path;
mod rules;
mod scope;
mod shorthand;
#[cfg(test)]
mod tests;

pub use check::{MAX_ALTERNATIVES, MapError};
pub(super) use decode::decode;
pub use path::{MAX_STEPS, Path, PathError};
pub use rules::{ByteUnit, CountRule, FilesRule, KindName, KindRule, ListRule, SwapRule, TextRule, TimeRule, TimeUnit};
pub use scope::MAX_REPEATED_BYTES;
pub use shorthand::{Many, Scalar, Short};

use crate::core::event::Field;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A source's `map`: where each field of an event stands in its records. See [`FieldMap::check`].
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldMap {
    /// Reserved for maps that come with the product.
    pub preset: Option<String>,
    /// The array whose elements are the events.
    pub each: Option<Path>,
    /// When rules read their `swapped` path.
    pub swap_if: Option<SwapRule>,
    /// Query or egress.
    #[serde(rename = "type")]
    pub kind: Option<Short<KindRule>>,
    /// The producer's own id.
    pub id: Option<Short<TextRule>>,
    /// When it happened.
    pub time: Short<TimeRule>,
    /// Who did it.
    pub actor: Option<Short<TextRule>>,
    /// The session it belongs to.
    pub session: Option<Short<TextRule>>,
    /// The address it came from.
    pub client_ip: Option<Short<TextRule>>,
    /// The application used.
    pub app: Option<Short<TextRule>>,
    /// The database queried.
    pub database: Option<Short<TextRule>>,
    /// The tables, views or collections touched.
    pub objects: Option<Short<ListRule>>,
    /// `select`, `copy`, `export`, …
    pub operation: Option<Short<TextRule>>,
    /// The statement's text.
    pub statement: Option<Short<TextRule>>,
    /// Records returned.
    pub rows: Option<Short<CountRule>>,
    /// Bytes returned, or sent out.
    pub bytes: Option<Short<CountRule>>,
    /// How it left.
    pub channel: Option<Short<TextRule>>,
    /// Where it went.
    pub destination: Option<Short<TextRule>>,
    /// Identifiers by kind.
    #[serde(default)]
    pub identifiers: BTreeMap<String, Short<ListRule>>,
    /// A sample of what left.
    pub content: Option<Short<TextRule>>,
    /// The same, base64-encoded.
    pub content_base64: Option<Short<TextRule>>,
    /// Files that left.
    pub files: Option<Short<FilesRule>>,
    /// When it arrived; files only.
    pub received: Option<Short<TimeRule>>,
}

impl FieldMap {
    /// The rules of text fields.
    fn texts(&self) -> impl Iterator<Item = (Field, &TextRule)> {
        [
            (Field::Id, &self.id),
            (Field::Actor, &self.actor),
            (Field::Session, &self.session),
            (Field::ClientIp, &self.client_ip),
            (Field::App, &self.app),
            (Field::Database, &self.database),
            (Field::Operation, &self.operation),
            (Field::Statement, &self.statement),
            (Field::Channel, &self.channel),
            (Field::Destination, &self.destination),
            (Field::Content, &self.content),
            (Field::ContentBase64, &self.content_base64),
        ]
        .into_iter()
        .filter_map(|(field, rule)| rule.as_ref().map(|rule| (field, &rule.0)))
    }

    /// The rules of counts.
    fn counts(&self) -> impl Iterator<Item = (Field, &CountRule)> {
        [(Field::Rows, &self.rows), (Field::Bytes, &self.bytes)]
            .into_iter()
            .filter_map(|(field, rule)| rule.as_ref().map(|rule| (field, &rule.0)))
    }

    /// The rules of times.
    fn times(&self) -> impl Iterator<Item = (Field, &TimeRule)> {
        let received = self.received.as_ref().map(|rule| (Field::Received, &rule.0));
        [(Field::Time, &self.time.0)].into_iter().chain(received)
    }

    /// The rules of lists, with the identifiers' kind.
    fn lists(&self) -> impl Iterator<Item = (Field, Option<&str>, &ListRule)> {
        let objects = self.objects.iter().map(|rule| (Field::Objects, None, &rule.0));
        objects.chain(self.identifiers.iter().map(|(kind, rule)| (Field::Identifiers, Some(kind.as_str()), &rule.0)))
    }

    /// Every path that is looked up in the element and then around it.
    fn paths(&self) -> impl Iterator<Item = &Path> {
        let texts = self.texts().flat_map(|(_, rule)| rule.path.iter().chain(&rule.or.0).chain(&rule.swapped.0));
        let counts = self.counts().flat_map(|(_, rule)| rule.path.iter().chain(&rule.or.0).chain(&rule.swapped.0));
        let times = self.times().flat_map(|(_, rule)| [&rule.path].into_iter().chain(&rule.or.0));
        let lists = self.lists().flat_map(|(_, _, rule)| rule.path.0.iter().chain(&rule.or.0));
        let kinds = self.kind.iter().flat_map(|rule| rule.0.path.iter().chain(&rule.0.or.0));
        let swap = self.swap_if.iter().map(|rule| &rule.path);
        let files = self.files.iter().map(|rule| &rule.0.path);
        texts.chain(counts).chain(times).chain(lists).chain(kinds).chain(swap).chain(files)
    }
}
