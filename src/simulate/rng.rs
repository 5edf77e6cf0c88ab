//! Seeded randomness: every use has a stream of its own, so one more consumer never shifts another's draws.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of pseudo-random numbers (`ChaCha8`), the same on every run and machine.
pub type Stream = ChaCha8Rng;

/// What a stream is for; streams of different purposes never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Who works here.
    People = 1,
    /// An actor's day: present or not, how busy.
    Day = 2,
    /// An actor's hour: what is done.
    Hour = 3,
    /// One attack.
    Attack = 4,
    /// One event of ordinary life, such as a campaign.
    Life = 5,
    /// A crowd of accounts that each do one thing.
    Crowd = 6,
}

/// The stream of `purpose` under `seed` for the pair (`a`, `b`), such as (actor, hour).
pub fn stream(seed: u64, purpose: Purpose, a: u64, b: u64) -> Stream {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(mix(mix(purpose as u64, a), b));
    rng
}

/// Hashes two numbers into one (the finaliser of `SplitMix64`, Steele, Lea and Flood 2014).
pub const fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(b).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hash of a name, for streams that belong to something named.
pub fn hash_name(name: &str) -> u64 {
    name.bytes().fold(0, |hash, byte| mix(hash, u64::from(byte)))
}

/// How often something that happens `mean` times on average happens this time (Knuth's method; above 30 a normal
/// approximation, which is enough for traffic).
pub fn poisson(rng: &mut Stream, mean: f64) -> u32 {
    if mean <= 0.0 {
        return 0;
    }
    if mean > 30.0 {
        return (mean + normal(rng) * mean.sqrt()).round().max(0.0) as u32;
    }
    let limit = (-mean).exp();
    let mut product: f64 = rng.random();
    let mut count = 0;
    while product > limit {
        product *= rng.random::<f64>();
        count += 1;
    }
    count
}

/// About a standard normal number: the sum of twelve uniform ones (Irwin–Hall), bounded by ±6.
pub fn normal(rng: &mut Stream) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// True in `per_cent` of a hundred cases.
pub fn percent(rng: &mut Stream, per_cent: u32) -> bool {
    rng.random_range(0..100) < per_cent
}

/// One of `choices`, each as likely as the next. Panics where there is none.
pub fn pick<T: Copy>(rng: &mut Stream, choices: &[T]) -> T {
    choices[rng.random_range(0..choices.len() as u32) as usize]
}

/// One of `choices` by weight. Panics where all weights are 0.
pub fn weighted<T: Copy>(rng: &mut Stream, choices: &[(T, u32)]) -> T {
    let total: u32 = choices.iter().map(|(_, weight)| weight).sum();
    let mut left = rng.random_range(0..total);
    for (choice, weight) in choices {
        if left < *weight {
            return *choice;
        }
        left -= weight;
    }
    choices[choices.len() - 1].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_repeatable_and_apart() {
        let draw = |purpose, a, b| stream(7, purpose, a, b).random::<u64>();
        assert_eq!(draw(Purpose::Hour, 1, 2), draw(Purpose::Hour, 1, 2));
        assert_ne!(draw(Purpose::Hour, 1, 2), draw(Purpose::Hour, 2, 1));
        assert_ne!(draw(Purpose::Hour, 1, 2), draw(Purpose::Day, 1, 2));
    }

    #[test]
    fn a_poisson_count_keeps_its_mean() {
        for mean in [0.3, 4.0, 25.0, 80.0] {
            let mut rng = stream(1, Purpose::Day, 0, 0);
            let total: u32 = (0..4_000).map(|_| poisson(&mut rng, mean)).sum();
            let found = f64::from(total) / 4_000.0;
            assert!((found - mean).abs() < 0.06 * mean.max(1.0), "{mean} became {found}");
        }
    }
}
