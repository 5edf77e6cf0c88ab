//! The filter of one kind of identifier.

use super::file::Contents;
use super::measure::{self, Measurement};
use crate::core::units::Tag;
use bloomfilter::Bloom;
use sha2::{Digest, Sha256};
use std::f64::consts::LN_2;
use thiserror::Error;

/// Filters are made for at least so many tags: the two hash functions of a smaller one would collide as pairs, which
/// the usual sizing does not foresee.
const MIN_CAPACITY: usize = 2_048;
/// A filter whose measured rate exceeds its target by more than this is broken, not unlucky.
const MAX_RATE_EXCESS: f64 = 3.0;
/// Fewer false positives than this are too few to call a filter broken.
const MIN_HITS_TO_JUDGE: u64 = 50;

/// What a filter says about a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It is no customer's.
    Absent,
    /// It is a customer's, or one of the few false positives.
    Member,
    /// It is a decoy's, certainly; decoys count as customers too.
    Canary,
    /// There is no filter for this kind.
    NoFilter,
}

/// The wanted share of non-members that a filter takes for members.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct FalsePositiveRate(f64);

impl FalsePositiveRate {
    /// One in ten thousand.
    pub const DEFAULT: Self = Self(0.000_1);
    /// The smallest rate that a filter is built for.
    pub const MIN: f64 = 1e-9;
    /// The largest.
    pub const MAX: f64 = 0.5;

    /// A rate inside [`Self::MIN`]..=[`Self::MAX`].
    pub fn new(rate: f64) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&rate).then_some(Self(rate))
    }

    /// The rate.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Why a filter could not be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The filter is much worse than it should be.
    #[error("filter of kind {kind} has a false-positive rate of {measured:.2e}, expected about {target:.2e}")]
    Rate {
        /// The kind.
        kind: String,
        /// What was measured.
        measured: f64,
        /// What was asked for.
        target: f64,
    },
    /// The library refused.
    #[error("filter of kind {kind} cannot be made: {reason}")]
    Library {
        /// The kind.
        kind: String,
        /// Its words.
        reason: &'static str,
    },
}

/// Customers and canaries of one kind.
pub struct KindFilter {
    name: String,
    customers: Option<Bloom<u64>>,
    /// Sorted.
    canaries: Vec<u64>,
}

impl KindFilter {
    /// A kind without customers or canaries.
    pub(super) fn empty(name: &str) -> Self {
        Self { name: name.to_owned(), customers: None, canaries: Vec::new() }
    }

    /// Takes in what a file holds.
    pub(super) fn fill(&mut self, contents: Contents) {
        match contents {
            Contents::Customers(bloom) => self.customers = Some(bloom),
            Contents::Canaries(tags) => self.canaries = tags,
        }
    }

    /// The kind's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether `tag` is a canary's.
    pub fn is_canary(&self, tag: Tag) -> bool {
        !self.canaries.is_empty() && self.canaries.binary_search(&tag.0).is_ok()
    }

    /// What it says about `tag`.
    pub fn check(&self, tag: Tag) -> Membership {
        if self.is_canary(tag) {
            return Membership::Canary;
        }
        match &self.customers {
            None => Membership::NoFilter,
            Some(bloom) if bloom.check(&tag.0) => Membership::Member,
            Some(_) => Membership::Absent,
        }
    }
}

impl std::fmt::Debug for KindFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KindFilter").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Builds and measures the filter over `tags`, sorted and distinct.
///
/// # Errors
/// [`BuildError::Rate`], if the filter is far worse than `rate`.
pub(super) fn build(
    kind: &str,
    tags: &[u64],
    rate: FalsePositiveRate,
) -> Result<(Bloom<u64>, Measurement), BuildError> {
    let (bytes, items) = size(tags.len().max(MIN_CAPACITY), rate);
    let mut bloom = Bloom::new_with_seed(bytes, items, &seed(kind))
        .map_err(|reason| BuildError::Library { kind: kind.to_owned(), reason })?;
    for tag in tags {
        bloom.set(tag);
    }
    let measured = measure::measure(&bloom, tags, rate);
    if measured.hits >= MIN_HITS_TO_JUDGE && measured.rate() > rate.get() * MAX_RATE_EXCESS {
        return Err(BuildError::Rate { kind: kind.to_owned(), measured: measured.rate(), target: rate.get() });
    }
    Ok((bloom, measured))
}

/// The bytes for `capacity` tags at `rate`, and the number of items that makes the library choose half as many hash
/// functions as would take the least memory: a sixth more memory, but half the work for each member.
///
/// With k hash functions and r bits a tag the rate is (1 - e^(-k/r))^k (Bloom, "Space/time trade-offs in hash coding with
/// allowable errors", 1970); the library takes k = r ln 2 of the r that it is told.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "far below 2^52"
)]
fn size(capacity: usize, rate: FalsePositiveRate) -> (usize, usize) {
    let hashes = (-rate.get().log2() / 2.0).ceil().max(1.0);
    let bits_a_tag = -hashes / (1.0 - rate.get().powf(1.0 / hashes)).ln();
    let bits = bits_a_tag * capacity as f64;
    ((bits / 8.0).ceil() as usize, ((bits * LN_2 / hashes).round() as usize).max(1))
}

/// The hash functions' seed: its halves, one for each, must differ, or the two are one function and the filter about a
/// hundred times worse. The tags are keyed already, so the seed needs no secret.
fn seed(kind: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"leakwatch filter seed\0").chain_update(kind).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_have_different_halves() {
        for kind in ["phone", "email", "customer_id", ""] {
            let seed = seed(kind);
            assert_ne!(seed[..16], seed[16..]);
        }
    }

    #[test]
    fn equal_halves_are_noticed_by_the_measurement() {
        let tags: Vec<u64> = measure::probes(1).take(20_000).collect();
        let mut bloom = Bloom::new_for_fp_rate_with_seed(tags.len(), 0.000_1, &[7; 32]).expect("a filter");
        for tag in &tags {
            bloom.set(tag);
        }
        let mut sorted = tags;
        sorted.sort_unstable();
        let measured = measure::measure(&bloom, &sorted, FalsePositiveRate::DEFAULT);
        assert!(measured.rate() > 0.000_1 * MAX_RATE_EXCESS, "{measured:?}");
        assert!(measured.hits >= MIN_HITS_TO_JUDGE);
    }

    #[test]
    fn a_lookup_needs_few_hashes() {
        for (rate, hashes) in [(0.5, 1), (0.01, 4), (0.000_1, 7), (1e-9, 15)] {
            let rate = FalsePositiveRate::new(rate).expect("in range");
            let (bloom, _) = build("phone", &[1], rate).expect("builds");
            assert_eq!(bloom.number_of_hash_functions(), hashes);
        }
    }

    #[test]
    fn the_measured_rate_is_near_the_target() {
        for (count, rate) in [(3, 0.001), (1_000, 0.01), (50_000, 0.001)] {
            let mut tags: Vec<u64> = measure::probes(2).take(count).collect();
            tags.sort_unstable();
            let rate = FalsePositiveRate::new(rate).expect("in range");
            let (_, measured) = build("phone", &tags, rate).expect("builds");
            assert!(measured.rate() < rate.get() * 1.2, "{count}: {measured:?}");
            assert!(count < MIN_CAPACITY || measured.rate() > rate.get() * 0.7, "{count}: {measured:?}");
        }
    }
}
