//! Two busy hours of a simulated working day, to be told in a minute: each event at its share of them, with the time it
//! is sent.

use crate::core::time::EventTime;
use anyhow::{Context, Result, anyhow};
use std::path::Path;

/// In the simulator's time: 10:00 to 12:00 in Shanghai.
const BEGINS: &str = "2012-05-07T02:00:00Z";
const ENDS: &str = "2012-05-07T04:00:00Z";

/// One event of the day.
#[derive(Debug)]
pub(super) struct DayEvent {
    /// Which part of the day is over when it happens, 0 to 1.
    pub share: f64,
    /// Which source it belongs to.
    pub topic: &'static str,
    before_time: String,
    after_time: String,
}

/// The day's events, in order.
#[derive(Debug)]
pub(super) struct Day {
    pub events: Vec<DayEvent>,
}

impl Day {
    /// Reads what the simulator wrote.
    pub fn read(data: &Path) -> Result<Self> {
        let mut events = Vec::new();
        for topic in ["db-queries", "egress"] {
            let path = data.join(format!("{topic}.ndjson"));
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            for line in text.lines() {
                events.extend(DayEvent::read(topic, line)?);
            }
        }
        events.sort_by(|a, b| a.share.total_cmp(&b.share));
        Ok(Self { events })
    }
}

impl DayEvent {
    /// `None` for an event outside of the two hours.
    fn read(topic: &'static str, line: &str) -> Result<Option<Self>> {
        const KEY: &str = "\"time\":\"";
        let start = line.find(KEY).ok_or_else(|| anyhow!("expected `time` in a simulated event"))? + KEY.len();
        let end = start + line[start..].find('"').ok_or_else(|| anyhow!("expected `time` to end"))?;
        let time = EventTime::parse_rfc3339(&line[start..end]).ok_or_else(|| anyhow!("expected an RFC 3339 time"))?;
        let share = share(time)?;
        let inside = (0.0..1.0).contains(&share);
        Ok(inside.then(|| Self { share, topic, before_time: line[..start].into(), after_time: line[end..].into() }))
    }

    /// The event's JSON, happening at `time`.
    pub fn at(&self, time: EventTime) -> String {
        format!("{}{time}{}", self.before_time, self.after_time)
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a day")]
fn share(time: EventTime) -> Result<f64> {
    let parse = |text| EventTime::parse_rfc3339(text).ok_or_else(|| anyhow!("expected an RFC 3339 time"));
    let (begins, ends) = (parse(BEGINS)?, parse(ENDS)?);
    Ok(time.since(begins).as_millis() as f64 / ends.since(begins).as_millis() as f64)
}
