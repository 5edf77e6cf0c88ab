//! An event on its way to being complete: what both decoders end with.

use super::reject::Reject;
use crate::core::event::{Event, EventKind, Field};
use crate::core::time::EventTime;

/// An event whose kind and time may not be known yet.
pub(super) struct Draft<'a> {
    /// All else. Its kind and time stand for nothing.
    pub event: Event<'a>,
    /// What the record says it is.
    pub kind: Option<EventKind>,
    /// Its time, if usable.
    pub time: Option<EventTime>,
    /// Where in the text `time` stands, usable or not.
    pub time_at: Option<usize>,
}

impl Draft<'_> {
    pub(super) fn new() -> Self {
        Self { event: Event::new(EventKind::Query, EventTime::MIN), kind: None, time: None, time_at: None }
    }

    /// Completes the event, if it has a time and somebody did it.
    ///
    /// A kind that the record does not say is `default_kind`. Where that is not configured either, the fields tell:
    /// one that only egress has makes it an egress, else it is a query; `type` then counts as unknown.
    ///
    /// # Errors
    /// [`Reject`] for `NoTime` or `NoActor`; `text` is the record.
    pub(super) fn finish(&mut self, default_kind: Option<EventKind>, text: &str) -> Result<(), Reject> {
        let Self { event, kind, time, time_at } = self;
        event.time = time.ok_or_else(|| Reject::no_time(text, *time_at))?;
        if event.actor.is_none() && event.client_ip.is_none() {
            return Err(Reject::no_actor());
        }
        event.kind = kind.or(default_kind).unwrap_or_else(|| {
            event.unknown_fields.insert(Field::Type);
            told_by_fields(event)
        });
        Ok(())
    }
}

fn told_by_fields(event: &Event<'_>) -> EventKind {
    let has_egress_field = event.channel.is_some()
        || event.destination.is_some()
        || event.content.is_some()
        || event.content_base64.is_some()
        || !event.files.is_empty();
    if has_egress_field { EventKind::Egress } else { EventKind::Query }
}
