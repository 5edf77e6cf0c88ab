//! Whether a source usually tells the rows of its queries: where it does, a query without them hides something.
//!
//! An account that only copies may be alone in its partition. So each partition counts, tells the source's owner once a
//! minute, and the owner tells all what that adds up to.

use super::{Detector, Output, To};
use crate::core::activity::{Activity, Flags, MadeBy, Record, SourceRows, codec};
use crate::core::event::EventKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A source that told the rows of at least so many of its queries, in percent, usually tells them.
const USUALLY_PERCENT: u64 = 50;
/// Old queries fade: the counts of a source are halved here.
const MAX_COUNTED: u32 = 10_000;

/// Queries of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    pub told: u32,
    pub untold: u32,
}

/// What a partition knows of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ToldRows {
    /// Counted here, since the owners were last told.
    here: BTreeMap<u64, Told>,
    /// Added up by the owners.
    everywhere: BTreeMap<u64, Told>,
    /// Added up here, for sources owned here; whether it has changed since all were told.
    owned: BTreeMap<u64, (Told, bool)>,
}

impl Told {
    fn add(&mut self, more: Self) {
        self.told = self.told.saturating_add(more.told);
        self.untold = self.untold.saturating_add(more.untold);
        while self.told.saturating_add(self.untold) > MAX_COUNTED {
            *self = Self { told: self.told / 2, untold: self.untold / 2 };
        }
    }
}

impl ToldRows {
    /// Whether the activity's source usually tells rows; counts this one after the answer.
    pub fn usual(&mut self, activity: &Activity<'_>) -> bool {
        if activity.kind != EventKind::Query || activity.flags.has(Flags::CONTINUATION) {
            return false;
        }
        let here = self.here.entry(activity.origin.source).or_default();
        let mut known = self.everywhere.get(&activity.origin.source).copied().unwrap_or_default();
        known.add(*here);
        let all = u64::from(known.told) + u64::from(known.untold);
        let usual = all > 0 && u64::from(known.told) * 100 >= all * USUALLY_PERCENT;
        let told = u32::from(activity.rows.is_some());
        here.add(Told { told, untold: 1 - told });
        usual
    }

    /// What was counted here of `source` and not told its owner yet.
    pub fn take(&mut self, source: u64) -> Told {
        self.here.remove(&source).unwrap_or_default()
    }

    /// A partition tells what it counted of a source that is owned here.
    pub fn add_owned(&mut self, source: u64, more: Told) {
        if more != Told::default() {
            let (known, changed) = self.owned.entry(source).or_default();
            known.add(more);
            *changed = true;
        }
    }
}

impl Detector {
    /// All are told what changed in the minute that is over.
    pub(super) fn tell_rows(&mut self, out: &mut Vec<Output>) {
        let mut news = Vec::new();
        for (source, (told, changed)) in &mut self.sources.rows.owned {
            if std::mem::take(changed) {
                news.push((*source, *told));
            }
        }
        for (source, Told { told, untold }) in news {
            let made_by: MadeBy = self.made_by();
            if let Ok(record) = codec::encode(&Record::SourceRows(SourceRows { made_by, source, told, untold })) {
                out.push(Output::Record { to: To::All, record });
            }
            self.made += 1;
        }
    }

    /// The owner of a source tells what all partitions counted of it.
    pub(super) fn take_rows(&mut self, rows: &SourceRows) {
        if self.heard.is_new(rows.made_by) {
            self.sources.rows.everywhere.insert(rows.source, Told { told: rows.told, untold: rows.untold });
        }
    }
}
