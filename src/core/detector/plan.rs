//! A rule set laid out for counting: rules that count the same events share one stream.

use crate::core::event::EventKind;
use crate::core::incident::{EntityKind, Measure, Window};
use crate::core::rules::{Filter, FirstSeen, Mode, RuleSet, Shape};

/// The stream of all queries of an actor.
pub(super) const QUERIES: usize = 0;
/// The stream of everything that an actor sent.
pub(super) const EGRESS: usize = 1;
/// The overlap that every actor's incident reports: sent today, read at most a day before.
pub(super) const BASE_OVERLAP: usize = 0;

/// Names that are looked at, and in which events it matters that they are new. All events teach them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FreshSpec {
    pub what: FirstSeen,
    pub least_customers: u32,
    pub windows: Vec<Window>,
}

/// Events that some rules count: sums over all windows, distinct things over some of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StreamSpec {
    pub by: EntityKind,
    pub filter: Filter,
    pub windows: Vec<Window>,
    pub customers: Vec<Window>,
    pub canaries: Vec<Window>,
    pub objects: Vec<Window>,
    pub destinations: Vec<Window>,
    pub fresh: Option<FreshSpec>,
    pub rules: Vec<usize>,
}

/// Customers of one stream that were read before they were sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OverlapSpec {
    pub stream: usize,
    /// The stream that holds the reads; `None` where pool records tell the overlap.
    pub reads: Option<usize>,
    pub window: Window,
    pub read_before: Window,
    pub rules: Vec<usize>,
}

/// Where a rule finds its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RulePlace {
    pub stream: usize,
    pub overlap: Option<usize>,
    /// Its place among the rules with a baseline.
    pub baseline: Option<usize>,
}

/// Streams by the events that may belong to them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ByKind {
    queries: Vec<usize>,
    egress: Vec<usize>,
}

/// A rule set, laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    pub set: RuleSet,
    pub streams: Vec<StreamSpec>,
    pub overlaps: Vec<OverlapSpec>,
    pub places: Vec<RulePlace>,
    /// Rules with a baseline.
    pub baselines: Vec<usize>,
    /// Rules about customers queried before something leaves, and within which time.
    pub sequences: Vec<(usize, Window)>,
    /// Streams that an actor's own state counts.
    pub own: ByKind,
    /// Streams of entities that actors share.
    pub shared: ByKind,
    /// Whether any rule asks for the actors' hours of the week.
    pub asks_hours: bool,
    /// Whether any rule asks for the domains that actors send to.
    pub asks_destinations: bool,
    /// Whether any rule asks for the networks that actors come from.
    pub asks_networks: bool,
}

/// Whether two rule sets count the same: whatever else they differ in is what they make of the counts.
pub fn count_alike(one: &RuleSet, other: &RuleSet) -> bool {
    Plan::new(one.clone()).counts_like(&Plan::new(other.clone()))
}

impl ByKind {
    /// The streams that events of `kind` may belong to.
    pub fn of(&self, kind: EventKind) -> &[usize] {
        match kind {
            EventKind::Query => &self.queries,
            EventKind::Egress => &self.egress,
        }
    }

    fn push(&mut self, stream: usize, kind: Option<EventKind>) {
        if kind != Some(EventKind::Egress) {
            self.queries.push(stream);
        }
        if kind != Some(EventKind::Query) {
            self.egress.push(stream);
        }
    }
}

