//! What one entity's events of one stream add up to.

use super::fresh::Known;
use super::kinds::{KindId, Kinds};
use super::plan::{FreshSpec, StreamSpec, WindowSpec};
use super::shares::Shares;
use crate::core::incident::Window;
use crate::core::rules::FirstSeen;
use crate::core::time::{EventTime, Millis};
use crate::core::units::Tag;
use crate::core::window::{EXACT_UP_TO, RETAINED_LATENESS, SumRing, Sums};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// Tags that a filter was asked about are kept as a small sample: they only correct the count of those it knew.
const TESTED_CAPACITY: usize = 256;
/// Tags are looked through once in this share of a window's length.
const TIDY_SHARE: i64 = 8;
/// Distinct objects and destinations are exact up to here.
const NAMES_CAPACITY: usize = 512;

/// One tag of an event, and what it counts as.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenTag {
    pub kind: KindId,
    pub tag: Tag,
    /// It counts as a customer.
    pub customer: bool,
    /// Whether it counts was the filter's word alone.
    pub tested: bool,
    pub canary: bool,
    /// Told to have been read before it was sent.
    pub overlap: bool,
}

/// What an event brings to every stream that it belongs to.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub time: EventTime,
    pub id: Option<&'a str>,
    pub sums: Sums,
    pub tags: &'a [SeenTag],
    pub objects: &'a [Tag],
    pub destination: Option<Tag>,
    /// Customers that the event names.
    pub customers: u32,
    /// Until then nothing was called new.
    pub settled: EventTime,
}

/// One window of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct WindowState {
    pub window: Window,
    pub sums: SumRing,
    pub customers: Kinds,
    pub tested: Kinds,
    pub canaries: Kinds,
    pub objects: Kinds,
    pub destinations: Kinds,
    /// Names met for the first time.
    pub fresh: Kinds,
    /// Until when tags were last looked through for those that no window needs.
    tidied: EventTime,
}

/// Every window of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StreamState {
    pub windows: SmallVec<[WindowState; 2]>,
    pub newest: EventTime,
    /// Names met so far, where a rule asks for new ones.
    known: Known,
    /// Who takes part, where several actors do.
    pub shares: Shares,
}

/// Names have one kind only.
const NAMES: KindId = KindId(0);

impl WindowState {
    fn new(window: Window) -> Self {
        Self {
            window,
            sums: SumRing::new(window),
            customers: Kinds::default(),
            tested: Kinds::default(),
            canaries: Kinds::default(),
            objects: Kinds::default(),
            destinations: Kinds::default(),
            fresh: Kinds::default(),
            tidied: EventTime::MIN,
        }
    }

    fn add(&mut self, spec: WindowSpec, seen: &Seen<'_>) {
        self.sums.add(seen.time, seen.sums, seen.id);
        if spec.customers {
            self.add_customers(seen);
        }
        if spec.canaries {
            for tag in seen.tags.iter().filter(|tag| tag.canary) {
                self.canaries.get_or_insert(tag.kind, self.window, EXACT_UP_TO).observe(tag.tag, seen.time);
            }
        }
        if spec.objects {
            for object in seen.objects {
                self.objects.get_or_insert(NAMES, self.window, NAMES_CAPACITY).observe(*object, seen.time);
            }
        }
        if spec.destinations
            && let Some(destination) = seen.destination
        {
            self.destinations.get_or_insert(NAMES, self.window, NAMES_CAPACITY).observe(destination, seen.time);
        }
    }

    fn add_customers(&mut self, seen: &Seen<'_>) {
        for tag in seen.tags {
            if tag.customer {
                self.customers.get_or_insert(tag.kind, self.window, EXACT_UP_TO).observe(tag.tag, seen.time);
            }
            if tag.tested {
                self.tested.get_or_insert(tag.kind, self.window, TESTED_CAPACITY).observe(tag.tag, seen.time);
            }
        }
    }

    fn add_fresh(&mut self, fresh: FreshSpec, known: &mut Known, seen: &Seen<'_>) {
        let names = match fresh.what {
            FirstSeen::Destination => seen.destination.as_slice(),
            FirstSeen::Object => seen.objects,
        };
        for name in names {
            if known.is_new(*name, seen.time, seen.settled) && seen.customers >= fresh.least_customers {
                self.fresh.get_or_insert(NAMES, self.window, NAMES_CAPACITY).observe(*name, seen.time);
            }
        }
    }

    /// Drops what no window needs that ends at the newest event or, being late, up to the lateness before it. All of
    /// it goes once nothing has come for longer than the window and the lateness: `idle` says for how long.
    fn tidy(&mut self, idle: Millis) {
        let reach = Millis::new(
            self.window.length().as_millis() + self.window.slice().as_millis() + RETAINED_LATENESS.as_millis(),
        );
        if idle > reach {
            *self = Self::new(self.window);
            return;
        }
        // Looking through all tags costs; what is kept an eighth of a window longer than needed does not.
        let newest = self.sums.newest();
        if newest.since(self.tidied) < Millis::new(self.window.length().as_millis() / TIDY_SHARE) {
            return;
        }
        self.tidied = newest;
        let horizon = newest.minus(reach);
        let Self { customers, tested, canaries, objects, destinations, fresh, .. } = self;
        for kinds in [customers, tested, canaries, objects, destinations, fresh] {
            kinds.forget_before(horizon);
        }
    }

    /// Tags kept.
    pub fn kept(&self) -> usize {
        self.customers.kept() + self.tested.kept() + self.canaries.kept()
    }
}

impl StreamState {
    /// Nothing yet.
    pub fn new(spec: &StreamSpec) -> Self {
        Self {
            windows: spec.windows.iter().map(|window| WindowState::new(window.window)).collect(),
            newest: EventTime::MIN,
            known: Known::default(),
            shares: Shares::default(),
        }
    }

    /// Counts an event.
    pub fn add(&mut self, spec: &StreamSpec, seen: &Seen<'_>) {
        self.newest = self.newest.max(seen.time);
        for (state, spec) in self.windows.iter_mut().zip(&spec.windows) {
            state.add(*spec, seen);
            if let Some(fresh) = spec.fresh {
                state.add_fresh(fresh, &mut self.known, seen);
            }
        }
    }

    /// The state of one window.
    pub fn window(&self, window: Window) -> Option<&WindowState> {
        self.windows.iter().find(|state| state.window == window)
    }

    /// The shortest window of at least `window`'s length, or the longest there is.
    pub fn reaching(&self, window: Window) -> Option<&WindowState> {
        let reaching = self.windows.iter().filter(|state| state.window >= window).min_by_key(|state| state.window);
        reaching.or_else(|| self.windows.iter().max_by_key(|state| state.window))
    }

    /// Drops what no window needs any more; says whether anything is left.
    pub fn tidy(&mut self, idle: Millis) -> bool {
        for window in &mut self.windows {
            window.tidy(idle);
        }
        if let Some(longest) = self.windows.iter().map(|state| state.window.length()).max() {
            self.shares.forget_before(self.newest.minus(longest).minus(longest));
        }
        !self.known.is_empty() || self.windows.iter().any(|window| window.sums.newest() > EventTime::MIN)
    }

    /// The same counts laid out for `spec`; windows that were not counted before start empty.
    pub fn relaid(mut self, spec: &StreamSpec) -> Self {
        let windows = spec.windows.iter().map(|wanted| {
            let known = self.windows.iter().position(|state| state.window == wanted.window);
            known.map_or_else(|| WindowState::new(wanted.window), |at| self.windows.swap_remove(at))
        });
        let windows = windows.collect();
        Self { windows, ..self }
    }
}
