//! Who takes part in what an entity shared by several actors counts, and how much.

use super::baseline::day_of;
use super::figures::exact;
use crate::core::incident::Window;
use crate::core::time::EventTime;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// Actors told apart; beyond, the one that was not seen for longest is forgotten.
const CAPACITY: usize = 4_096;
/// An incident names so many.
const NAMED: usize = 100;

/// What an actor did on one UTC day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct DayShare {
    day: u32,
    all: u64,
    overlap: u64,
}

/// One actor's part, by day: windows reach back in whole days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Share {
    name: Box<str>,
    days: SmallVec<[DayShare; 1]>,
}

/// Everybody's part, in the order of names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Shares(Vec<Share>);

/// Whether all that an actor does counts, or only customers that were read and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    All,
    Overlap,
}

impl Shares {
    /// `name` contributes at `time`.
    pub fn add(&mut self, name: &str, time: EventTime, all: u64, overlap: u64) {
        let at = self.0.binary_search_by(|share| (*share.name).cmp(name)).unwrap_or_else(|at| {
            self.0.insert(at, Share { name: name.into(), days: SmallVec::new() });
            at
        });
        self.0[at].add(DayShare { day: day_of(time), all, overlap });
        if self.0.len() > CAPACITY {
            let oldest = self.0.iter().enumerate().min_by_key(|(_, share)| share.last_day()).map(|(at, _)| at);
            self.0.remove(oldest.unwrap_or(at));
        }
    }

    /// How many actors took part in the window that ends at `time`, each with at least `least`.
    pub fn actors(&self, part: Part, window: Window, time: EventTime, least: f64) -> u64 {
        self.within(part, window, time).filter(|(_, count)| exact(*count) >= least).count() as u64
    }

    /// The actors of that window, the largest share first.
    pub fn names(&self, part: Part, window: Window, time: EventTime) -> Vec<String> {
        let mut shares: Vec<(&Share, u64)> = self.within(part, window, time).collect();
        shares.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.name.cmp(&b.0.name)));
        shares.into_iter().take(NAMED).map(|(share, _)| share.name.to_string()).collect()
    }

    /// Whether `name` takes part.
    pub fn has(&self, name: &str) -> bool {
        self.0.binary_search_by(|share| (*share.name).cmp(name)).is_ok()
    }

    /// Forgets who was not seen since `horizon`.
    pub fn forget_before(&mut self, horizon: EventTime) {
        let first = day_of(horizon);
        for share in &mut self.0 {
            share.days.retain(|share| share.day >= first);
        }
        self.0.retain(|share| !share.days.is_empty());
    }

    fn within(&self, part: Part, window: Window, time: EventTime) -> impl Iterator<Item = (&Share, u64)> {
        let days = day_of(time.minus(window.length()))..=day_of(time);
        let counts = self.0.iter().map(move |share| {
            let inside = share.days.iter().filter(|share| days.contains(&share.day));
            let count = inside.map(|share| match part {
                Part::All => share.all,
                Part::Overlap => share.overlap,
            });
            (share, count.sum())
        });
        counts.filter(|(_, count)| *count > 0)
    }
}

impl Share {
    fn add(&mut self, more: DayShare) {
        match self.days.iter_mut().find(|share| share.day == more.day) {
            Some(share) => {
                share.all += more.all;
                share.overlap += more.overlap;
            }
            None => self.days.push(more),
        }
    }

    fn last_day(&self) -> u32 {
        self.days.iter().map(|share| share.day).max().unwrap_or(0)
    }
}
