//! How exact the counts are: distinct customers, the overlap of read and sent, and what is left of false positives.

use crate::company::{TagMaker, Watch};
use leakwatch::core::filter::FalsePositiveRate;
use leakwatch::core::identifiers::Region;
use leakwatch::core::identity::Directory;
use leakwatch::core::incident::Window;
use leakwatch::core::ingest::Knowledge;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::core::units::Tag;
use leakwatch::core::window::{Distinct, EXACT_UP_TO, Recent};
use leakwatch::simulate::{CustomerBase, SimulatedEvent, Topic};
use std::fmt::Write as _;
use std::sync::Arc;

/// How many customers are counted.
pub const COUNTS: [u64; 4] = [10, 1_000, 100_000, 10_000_000];
/// One customer in so many that were read is sent.
const SENT: u64 = 10;
/// True counts at which the corrected count is looked at.
pub const CORRECTED: [u64; 3] = [10, 1_000, 10_000];
/// So many values that are no customer's are sent for each customer's.
const STRANGERS: u32 = 20;
const FALSE_POSITIVE_PERCENT: f64 = 0.01;
/// Customers of the base behind the filter.
const BASE: u32 = 50_000;
/// Values in one event.
const AT_ONCE: u32 = 21;

/// Relative errors of one seed.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    /// Of distinct customers, by [`COUNTS`].
    pub distinct: Vec<f64>,
    /// Of the overlap, by [`COUNTS`].
    pub overlap: Vec<f64>,
    /// What the count itself states as its standard error, by [`COUNTS`].
    pub stated: Vec<f64>,
    /// Of the count corrected by the false-positive rate, by [`CORRECTED`]; none where nothing was raised.
    pub corrected: Vec<Option<f64>>,
}

impl Errors {
    /// Counts under `seed`.
    pub fn measured(seed: u64) -> Self {
        let mut errors = Self::default();
        for count in COUNTS {
            let (reads, overlap) = counted(seed, count);
            let found = reads.count(Window::Day, reads.newest());
            errors.distinct.push(relative(found, count));
            errors.stated.push(reads.relative_error(found));
            errors.overlap.push(relative(overlap.count(Window::Day, overlap.newest()), count.div_ceil(SENT)));
        }
        errors.corrected = corrected(seed);
        errors
    }
}

/// `count` customers read, and what is found when one in [`SENT`] of them is sent among as many strangers.
fn counted(seed: u64, count: u64) -> (Distinct<Recent>, Distinct<Recent>) {
    let mut reads = Distinct::<Recent>::new(&[Window::Day], EXACT_UP_TO);
    let mut overlap = Distinct::<Recent>::new(&[Window::Day], EXACT_UP_TO);
    let start = EventTime::MIN.plus(Millis::from_days(100));
    let step_us = Window::Hour.length().as_millis() * 1_000 / i64::try_from(count).unwrap_or(i64::MAX);
    for number in 0..count {
        let since = Millis::new(i64::try_from(number).unwrap_or(0) * step_us / 1_000);
        reads.observe(tag(seed, number), start.plus(since));
    }
    let (sent_at, from) = (start.plus(Window::Hour.length()), start.minus(Window::Hour.length()));
    overlap.raise_level(reads.level());
    let customers = (0..count).step_by(usize::try_from(SENT).unwrap_or(1));
    let strangers = (count..).take(usize::try_from(count / SENT).unwrap_or(0));
    for number in customers.chain(strangers) {
        if reads.seen_between(tag(seed, number), from, sent_at).is_some() {
            overlap.observe(tag(seed, number), sent_at);
        }
    }
    (reads, overlap)
}

/// A tag as a keyed hash would give it: `SplitMix64`'s finaliser (Steele, Lea and Flood 2014).
fn tag(seed: u64, number: u64) -> Tag {
    let mut z = number.wrapping_add(seed << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Tag(z ^ (z >> 31))
}

/// What a rule with a limit says when the limit is met, against the truth, under a filter that is wrong about 1 %.
fn corrected(seed: u64) -> Vec<Option<f64>> {
    let base = CustomerBase::new(seed, BASE, 1);
    let tags = TagMaker::default();
    let rate = FalsePositiveRate::new(FALSE_POSITIVE_PERCENT).expect("a rate");
    let knowledge = Knowledge {
        directory: Arc::new(Directory::parse("", "UTC").expect("an empty directory")),
        filters: Some(tags.filters(&base, rate)),
        tagger: tags.tagger,
        others: Vec::new(),
        region: Region::CN,
    };
    CORRECTED.iter().map(|limit| error_at(*limit, &base, knowledge.clone())).collect()
}

fn error_at(limit: u64, base: &CustomerBase, knowledge: Knowledge) -> Option<f64> {
    let rules = format!(
        "version: 1\nrunbooks: docs\nrules:\n  - {{id: sent, title: Customers were sent, count: customers, of: {{type: egress}}, \
         by: actor, over: 24h, limit: {{warn: {limit}}}, hold: 1h}}\n"
    );
    let mut engine = Watch::under(knowledge, &rules);
    let events = base.real() / (AT_ONCE - STRANGERS);
    (0..events).find_map(|number| {
        let line = engine.feed(&sending(number, base)).next()?;
        Some((line.observed - f64::from(number + 1)) / f64::from(number + 1))
    })
}

/// One customer and [`STRANGERS`] who are none, by phone number.
fn sending(number: u32, base: &CustomerBase) -> SimulatedEvent {
    let time = EventTime::MIN.plus(Millis::from_days(100)).plus(Millis::from_secs(i64::from(number)));
    let strangers = (0..STRANGERS).map(|place| base.count() + number * STRANGERS + place);
    let mut phones = String::new();
    for index in std::iter::once(number).chain(strangers) {
        let comma = if phones.is_empty() { "" } else { "," };
        write!(phones, "{comma}\"{}\"", base.customer(index).phone()).expect("writing to memory succeeds");
    }
    let line = format!(
        r#"{{"type":"egress","time":"{time}","actor":"sender","channel":"http","destination":"x.example","bytes":900,"identifiers":{{"phone":[{phones}]}}}}"#
    );
    SimulatedEvent { time, arrival: time, topic: Topic::Egress, attack: None, line }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn relative(found: u64, truth: u64) -> f64 {
    (found as f64 - truth as f64) / truth as f64
}
