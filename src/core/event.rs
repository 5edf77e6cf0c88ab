//! A decoded event: what every decoder makes and ingest resolves.

use super::time::EventTime;
use super::units::{ByteCount, Rows};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::borrow::Cow;

/// What happened: data was read, or data left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// A database query.
    #[default]
    Query,
    /// Something was sent out.
    Egress,
}

/// The identifiers of one kind that an event names, as its source spells them.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedIdentifiers<'a> {
    /// The kind's name (`phone`, `email`, …).
    pub kind: Cow<'a, str>,
    /// The values, unnormalised. Never printed.
    pub values: Vec<Cow<'a, str>>,
}

/// A file that left with an egress event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SentFile<'a> {
    /// Its name; may itself carry an identifier.
    pub name: Option<Cow<'a, str>>,
    /// Its size.
    pub size: Option<ByteCount>,
    /// Its media type, as the source says it.
    pub media_type: Option<Cow<'a, str>>,
}

/// One event, borrowed from the record that carried it where it can be.
///
/// `None` means absent *or unknown*: never zero. Which fields were present but of a wrong type is in
/// [`Event::unknown_fields`].
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// Query or egress.
    pub kind: EventKind,
    /// The producer's own id.
    pub id: Option<Cow<'a, str>>,
    /// When it happened, as the source says.
    pub time: EventTime,
    /// When it arrived; files only.
    pub received: Option<EventTime>,
    /// Who did it, as the source spells it.
    pub actor: Option<Cow<'a, str>>,
    /// The session it belongs to.
    pub session: Option<Cow<'a, str>>,
    /// The address it came from.
    pub client_ip: Option<Cow<'a, str>>,
    /// The application used.
    pub app: Option<Cow<'a, str>>,
    /// The database queried.
    pub database: Option<Cow<'a, str>>,
    /// The tables, views or collections touched.
    pub objects: SmallVec<[Cow<'a, str>; 2]>,
    /// `select`, `copy`, `export`, …
    pub operation: Option<Cow<'a, str>>,
    /// The statement's text; never leaves ingest.
    pub statement: Option<Cow<'a, str>>,
    /// Records returned.
    pub rows: Option<Rows>,
    /// Bytes returned, or sent out.
    pub bytes: Option<ByteCount>,
    /// How it left.
    pub channel: Option<Cow<'a, str>>,
    /// Where it went, as the source spells it.
    pub destination: Option<Cow<'a, str>>,
    /// Identifiers that the source names.
    pub identifiers: SmallVec<[NamedIdentifiers<'a>; 3]>,
    /// A sample of what left; never leaves ingest.
    pub content: Option<Cow<'a, str>>,
    /// The same, base64-encoded by the source.
    pub content_base64: Option<Cow<'a, str>>,
    /// Files that left.
    pub files: Vec<SentFile<'a>>,
    /// Fields that were present with a wrong type or range.
    pub unknown_fields: FieldSet,
}

impl Event<'_> {
    /// An event of `kind` at `time` that says nothing else.
    pub fn new(kind: EventKind, time: EventTime) -> Self {
        Self {
            kind,
            id: None,
            time,
            received: None,
            actor: None,
            session: None,
            client_ip: None,
            app: None,
            database: None,
            objects: SmallVec::new(),
            operation: None,
            statement: None,
            rows: None,
            bytes: None,
            channel: None,
            destination: None,
            identifiers: SmallVec::new(),
            content: None,
            content_base64: None,
            files: Vec::new(),
            unknown_fields: FieldSet::EMPTY,
        }
    }
}

/// A field of the contract's event table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum Field {
    Type,
    Id,
    Time,
    Actor,
    Session,
    ClientIp,
    App,
    Database,
    Objects,
    Operation,
    Statement,
    Rows,
    Bytes,
    Channel,
    Destination,
    Identifiers,
    Content,
    ContentBase64,
    Files,
    Received,
}

impl Field {
    /// Every field, in the order of the contract's table.
    pub const ALL: [Self; 20] = [
        Self::Type,
        Self::Id,
        Self::Time,
        Self::Actor,
        Self::Session,
        Self::ClientIp,
        Self::App,
        Self::Database,
        Self::Objects,
        Self::Operation,
        Self::Statement,
        Self::Rows,
        Self::Bytes,
        Self::Channel,
        Self::Destination,
        Self::Identifiers,
        Self::Content,
        Self::ContentBase64,
        Self::Files,
        Self::Received,
    ];

    /// The key in the native format, and the label of `leakwatch_fields_unknown_total`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Id => "id",
            Self::Time => "time",
            Self::Actor => "actor",
            Self::Session => "session",
            Self::ClientIp => "client_ip",
            Self::App => "app",
            Self::Database => "database",
            Self::Objects => "objects",
            Self::Operation => "operation",
            Self::Statement => "statement",
            Self::Rows => "rows",
            Self::Bytes => "bytes",
            Self::Channel => "channel",
            Self::Destination => "destination",
            Self::Identifiers => "identifiers",
            Self::Content => "content",
            Self::ContentBase64 => "content_base64",
            Self::Files => "files",
            Self::Received => "received",
        }
    }
}

/// A set of [`Field`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(u32);

impl FieldSet {
    /// No field.
    pub const EMPTY: Self = Self(0);

    /// Adds `field`; says whether it was new.
    pub fn insert(&mut self, field: Field) -> bool {
        let bit = 1 << field as u8;
        let new = self.0 & bit == 0;
        self.0 |= bit;
        new
    }

    /// Whether `field` is in the set.
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u8) != 0
    }

    /// Whether the set has no field.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The fields, in table order.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |field| self.contains(*field))
    }
}
