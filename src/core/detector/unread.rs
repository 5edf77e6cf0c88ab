//! Customers that were just sent and, as far as is known, never read: a read that arrives late may complete an overlap
//! that others count.

use super::kinds::KindId;
use super::stream::SeenTag;
use crate::core::incident::EntityKind;
use crate::core::time::{EventTime, Millis};
use crate::core::units::Tag;
use serde::{Deserialize, Serialize};

/// Customers remembered of one actor.
const CAPACITY: usize = 1_024;
/// A read may come so much later than the egress.
const PATIENCE: Millis = Millis::from_hours(2);

/// Whom the egress was told to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Recipient {
    pub kind: EntityKind,
    pub id: Box<str>,
    pub stream: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sent {
    time: EventTime,
    to: Recipient,
    tags: Vec<(KindId, Tag)>,
}

/// What a late read completes.
#[derive(Debug)]
pub(super) struct Completed {
    pub to: Recipient,
    /// When it was sent.
    pub time: EventTime,
    pub tags: Vec<(KindId, Tag)>,
}

/// What was sent, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Unread(Vec<Sent>);

impl Unread {
    /// Remembers the customers among `tags` that were not read before.
    pub fn push(&mut self, to: Recipient, time: EventTime, tags: &[SeenTag]) {
        self.0.retain(|sent| time.since(sent.time) < PATIENCE);
        let room = CAPACITY.saturating_sub(self.0.iter().map(|sent| sent.tags.len()).sum());
        let unread = tags.iter().filter(|tag| tag.customer && !tag.overlap);
        let tags: Vec<_> = unread.take(room).map(|tag| (tag.kind, tag.tag)).collect();
        if !tags.is_empty() {
            self.0.push(Sent { time, to, tags });
        }
    }

    /// The actor reads `tags` at `time`: gives what was sent of them within `read_before` after it, by recipient.
    pub fn completed_by(&mut self, time: EventTime, read_before: Millis, tags: &[SeenTag]) -> Vec<Completed> {
        let mut completed = Vec::new();
        for sent in &mut self.0 {
            if sent.time < time || sent.time.since(time) > read_before {
                continue;
            }
            let is_read = |(kind, tag): &(KindId, Tag)| {
                tags.iter().any(|seen| seen.customer && seen.kind == *kind && seen.tag == *tag)
            };
            let read: Vec<_> = sent.tags.extract_if(.., |tag| is_read(tag)).collect();
            if !read.is_empty() {
                completed.push(Completed { to: sent.to.clone(), time: sent.time, tags: read });
            }
        }
        self.0.retain(|sent| !sent.tags.is_empty());
        completed
    }

    /// Whether nothing is remembered.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
