//! Measuring a filter's false-positive rate with tags that are certainly not members.

use super::kind::FalsePositiveRate;
use bloomfilter::Bloom;

/// At least so many probes.
const MIN_PROBES: u64 = 100_000;
/// At most so many: seconds, also for rates that would need more.
const MAX_PROBES: u64 = 40_000_000;
/// So many expected hits give the rate to within 10 % (two standard deviations).
const WANTED_HITS: f64 = 400.0;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// Tags tried, none of them a member.
    pub probes: u64,
    /// How many the filter took for members.
    pub hits: u64,
}

impl Measurement {
    /// The share of non-members taken for members.
    #[expect(clippy::cast_precision_loss, reason = "both are far below 2^52")]
    pub fn rate(self) -> f64 {
        self.hits as f64 / self.probes as f64
    }
}

/// Tries `bloom`, which holds exactly `tags` (sorted), with pseudo-random tags: a keyed tag is one too.
pub fn measure(bloom: &Bloom<u64>, tags: &[u64], rate: FalsePositiveRate) -> Measurement {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped right after; never negative")]
    let wanted = ((WANTED_HITS / rate.get()) as u64).clamp(MIN_PROBES, MAX_PROBES);
    let mut found = Measurement { probes: 0, hits: 0 };
    for probe in probes(0) {
        if found.probes == wanted {
            break;
        }
        if !bloom.check(&probe) {
            found.probes += 1;
        } else if tags.binary_search(&probe).is_err() {
            found.probes += 1;
            found.hits += 1;
        }
    }
    found
}

/// An endless sequence of tags: `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// 2014).
pub fn probes(seed: u64) -> impl Iterator<Item = u64> {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    (1_u64..).map(move |at| {
        let mixed = seed.rotate_left(32).wrapping_add(at.wrapping_mul(STEP));
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    })
}
