//! A history, judged once more.

use super::History;
use crate::core::activity::{Activity, BatchReader, Record};
use crate::core::engine::MemoryLog;
use crate::core::incident::Incident;
use crate::core::rules::RuleSet;
use crate::core::time::{EventTime, Millis};
use std::collections::VecDeque;

/// How a history is judged.
pub struct Rerun<'a, 'b> {
    /// Under which rules.
    pub rules: RuleSet,
    /// How late an event may be.
    pub lateness: Millis,
    /// What happens besides, by when it arrives.
    pub besides: &'a [Activity<'b>],
}

/// Judges `history` as `how` says; hands what is raised to `take`, in order, and gives the detector's log as it stands at
/// the end.
pub fn rerun(history: &History, how: Rerun<'_, '_>, mut take: impl FnMut(Incident)) -> MemoryLog {
    let mut judging = Judging::new(how);
    history.each_batch(|batch| judging.batch(batch, &mut take));
    judging.finish(take)
}

/// A history being judged, a batch at a time.
pub struct Judging<'a, 'b> {
    log: MemoryLog,
    besides: VecDeque<&'a Activity<'b>>,
    incidents: Vec<Incident>,
}

impl<'a, 'b> Judging<'a, 'b> {
    /// Nothing is judged yet.
    pub fn new(how: Rerun<'a, 'b>) -> Self {
        let mut log = MemoryLog::new(how.lateness);
        log.put_in_force(how.rules);
        Self { log, besides: how.besides.iter().collect(), incidents: Vec::new() }
    }

    /// Judges the next batch, as [`History`] made it; hands what is raised to `take`, in order.
    pub fn batch(&mut self, batch: &[u8], mut take: impl FnMut(Incident)) {
        // It was written in this process: it is whole.
        let Ok(records) = BatchReader::new(batch) else { return };
        for record in records.map_while(Result::ok) {
            self.catch_up(&record);
            self.log.apply(&record, &mut self.incidents);
            self.incidents.drain(..).for_each(&mut take);
        }
    }

    /// What happens besides until `record` arrives.
    fn catch_up(&mut self, record: &Record<'_>) {
        let now = match record {
            Record::Activity(activity) => activity.received,
            Record::Tick(_)
            | Record::Control(_)
            | Record::Pool(_)
            | Record::Roles(_)
            | Record::Source(_)
            | Record::SourceRows(_) => EventTime::MIN,
        };
        while let Some(next) = self.besides.pop_front_if(|next| next.received <= now) {
            self.log.apply(&Record::Activity(next.clone()), &mut self.incidents);
        }
    }

    /// The history has ended; hands what is raised by that to `take`, and gives the log as it stands.
    pub fn finish(mut self, take: impl FnMut(Incident)) -> MemoryLog {
        for next in self.besides {
            self.log.apply(&Record::Activity(next.clone()), &mut self.incidents);
        }
        self.log.finish(&mut self.incidents);
        self.incidents.drain(..).for_each(take);
        self.log
    }
}
