//! Windows against a brute-force model that keeps every event.

use super::{Distinct, EXACT_UP_TO, LastOnly, Recent, SumRing, Sums, first_slice, slice_of};
use crate::core::incident::Window;
use crate::core::time::{EventTime, Millis};
use crate::core::units::Tag;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const START_MS: i64 = 1_336_000_000_000;

/// Events as (milliseconds since the start, tag, rows), at most an hour behind the newest before them.
fn events() -> impl Strategy<Value = Vec<(EventTime, u64, u64)>> {
    let step = (0..40 * 60_000_i64, -60 * 60_000..=0_i64, 0..12_u64, 0..5_u64);
    prop::collection::vec(step, 1..120).prop_map(|steps| {
        let mut newest = 0;
        let mut out = Vec::new();
        for (ahead, behind, tag, rows) in steps {
            newest += ahead;
            let time = START_MS + (newest + behind).max(0);
            out.push((EventTime::MIN.plus(Millis::new(time)), spread(tag), rows));
        }
        out
    })
}

fn spread(tag: u64) -> u64 {
    tag.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn newest(events: &[(EventTime, u64, u64)]) -> EventTime {
    events.iter().map(|event| event.0).max().unwrap_or_default()
}

/// Distinct tags in whole slices up to and including the one that ends the window.
fn true_distinct(events: &[(EventTime, u64, u64)], window: Window, at: EventTime) -> u64 {
    let slices = first_slice(window, at)..=slice_of(window, at);
    let tags: BTreeSet<u64> =
        events.iter().filter(|event| slices.contains(&slice_of(window, event.0))).map(|event| event.1).collect();
    tags.len() as u64
}

proptest! {
    #[test]
    fn sums_equal_the_model(events in events(), back in 0..60_i64) {
        for window in Window::ALL {
            let mut ring = SumRing::new(window);
            for (time, _, rows) in &events {
                ring.add(*time, Sums { events: 1, rows: *rows, ..Sums::default() }, None);
            }
            for at in [newest(&events), newest(&events).minus(Millis::from_mins(back))] {
                let slices = first_slice(window, at)..=slice_of(window, at);
                let inside = events.iter().filter(|event| slices.contains(&slice_of(window, event.0)));
                let rows: u64 = inside.map(|event| event.2).sum();
                prop_assert_eq!(ring.at(at).rows, rows, "{:?} at {}", window, at);
            }
            prop_assert_eq!(ring.current(), ring.at(newest(&events)));
        }
    }

    #[test]
    fn the_newest_distinct_count_equals_the_model(events in events()) {
        for window in Window::ALL {
            let mut distinct = Distinct::<Recent>::new(&[window], EXACT_UP_TO);
            for (count, (time, tag, _)) in events.iter().enumerate() {
                distinct.observe(Tag(*tag), *time);
                let so_far = &events[..=count];
                prop_assert_eq!(distinct.count(window, newest(so_far)), true_distinct(so_far, window, newest(so_far)));
            }
        }
    }

    /// One map serves all windows as a map of its own serves each, also with a small sample, and after a change of windows.
    #[test]
    fn windows_together_count_what_each_counts_alone(events in events(), capacity in 3_usize..40, kept in 0_usize..6) {
        let mut together = Distinct::<Recent>::new(&Window::ALL, capacity);
        let mut exact = Distinct::<Recent>::new(&Window::ALL, EXACT_UP_TO);
        for (time, tag, _) in &events {
            together.observe(Tag(mix(*tag)), *time);
            exact.observe(Tag(mix(*tag)), *time);
        }
        let at = newest(&events);
        for window in Window::ALL {
            prop_assert_eq!(together.count(window, at), together.count_at(window, at), "{:?}", window);
            let mut alone = Distinct::<Recent>::new(&[window], EXACT_UP_TO);
            for (time, tag, _) in &events {
                alone.observe(Tag(mix(*tag)), *time);
            }
            prop_assert_eq!(exact.count(window, at), alone.count(window, at));
        }
        let window = Window::ALL[kept];
        let expected = exact.count(window, at);
        prop_assert_eq!(exact.over(&[window]).count(window, at), expected);
    }

    /// Late evaluation never counts too little, and at most one slice (or minute) too much.
    #[test]
    fn a_late_distinct_count_errs_by_one_slice_at_most(events in events(), back in 0..60_i64) {
        for window in [Window::Hour, Window::Day] {
            let mut distinct = Distinct::<Recent>::new(&[window], EXACT_UP_TO);
            for (time, tag, _) in &events {
                distinct.observe(Tag(*tag), *time);
            }
            let at = newest(&events).minus(Millis::from_mins(back));
            let exact: BTreeSet<u64> = events.iter()
                .filter(|e| e.0 > at.minus(window.length()) && e.0 <= at).map(|e| e.1).collect();
            let wide = at.plus(window.slice()).plus(Millis::from_mins(1));
            let most: BTreeSet<u64> = events.iter()
                .filter(|e| e.0 >= at.minus(window.length()).minus(window.slice()) && e.0 <= wide).map(|e| e.1).collect();
            let found = distinct.count_at(window, at);
            prop_assert!(found >= exact.len() as u64, "{found} < {}", exact.len());
            prop_assert!(found <= most.len() as u64, "{found} > {}", most.len());
            prop_assert!(distinct.bound_from(window, at) >= found);
        }
    }
}

#[test]
fn a_large_count_is_a_sample_with_a_stated_error() {
    for truth in [1_000_u64, 100_000, 1_000_000] {
        let mut distinct = Distinct::<LastOnly>::new(&[Window::Month], EXACT_UP_TO);
        let time = EventTime::MIN.plus(Millis::new(START_MS));
        for number in 0..truth {
            distinct.observe(Tag(mix(number)), time);
        }
        let found = distinct.count(Window::Month, time);
        let error = ratio(found.abs_diff(truth), truth);
        assert!(distinct.kept() <= EXACT_UP_TO);
        assert!(error <= 4.0 * distinct.relative_error(truth) + f64::EPSILON, "{found} for {truth}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// A bijective mixer, so that numbers look like keyed tags (Stafford's variant 13 of MurmurHash3's finaliser).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[test]
fn raising_the_level_keeps_the_window_counts_in_step() {
    let mut distinct = Distinct::<Recent>::new(&[Window::Hour], 64);
    let mut by_slice: BTreeMap<i64, u32> = BTreeMap::new();
    for number in 0..10_000_u64 {
        let time = EventTime::MIN.plus(Millis::new(START_MS + i64::try_from(number).expect("small") * 100));
        distinct.observe(Tag(mix(number)), time);
        *by_slice.entry(slice_of(Window::Hour, time).0).or_default() += 1;
    }
    assert!(distinct.level() > 0 && distinct.kept() <= 64);
    let at = distinct.newest();
    assert_eq!(distinct.count(Window::Hour, at), distinct.count_at(Window::Hour, at));
}