impl Plan {
    /// Lays out `set`.
    pub fn new(set: RuleSet) -> Self {
        let mut plan = Self { set, ..Self::default() };
        plan.stream(EntityKind::Actor, &Filter::all_of(EventKind::Query));
        plan.stream(EntityKind::Actor, &Filter::all_of(EventKind::Egress));
        plan.overlap(EGRESS, Some(QUERIES), Window::Day, Window::Day);
        for stream in [QUERIES, EGRESS] {
            plan.streams[stream].count_customers(Window::Day);
        }
        for index in 0..plan.set.rules.len() {
            plan.place(index);
        }
        for (at, stream) in plan.streams.iter().enumerate() {
            let list = if stream.by == EntityKind::Actor { &mut plan.own } else { &mut plan.shared };
            list.push(at, stream.filter.kind());
        }
        plan.asks_destinations = plan.streams.iter().any(|stream| stream.filter.asks_destination());
        plan.asks_networks = plan.streams.iter().any(|stream| stream.filter.asks_network());
        plan.asks_hours = plan.streams.iter().any(|stream| stream.filter.asks_hours());
        plan
    }

    /// A rule by which other partitions know `stream`: the first that counts it, or that looks up reads in it.
    pub fn rule_naming(&self, stream: usize) -> Option<&str> {
        let reads = |at: &usize| self.overlaps[*at].reads == Some(stream);
        let names = |place: &RulePlace| place.stream == stream || place.overlap.as_ref().is_some_and(reads);
        let at = self.places.iter().position(names)?;
        Some(&self.set.rules[at].id)
    }

    /// The stream that a record made under the name of `rule` belongs to.
    pub fn stream_told(&self, rule: &str, kind: EntityKind, of: EventKind) -> Option<usize> {
        let named =
            |(at, known): (usize, &crate::core::rules::Rule)| (known.id == rule && known.by == kind).then_some(at);
        let at = self.set.rules.iter().enumerate().find_map(named)?;
        let RulePlace { stream, overlap, .. } = self.places[at];
        match overlap.and_then(|overlap| self.overlaps[overlap].reads) {
            Some(reads) if of == EventKind::Query && self.streams[stream].filter.kind() != Some(of) => Some(reads),
            Some(_) | None => Some(stream),
        }
    }

    /// Whether any rule asks what is ordinary for a role.
    pub fn asks_peers(&self) -> bool {
        let asks = |rule: &usize| self.set.rules[*rule].baseline.as_ref().is_some_and(|spec| spec.peers.is_some());
        self.baselines.iter().any(asks)
    }

    /// Whether some rule counts events of `stream` that name no customer.
    pub fn counts_bare(&self, stream: usize) -> bool {
        self.streams[stream].rules.iter().any(|rule| match self.set.rules[*rule].measure() {
            Measure::CustomersNamed | Measure::Overlap | Measure::Canaries | Measure::BaseShare => false,
            Measure::Customers => self.streams[stream].filter.kind() != Some(EventKind::Egress),
            Measure::Events
            | Measure::Rows
            | Measure::Bytes
            | Measure::Objects
            | Measure::Destinations
            | Measure::Actors
            | Measure::UnknownRows => true,
        })
    }

    fn counts_like(&self, other: &Self) -> bool {
        let bare = |plan: &Self| (0..plan.streams.len()).map(|at| plan.counts_bare(at)).collect::<Vec<_>>();
        let streams = |plan: &Self| {
            let of_any_rule = |spec: &StreamSpec| StreamSpec { rules: Vec::new(), ..spec.clone() };
            plan.streams.iter().map(of_any_rule).collect::<Vec<_>>()
        };
        let overlaps = |plan: &Self| {
            let of_any_rule = |spec: &OverlapSpec| OverlapSpec { rules: Vec::new(), ..spec.clone() };
            plan.overlaps.iter().map(of_any_rule).collect::<Vec<_>>()
        };
        streams(self) == streams(other) && overlaps(self) == overlaps(other) && bare(self) == bare(other)
    }

    fn place(&mut self, index: usize) {
        let rule = &self.set.rules[index];
        let (by, off) = (rule.by, rule.mode == Mode::Off);
        let filter = match rule.shape {
            Shape::FirstSeen(_) => rule.filter.of_any_size(),
            Shape::Count(_) | Shape::Overlap { .. } | Shape::Sequence { .. } => rule.filter.clone(),
        };
        let has_baseline = rule.baseline.is_some() && !off;
        let stream = self.stream(by, &filter);
        let overlap = if off { None } else { self.count(index, stream) };
        let baseline = has_baseline.then(|| {
            self.baselines.push(index);
            self.baselines.len() - 1
        });
        self.places.push(RulePlace { stream, overlap, baseline });
    }

