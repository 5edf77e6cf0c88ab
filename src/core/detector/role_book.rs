//! What is ordinary for a role under a rule: a histogram of its actors' largest values, from all partitions.

use crate::core::activity::{RoleFigures, RoleHistogram};
use crate::core::units::Partition;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Buckets to a factor of two: a value is known to within 4.5 %.
const BUCKETS_AN_OCTAVE: f64 = 16.0;
/// Fewer than so many actors are no peers of each other.
const MIN_PEERS: u64 = 5;
/// Days that wait for the other partitions' figures, at most.
const MAX_PENDING_DAYS: usize = 4;

type Key = (Box<str>, Box<str>);
type Histogram = BTreeMap<u16, u32>;
type Figures = BTreeMap<Key, Histogram>;

/// Histograms in force, and days that are not complete.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RoleBook {
    day: u32,
    in_force: Figures,
    pending: BTreeMap<u32, BTreeMap<Partition, Figures>>,
}

/// The peers' values at some percentiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peers {
    /// At the percentile asked for.
    pub asked: f64,
    pub p50: f64,
    pub p99: f64,
    pub n: u64,
}

impl RoleBook {
    /// Takes in one partition's figures; a day is in force once all `partitions` have told it.
    pub fn take(&mut self, figures: &RoleFigures<'_>, partitions: u32) {
        if figures.day <= self.day {
            return;
        }
        let told: Figures = figures.roles.iter().map(owned).collect();
        self.pending.entry(figures.day).or_default().insert(figures.made_by.partition, told);
        let complete = self.pending.iter().rev().find(|(_, told)| told.len() >= partitions as usize);
        if let Some(day) = complete.map(|(day, _)| *day) {
            self.put_in_force(day);
        }
        while self.pending.len() > MAX_PENDING_DAYS {
            self.pending.pop_first();
        }
    }

    fn put_in_force(&mut self, day: u32) {
        let mut sum = Figures::new();
        for (key, histogram) in self.pending.remove(&day).into_iter().flatten().flat_map(|(_, told)| told) {
            let into = sum.entry(key).or_default();
            for (bucket, count) in histogram {
                *into.entry(bucket).or_default() += count;
            }
        }
        self.in_force = sum;
        self.day = day;
        self.pending.retain(|pending, _| *pending > day);
    }

    /// The peers of a role under `rule`; `None` where they are too few.
    pub fn peers(&self, rule: &str, of_role: &str, percentile: f64) -> Option<Peers> {
        let histogram = self.in_force.get(&(rule.into(), of_role.into()))?;
        let n = histogram.values().map(|count| u64::from(*count)).sum::<u64>();
        let at = |percentile: f64| value_at(histogram, n, percentile);
        (n >= MIN_PEERS).then(|| Peers { asked: at(percentile), p50: at(50.0), p99: at(99.0), n })
    }
}

fn owned(told: &RoleHistogram<'_>) -> (Key, Histogram) {
    ((told.rule.into(), told.role.into()), told.buckets.iter().copied().collect())
}

/// The bucket of a value of at least 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "64 octaves of 16 fit")]
pub(super) fn bucket_of(value: f64) -> u16 {
    ((value.max(0.0) + 1.0).log2() * BUCKETS_AN_OCTAVE).ceil().min(f64::from(u16::MAX)) as u16
}

/// The upper end of a bucket.
fn upper_end(bucket: u16) -> f64 {
    ((f64::from(bucket) / BUCKETS_AN_OCTAVE).exp2() - 1.0).round()
}

#[expect(clippy::cast_precision_loss, reason = "counts of actors")]
fn value_at(histogram: &Histogram, n: u64, percentile: f64) -> f64 {
    let wanted = n as f64 * percentile / 100.0;
    let mut below = 0.0;
    for (bucket, count) in histogram {
        below += f64::from(*count);
        if below >= wanted {
            return upper_end(*bucket);
        }
    }
    histogram.keys().next_back().map_or(0.0, |bucket| upper_end(*bucket))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::activity::MadeBy;
    use proptest::prelude::*;

    fn figures(partition: u32, day: u32, values: &[f64]) -> RoleFigures<'static> {
        let mut buckets = BTreeMap::<u16, u32>::new();
        for value in values {
            *buckets.entry(bucket_of(*value)).or_default() += 1;
        }
        let roles = vec![RoleHistogram { rule: "r", role: "sales", buckets: buckets.into_iter().collect() }];
        RoleFigures { made_by: MadeBy { partition: Partition(partition), ..MadeBy::default() }, day, roles }
    }

    #[test]
    fn a_day_counts_once_every_partition_has_told_it() {
        let mut book = RoleBook::default();
        book.take(&figures(0, 9, &[10.0, 20.0, 30.0]), 2);
        assert_eq!(book.peers("r", "sales", 99.0), None);
        book.take(&figures(0, 10, &[1.0]), 2);
        book.take(&figures(1, 9, &[40.0, 50.0]), 2);
        assert_eq!(book.peers("r", "sales", 99.0).map(|peers| peers.n), Some(5));
        assert_eq!(book.peers("r", "analyst", 99.0), None);
    }

    proptest! {
        #[test]
        fn a_bucket_holds_its_value_to_within_a_twentieth(value in 0_u32..100_000_000) {
            let value = f64::from(value);
            let upper = upper_end(bucket_of(value));
            prop_assert!(upper >= value - 0.5 && upper <= (value + 1.0) * 1.05, "{value} {upper}");
        }
    }
}
