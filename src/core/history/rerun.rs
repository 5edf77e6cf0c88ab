//! A history, judged once more.

use super::History;
use crate::core::activity::{Activity, Record};
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
    let mut log = MemoryLog::new(how.lateness);
    log.put_in_force(how.rules);
    let mut incidents = Vec::new();
    let mut besides: VecDeque<&Activity<'_>> = how.besides.iter().collect();
    history.each(|record| {
        let now = match record {
            Record::Activity(activity) => activity.received,
            Record::Tick(_)
            | Record::Control(_)
            | Record::Pool(_)
            | Record::Roles(_)
            | Record::Source(_)
            | Record::SourceRows(_) => EventTime::MIN,
        };
        while let Some(next) = besides.front().filter(|next| next.received <= now) {
            log.apply(&Record::Activity((*next).clone()), &mut incidents);
            besides.pop_front();
        }
        log.apply(record, &mut incidents);
        incidents.drain(..).for_each(&mut take);
    });
    for next in besides {
        log.apply(&Record::Activity(next.clone()), &mut incidents);
    }
    log.finish(&mut incidents);
    incidents.drain(..).for_each(take);
    log
}