    /// Makes `stream` count what the rule asks for.
    fn count(&mut self, index: usize, stream: usize) -> Option<usize> {
        let rule = &self.set.rules[index];
        let (by, window, shape) = (rule.by, rule.window, rule.shape.clone());
        let least_customers = rule.filter.customers_at_least();
        let spec = &mut self.streams[stream];
        add(&mut spec.windows, window);
        match shape {
            Shape::Count(measure) => spec.count(measure, window),
            Shape::FirstSeen(what) => spec.count_fresh(what, least_customers, window),
            Shape::Sequence { within } => {
                self.sequences.push((index, within));
                self.streams[QUERIES].count_customers(within);
            }
            Shape::Overlap { read_before } => {
                spec.count_customers(window);
                let reads = self.reads(by);
                if let Some(reads) = reads {
                    self.streams[reads].count_customers(read_before);
                }
                let at = self.overlap(stream, reads, window, read_before);
                self.overlaps[at].rules.push(index);
                return Some(at);
            }
        }
        self.streams[stream].rules.push(index);
        None
    }

    /// Where entities of a kind keep what was read before.
    fn reads(&mut self, by: EntityKind) -> Option<usize> {
        match by {
            EntityKind::Actor => Some(QUERIES),
            EntityKind::ClientIp => Some(self.stream(by, &Filter::all_of(EventKind::Query))),
            EntityKind::Team | EntityKind::Destination | EntityKind::Domain | EntityKind::Source => None,
        }
    }

    fn stream(&mut self, by: EntityKind, filter: &Filter) -> usize {
        if let Some(at) = self.streams.iter().position(|stream| stream.by == by && stream.filter == *filter) {
            return at;
        }
        self.streams.push(StreamSpec::new(by, filter.clone()));
        self.streams.len() - 1
    }

    fn overlap(&mut self, stream: usize, reads: Option<usize>, window: Window, read_before: Window) -> usize {
        let same =
            |spec: &OverlapSpec| spec.stream == stream && spec.window == window && spec.read_before == read_before;
        if let Some(at) = self.overlaps.iter().position(same) {
            return at;
        }
        self.overlaps.push(OverlapSpec { stream, reads, window, read_before, rules: Vec::new() });
        self.overlaps.len() - 1
    }
}

impl StreamSpec {
    const fn new(by: EntityKind, filter: Filter) -> Self {
        Self {
            by,
            filter,
            windows: Vec::new(),
            customers: Vec::new(),
            canaries: Vec::new(),
            objects: Vec::new(),
            destinations: Vec::new(),
            fresh: None,
            rules: Vec::new(),
        }
    }

    fn count(&mut self, measure: Measure, window: Window) {
        match measure {
            Measure::Customers | Measure::CustomersNamed | Measure::Overlap | Measure::BaseShare => {
                self.count_customers(window);
            }
            Measure::Canaries => add(&mut self.canaries, window),
            Measure::Objects => add(&mut self.objects, window),
            Measure::Destinations => add(&mut self.destinations, window),
            Measure::Events | Measure::Rows | Measure::Bytes | Measure::Actors | Measure::UnknownRows => {}
        }
    }

    fn count_customers(&mut self, window: Window) {
        add(&mut self.windows, window);
        add(&mut self.customers, window);
    }

    fn count_fresh(&mut self, what: FirstSeen, least_customers: u32, window: Window) {
        let fresh = self.fresh.get_or_insert(FreshSpec { what, least_customers, windows: Vec::new() });
        add(&mut fresh.windows, window);
    }
}

fn add(windows: &mut Vec<Window>, window: Window) {
    if !windows.contains(&window) {
        windows.push(window);
    }
}
