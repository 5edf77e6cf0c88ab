//! A keyed hash of what an event says: the same `id` with the same content counts once.

use crate::core::event::{Event, EventKind, NamedIdentifiers, SentFile};
use crate::core::time::EventTime;
use siphasher::sip::SipHasher13;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;
use std::hash::Hasher;

/// Hashes events' contents: SipHash-1-3 (Aumasson and Bernstein, 2012) under a key of its own.
///
/// Why keyed: the hash travels in the activity log beside most of the fields it covers. Whoever read the log could
/// otherwise try out an event's identifiers, ten billion phone numbers in minutes, and a client that chooses its
/// statements could make two different reads collide. Without the key neither is possible. Events are compared by id
/// and hash together, so 64 bits are plenty against chance.
#[derive(Clone)]
pub struct ContentHasher {
    seeded: SipHasher13,
}

impl ContentHasher {
    /// A hasher under a key derived from the deployment's, so that its values tell nothing about tags.
    pub fn new(deployment_key: &[u8; 16]) -> Self {
        let derive = |purpose: &[u8]| SipHasher13::new_with_key(deployment_key).hash(purpose);
        let seeded =
            SipHasher13::new_with_keys(derive(b"leakwatch content hash 0"), derive(b"leakwatch content hash 1"));
        Self { seeded }
    }

    /// The hash of all decoded fields but `received` (and the note of which fields were unknown).
    ///
    /// Neither the order of keys nor the way a value is spelled in JSON changes it. It is stable: stored in the
    /// activity log and compared across versions.
    pub fn hash(&self, event: &Event<'_>) -> u64 {
        let mut content = Content(self.seeded);
        content.event(event);
        content.0.finish()
    }
}

impl fmt::Debug for ContentHasher {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentHasher").finish_non_exhaustive()
    }
}

/// Writes fields so that no two contents give the same bytes: lengths before texts, a mark for what is absent.
struct Content(SipHasher13);

impl Content {
    fn event(&mut self, event: &Event<'_>) {
        // Every field is named, so that a new one cannot be forgotten here.
        let Event {
            kind,
            id,
            time,
            received: _,
            actor,
            session,
            client_ip,
            app,
            database,
            objects,
            operation,
            statement,
            rows,
            bytes,
            channel,
            destination,
            identifiers,
            content,
            content_base64,
            files,
            unknown_fields: _,
        } = event;
        self.kind_and_time(*kind, *time);
        for text in [id, actor, session, client_ip, app, database, operation, statement] {
            self.text(text.as_deref());
        }
        for text in [channel, destination, content, content_base64] {
            self.text(text.as_deref());
        }
        self.number(rows.map(|rows| rows.0));
        self.number(bytes.map(|bytes| bytes.0));
        self.texts(objects);
        self.identifiers(identifiers);
        self.length(files.len());
        for file in files {
            self.file(file);
        }
    }

    fn kind_and_time(&mut self, kind: EventKind, time: EventTime) {
        let kind = match kind {
            EventKind::Query => 0,
            EventKind::Egress => 1,
        };
        self.0.write_i64(time.as_millis() << 1 | kind);
    }

    /// Kinds in the order of their names: in the record they are keys.
    fn identifiers(&mut self, identifiers: &[NamedIdentifiers<'_>]) {
        let mut sorted: SmallVec<[&NamedIdentifiers<'_>; 8]> = identifiers.iter().collect();
        sorted.sort_unstable_by(|one, other| one.kind.cmp(&other.kind));
        self.length(sorted.len());
        for named in sorted {
            self.text(Some(&named.kind));
            self.texts(&named.values);
        }
    }

    fn file(&mut self, file: &SentFile<'_>) {
        self.text(file.name.as_deref());
        self.number(file.size.map(|size| size.0));
        self.text(file.media_type.as_deref());
    }

    fn texts(&mut self, texts: &[Cow<'_, str>]) {
        self.length(texts.len());
        for text in texts {
            self.text(Some(text));
        }
    }

    fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.length(text.len());
                self.0.write(text.as_bytes());
            }
            None => self.0.write_u32(u32::MAX),
        }
    }

    fn number(&mut self, number: Option<u64>) {
        self.0.write_u64(number.unwrap_or(u64::MAX));
    }

    fn length(&mut self, length: usize) {
        // A record is far smaller than 4 GiB, so no length is cut and none is the mark of absence.
        self.0.write_u32(u32::try_from(length).unwrap_or(u32::MAX - 1));
    }
}
