//! Who takes part in what an entity shared by several actors counts, and how much.

use crate::core::incident::Window;
use crate::core::time::EventTime;
use crate::core::window::{first_slice, slice_of};
use serde::{Deserialize, Serialize};

/// Actors told apart; beyond, the one that was not seen for longest is forgotten.
const CAPACITY: usize = 4_096;
/// An incident names so many.
const NAMED: usize = 100;

/// One actor's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Share {
    name: Box<str>,
    last: EventTime,
    /// When it last sent customers that it had read.
    last_overlap: EventTime,
    count: u64,
    overlap: u64,
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
    pub fn add(&mut self, name: &str, time: EventTime, count: u64, overlap: u64) {
        let at = match self.0.binary_search_by(|share| (*share.name).cmp(name)) {
            Ok(at) => at,
            Err(at) => {
                let (last, last_overlap) = (EventTime::MIN, EventTime::MIN);
                self.0.insert(at, Share { name: name.into(), last, last_overlap, count: 0, overlap: 0 });
                at
            }
        };
        let share = &mut self.0[at];
        share.last = share.last.max(time);
        share.count += count;
        if overlap > 0 {
            share.last_overlap = share.last_overlap.max(time);
            share.overlap += overlap;
        }
        if self.0.len() > CAPACITY {
            let oldest = self.0.iter().enumerate().min_by_key(|(_, share)| share.last).map(|(at, _)| at);
            self.0.remove(oldest.unwrap_or(at));
        }
    }

    /// How many actors took part in the window that ends at `time`.
    pub fn actors(&self, part: Part, window: Window, time: EventTime) -> u64 {
        self.within(part, window, time).count() as u64
    }

    /// The actors of that window, the largest share first.
    pub fn names(&self, part: Part, window: Window, time: EventTime) -> Vec<String> {
        let mut shares: Vec<&Share> = self.within(part, window, time).collect();
        let count = |share: &Share| match part {
            Part::All => share.count,
            Part::Overlap => share.overlap,
        };
        shares.sort_by(|a, b| count(b).cmp(&count(a)).then_with(|| a.name.cmp(&b.name)));
        shares.into_iter().take(NAMED).map(|share| share.name.to_string()).collect()
    }

    /// Forgets who was not seen since `horizon`.
    pub fn forget_before(&mut self, horizon: EventTime) {
        self.0.retain(|share| share.last >= horizon);
    }

    fn within(&self, part: Part, window: Window, time: EventTime) -> impl Iterator<Item = &Share> {
        let first = first_slice(window, time);
        self.0.iter().filter(move |share| {
            let last = match part {
                Part::All => share.last,
                Part::Overlap => share.last_overlap,
            };
            last > EventTime::MIN && slice_of(window, last) >= first
        })
    }
}
