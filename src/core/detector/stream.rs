//! What one entity's events of one stream add up to.

use super::fresh::Known;
use super::kinds::{KindId, Kinds};
use super::plan::{FreshSpec, StreamSpec};
use super::shared::Shared;
use super::shares::Shares;
use crate::core::incident::{EntityKind, Window};
use crate::core::rules::FirstSeen;
use crate::core::time::{EventTime, Millis};
use crate::core::units::Tag;
use crate::core::window::{EXACT_UP_TO, RETAINED_LATENESS, SumRing, Sums};
use serde::{Deserialize, Serialize};

/// Tags that a filter was asked about are kept as a small sample: they only correct the count of those it knew.
const TESTED_CAPACITY: usize = 256;
/// Tags are looked through once in this share of the longest window's length.
const TIDY_SHARE: i64 = 8;
/// Distinct objects and destinations are exact up to here.
const NAMES_CAPACITY: usize = 512;
/// Names have one kind only.
const NAMES: KindId = KindId(0);

/// One tag of an event, and what it counts as.
#[expect(clippy::struct_excessive_bools, reason = "independent answers about one tag")]
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
    /// Nobody did it by name.
    pub nameless: bool,
    /// Until then nothing was called new.
    pub settled: EventTime,
}

/// Sums over every window of a stream, and distinct things over those that some rule asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StreamState {
    pub sums: Box<[SumRing]>,
    pub customers: Kinds,
    /// Those of the customers at an address that nobody touched by name.
    pub nameless: Option<Box<Kinds>>,
    pub tested: Kinds,
    pub canaries: Kinds,
    pub objects: Kinds,
    pub destinations: Kinds,
    /// Names met for the first time.
    pub fresh: Kinds,
    pub newest: EventTime,
    /// Names met so far, where a rule asks for new ones.
    known: Known,
    /// Who takes part, where several actors do.
    pub shares: Shares,
    /// Until when tags were last looked through for those that no window needs.
    tidied: EventTime,
}

impl StreamState {
    /// Nothing yet.
    pub fn new(spec: &StreamSpec) -> Self {
        Self {
            sums: spec.windows.iter().map(|window| SumRing::new(*window)).collect(),
            customers: Kinds::default(),
            nameless: None,
            tested: Kinds::default(),
            canaries: Kinds::default(),
            objects: Kinds::default(),
            destinations: Kinds::default(),
            fresh: Kinds::default(),
            newest: EventTime::MIN,
            known: Known::default(),
            shares: Shares::default(),
            tidied: EventTime::MIN,
        }
    }

