//! A rule set laid out for counting: rules that count the same events share one stream.

use crate::core::event::EventKind;
use crate::core::incident::{Measure, Window};
use crate::core::rules::{Filter, Mode, RuleSet, Shape};

/// The stream of all queries.
pub(super) const QUERIES: usize = 0;
/// The stream of everything sent.
pub(super) const EGRESS: usize = 1;
/// The overlap that every incident reports: sent today, read at most a day before.
pub(super) const BASE_OVERLAP: usize = 0;

/// What a window of a stream counts beside sums.
#[expect(clippy::struct_excessive_bools, reason = "independent answers to what is counted")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WindowSpec {
    pub window: Window,
    pub customers: bool,
    pub canaries: bool,
    pub objects: bool,
    pub destinations: bool,
}

/// Events that some rules count.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StreamSpec {
    pub filter: Filter,
    pub windows: Vec<WindowSpec>,
    pub rules: Vec<usize>,
}

/// Customers of one stream that were read before they were sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OverlapSpec {
    pub stream: usize,
    pub window: Window,
    pub read_before: Window,
    pub rules: Vec<usize>,
}

/// Where a rule finds its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RulePlace {
    pub stream: usize,
    pub overlap: Option<usize>,
}

/// A rule set, laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    pub set: RuleSet,
    pub streams: Vec<StreamSpec>,
    pub overlaps: Vec<OverlapSpec>,
    pub places: Vec<RulePlace>,
}

impl Plan {
    /// Lays out `set`.
    pub fn new(set: RuleSet) -> Self {
        let mut plan = Self { set, ..Self::default() };
        plan.stream(&Filter::all_of(EventKind::Query));
        plan.stream(&Filter::all_of(EventKind::Egress));
        plan.overlap(EGRESS, Window::Day, Window::Day);
        for stream in [QUERIES, EGRESS] {
            plan.window(stream, Window::Day).customers = true;
        }
        for index in 0..plan.set.rules.len() {
            plan.place(index);
        }
        plan
    }

    fn place(&mut self, index: usize) {
        let rule = &self.set.rules[index];
        let (filter, window, shape, off) =
            (rule.filter.clone(), rule.window, rule.shape.clone(), rule.mode == Mode::Off);
        let stream = self.stream(&filter);
        let mut overlap = None;
        if !off {
            let spec = self.window(stream, window);
            match shape {
                Shape::Count(measure) => spec.needs(measure),
                Shape::Overlap { read_before } => {
                    spec.customers = true;
                    self.window(QUERIES, read_before).customers = true;
                    let at = self.overlap(stream, window, read_before);
                    self.overlaps[at].rules.push(index);
                    overlap = Some(at);
                }
                Shape::FirstSeen(_) | Shape::Sequence { .. } => {}
            }
            if overlap.is_none() {
                self.streams[stream].rules.push(index);
            }
        }
        self.places.push(RulePlace { stream, overlap });
    }

    fn stream(&mut self, filter: &Filter) -> usize {
        if let Some(at) = self.streams.iter().position(|stream| stream.filter == *filter) {
            return at;
        }
        self.streams.push(StreamSpec { filter: filter.clone(), windows: Vec::new(), rules: Vec::new() });
        self.streams.len() - 1
    }

    fn window(&mut self, stream: usize, window: Window) -> &mut WindowSpec {
        let windows = &mut self.streams[stream].windows;
        let at = windows.iter().position(|spec| spec.window == window).unwrap_or_else(|| {
            windows.push(WindowSpec { window, customers: false, canaries: false, objects: false, destinations: false });
            windows.len() - 1
        });
        &mut windows[at]
    }

    fn overlap(&mut self, stream: usize, window: Window, read_before: Window) -> usize {
        let same =
            |spec: &OverlapSpec| spec.stream == stream && spec.window == window && spec.read_before == read_before;
        if let Some(at) = self.overlaps.iter().position(same) {
            return at;
        }
        self.overlaps.push(OverlapSpec { stream, window, read_before, rules: Vec::new() });
        self.overlaps.len() - 1
    }
}

impl WindowSpec {
    fn needs(&mut self, measure: Measure) {
        match measure {
            Measure::Customers | Measure::CustomersNamed | Measure::Overlap | Measure::BaseShare => {
                self.customers = true;
            }
            Measure::Canaries => self.canaries = true,
            Measure::Objects => self.objects = true,
            Measure::Destinations => self.destinations = true,
            Measure::Events | Measure::Rows | Measure::Bytes | Measure::Actors | Measure::UnknownRows => {}
        }
    }
}
