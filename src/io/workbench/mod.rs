//! Rules tried out on the last days of the activity log, while somebody looks at them: one thread, one history, kept for as
//! long as it is asked about.

mod curve;
mod trial;
mod worker;

pub use curve::{About, Curve, CurvePoint};
pub use trial::Tried;

use crate::core::history::History;
use crate::core::rules::Exception;
use crate::core::time::{EventTime, Millis};
use crate::io::clock::Clock;
use crate::io::kafka::RunError;
use crate::io::kafka::history_log::{HistoryBounds, HistoryLog, HistoryLogError, ReadHistory};
use crate::io::lifecycle::{Lifecycle, lock};
use crate::io::shared_rules::SharedRules;
use crossbeam_channel::{Sender, bounded};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

/// How far back the history goes.
pub const BACK: Millis = Millis::from_days(14);
/// What is read and kept of it at most.
const BOUNDS: HistoryBounds =
    HistoryBounds { messages: 200_000, records: 1_000_000, packed_bytes: 128 << 20, within: Duration::from_mins(1) };
/// One curve, or one rule set's attacks, may take so long; what is not done by then is left out, and said so.
const JUDGED_WITHIN: Duration = Duration::from_mins(1);
/// A history is read again once it is so old.
const FRESH: Millis = Millis::from_mins(15);
/// What could not be done is tried again after so long.
const AGAIN: Millis = Millis::from_mins(1);
/// And let go once nobody has asked for so long.
const KEPT: Duration = Duration::from_mins(30);
/// Whoever waits for attacks is told so late at the latest.
const ANSWERED_WITHIN: Duration = Duration::from_mins(4);
/// What waits for its turn.
const MAX_WAITING: usize = 64;

/// What the workbench knows of a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum Told {
    /// Others are first.
    Waiting,
    /// The history is being read.
    Reading {
        /// Records so far.
        records: u64,
    },
    /// Limits are being tried.
    Judging {
        /// So many.
        done: usize,
        /// Of so many.
        of: usize,
    },
    /// Here it is.
    Ready(Curve),
    /// There is none.
    None {
        /// Why.
        why: String,
    },
}

/// What is to be done.
enum Work {
    /// The curve of a rule.
    Curve(String),
    /// The attacks that an exception would let through.
    Attack(Exception, oneshot::Sender<Result<Tried, String>>),
}

#[derive(Default)]
struct Shown {
    /// And when it was told.
    rules: BTreeMap<String, (Told, EventTime)>,
    /// When the history was read that these are from, and of which version the rules were.
    of: Option<(EventTime, String)>,
}

/// Asks, and is answered at once with what is known so far.
pub struct Workbench {
    shown: Arc<Mutex<Shown>>,
    work: Sender<Work>,
    rules: Arc<SharedRules>,
    clock: Arc<dyn Clock>,
}

/// Where a history comes from: the activity log, or memory where the console is tried out.
pub trait HistorySource: Send {
    /// Adds what was written since `from` to `history`, within `bounds`; calls `progress` at every record. May block.
    ///
    /// # Errors
    /// [`HistoryLogError`]
    fn read(
        &self,
        from: EventTime,
        bounds: HistoryBounds,
        history: &mut History,
        progress: &mut dyn FnMut(),
    ) -> Result<ReadHistory, HistoryLogError>;
}

impl HistorySource for HistoryLog {
    fn read(
        &self,
        from: EventTime,
        bounds: HistoryBounds,
        history: &mut History,
        progress: &mut dyn FnMut(),
    ) -> Result<ReadHistory, HistoryLogError> {
        Self::read(self, (Some(from), None), Some(bounds), history, progress)
    }
}

/// What it works with.
pub struct Tools {
    /// The history's source.
    pub log: Box<dyn HistorySource>,
    /// The rules that are configured.
    pub rules: Arc<SharedRules>,
    /// How late an event may be.
    pub lateness: Millis,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
}

impl Workbench {
    /// Starts its thread; it reads nothing before it is asked.
    ///
    /// # Errors
    /// [`RunError::Io`] if the operating system grants no thread.
    pub fn start(tools: Tools, lifecycle: &Lifecycle) -> Result<Self, std::io::Error> {
        let (work, waiting) = bounded(MAX_WAITING);
        let shown = Arc::new(Mutex::new(Shown::default()));
        let (rules, clock) = (Arc::clone(&tools.rules), Arc::clone(&tools.clock));
        let bench = Self { shown: Arc::clone(&shown), work, rules, clock };
        let life = lifecycle.clone();
        lifecycle.spawn("workbench", move || -> Result<(), RunError> {
            worker::run(&tools, &waiting, &shown, &life);
            Ok(())
        })?;
        Ok(bench)
    }

    /// The curve of the rule `id`, as far as it is there; asking is what makes it.
    pub fn curve(&self, id: &str) -> Told {
        let now = self.clock.now();
        let mut shown = lock(&self.shown);
        let version = &self.rules.get().set.version;
        let stale = shown.of.as_ref().is_some_and(|(at, of)| now.since(*at) > FRESH || of != version);
        let holds = |(told, at): &(Told, EventTime)| match told {
            Told::Waiting | Told::Reading { .. } | Told::Judging { .. } => true,
            Told::Ready(_) => !stale,
            Told::None { .. } => now.since(*at) <= AGAIN,
        };
        if let Some((told, _)) = shown.rules.get(id).filter(|told| holds(told)) {
            return told.clone();
        }
        if self.work.try_send(Work::Curve(id.to_owned())).is_err() {
            return Told::None { why: "too much else is being tried out; ask again in a minute".into() };
        }
        shown.rules.insert(id.to_owned(), (Told::Waiting, now));
        Told::Waiting
    }

    /// What attacks by whom `exception` lets off would gain by it.
    ///
    /// # Errors
    /// Why that could not be tried.
    pub async fn attack(&self, exception: Exception) -> Result<Tried, String> {
        let (answer, answered) = oneshot::channel();
        let busy = || "too much else is being tried out; ask again in a minute".to_owned();
        self.work.try_send(Work::Attack(exception, answer)).map_err(|_| busy())?;
        match tokio::time::timeout(ANSWERED_WITHIN, answered).await {
            Ok(Ok(tried)) => tried,
            Ok(Err(_)) => Err("the process is ending".to_owned()),
            Err(_) => Err(busy()),
        }
    }
}