    /// The state at a place, to be changed; made where there is none.
    pub fn at<'a>(place: &'a mut Option<Shared<Self>>, spec: &StreamSpec) -> &'a mut Self {
        place.get_or_insert_with(|| Shared::new(Self::new(spec))).to_mut()
    }

    /// Counts an event.
    pub fn add(&mut self, spec: &StreamSpec, seen: &Seen<'_>) {
        self.newest = self.newest.max(seen.time);
        for sums in &mut self.sums {
            sums.add(seen.time, seen.sums, seen.id);
        }
        if !spec.customers.is_empty() {
            self.add_customers(spec, seen);
        }
        if !spec.canaries.is_empty() {
            for tag in seen.tags.iter().filter(|tag| tag.canary) {
                self.canaries.get_or_insert(tag.kind, &spec.canaries, EXACT_UP_TO).observe(tag.tag, seen.time);
            }
        }
        if !spec.objects.is_empty() {
            observe_names(&mut self.objects, &spec.objects, seen.objects, seen.time);
        }
        if !spec.destinations.is_empty() {
            observe_names(&mut self.destinations, &spec.destinations, seen.destination.as_slice(), seen.time);
        }
        if let Some(fresh) = &spec.fresh {
            self.add_fresh(fresh, seen);
        }
    }

    fn add_customers(&mut self, spec: &StreamSpec, seen: &Seen<'_>) {
        let windows = &spec.customers;
        let by_nobody = seen.nameless && spec.by == EntityKind::ClientIp;
        for tag in seen.tags {
            if tag.customer {
                self.customers.get_or_insert(tag.kind, windows, EXACT_UP_TO).observe(tag.tag, seen.time);
                if by_nobody {
                    let nameless = self.nameless.get_or_insert_default();
                    nameless.get_or_insert(tag.kind, windows, EXACT_UP_TO).observe(tag.tag, seen.time);
                }
            }
            if tag.tested {
                self.tested.get_or_insert(tag.kind, windows, TESTED_CAPACITY).observe(tag.tag, seen.time);
            }
        }
    }

    fn add_fresh(&mut self, fresh: &FreshSpec, seen: &Seen<'_>) {
        let names = match fresh.what {
            FirstSeen::Destination => seen.destination.as_slice(),
            FirstSeen::Object => seen.objects,
        };
        for name in names {
            if self.known.is_new(*name, seen.time, seen.settled) && seen.customers >= fresh.least_customers {
                observe_names(&mut self.fresh, &fresh.windows, &[*name], seen.time);
            }
        }
    }

    /// The sums over a window.
    pub fn sums(&self, window: Window) -> Option<&SumRing> {
        self.sums.iter().find(|sums| sums.window() == window)
    }

    /// The sums of the shortest window of at least `window`'s length, or of the longest there is.
    pub fn sums_reaching(&self, window: Window) -> Option<&SumRing> {
        let reaching = self.sums.iter().filter(|sums| sums.window() >= window).min_by_key(|sums| sums.window());
        reaching.or_else(|| self.sums.iter().max_by_key(|sums| sums.window()))
    }

    /// Tags kept.
    pub fn kept(&self) -> usize {
        self.customers.kept() + self.tested.kept() + self.canaries.kept()
    }

    /// Whether [`Self::tidy`] would change or end anything.
    pub fn needs_tidying(&self, idle: Millis) -> bool {
        let is_over = self.is_over(idle);
        self.sums.iter().any(|sums| idle > reach(sums.window()) && !sums.is_new())
            || is_over && (self.tidied != self.newest || self.holds_tags())
            || !is_over && self.is_due()
            || !self.is_worth_keeping()
    }

    fn is_over(&self, idle: Millis) -> bool {
        idle > reach(self.longest())
    }

    fn is_due(&self) -> bool {
        // Looking through all tags costs; what is kept an eighth of a window longer than needed does not.
        self.newest.since(self.tidied).as_millis() >= self.longest().length().as_millis() / TIDY_SHARE
    }

    fn is_worth_keeping(&self) -> bool {
        !self.known.is_empty() || self.sums.iter().any(|sums| sums.newest() > EventTime::MIN)
    }

    fn longest(&self) -> Window {
        self.sums.iter().map(SumRing::window).max().unwrap_or(Window::Minute)
    }

    fn holds_tags(&self) -> bool {
        let Self { customers, nameless, tested, canaries, objects, destinations, fresh, shares, .. } = self;
        let always = [customers, tested, canaries, objects, destinations, fresh];
        let mut all = always.into_iter().chain(nameless.as_deref());
        !shares.is_empty() || all.any(|kinds| !kinds.is_empty())
    }

    /// Drops what no window needs that ends at the newest event or, being late, up to the lateness before it: `idle` says
    /// for how long nothing has come. Says whether anything is left.
    pub fn tidy(&mut self, idle: Millis) -> bool {
        for sums in &mut self.sums {
            if idle > reach(sums.window()) {
                *sums = SumRing::new(sums.window());
            }
        }
        let is_over = self.is_over(idle);
        if is_over || self.is_due() {
            self.tidied = self.newest;
            self.forget_before(if is_over { EventTime::MAX } else { self.newest.minus(reach(self.longest())) });
        }
        self.is_worth_keeping()
    }

    fn forget_before(&mut self, horizon: EventTime) {
        let Self { customers, nameless, tested, canaries, objects, destinations, fresh, shares, .. } = self;
        let always = [customers, tested, canaries, objects, destinations, fresh];
        for kinds in always.into_iter().chain(nameless.as_deref_mut()) {
            kinds.forget_before(horizon);
        }
        shares.forget_before(horizon);
    }

    /// The same counts laid out for `spec`; windows that were not counted before know what the others know.
    pub fn relaid(mut self, spec: &StreamSpec) -> Self {
        let mut known_sums = std::mem::take(&mut self.sums).into_vec();
        let sums = spec.windows.iter().map(|wanted| {
            let known = known_sums.iter().position(|sums| sums.window() == *wanted);
            known.map_or_else(|| SumRing::new(*wanted), |at| known_sums.swap_remove(at))
        });
        let sums = sums.collect();
        Self {
            sums,
            customers: relaid(self.customers, &spec.customers),
            nameless: self.nameless.map(|kinds| Box::new(relaid(*kinds, &spec.customers))),
            tested: relaid(self.tested, &spec.customers),
            canaries: relaid(self.canaries, &spec.canaries),
            objects: relaid(self.objects, &spec.objects),
            destinations: relaid(self.destinations, &spec.destinations),
            fresh: relaid(self.fresh, spec.fresh.as_ref().map_or(&[], |fresh| &fresh.windows)),
            shares: self.shares.over(&spec.windows),
            ..self
        }
    }
}

fn relaid(kinds: Kinds, windows: &[Window]) -> Kinds {
    if windows.is_empty() { Kinds::default() } else { kinds.over(windows) }
}

fn observe_names(kinds: &mut Kinds, windows: &[Window], names: &[Tag], time: EventTime) {
    for name in names {
        kinds.get_or_insert(NAMES, windows, NAMES_CAPACITY).observe(*name, time);
    }
}

/// What lies further back than this is in no window that may still be asked for.
const fn reach(window: Window) -> Millis {
    Millis::new(window.length().as_millis() + window.slice().as_millis() + RETAINED_LATENESS.as_millis())
}
