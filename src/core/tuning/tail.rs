//! How often a limit is expected to be passed, also where nothing in the history has passed it.

/// A tail is never taken to be thinner than this index (0.3: twice the limit is passed a tenth as often): what one
/// history shows of it is little.
const LEAST_INDEX: f64 = 0.3;
/// Nor thicker: beyond it there is no mean.
const MOST_INDEX: f64 = 1.0;
/// The tail is what lies in the largest of so many values.
const TAIL_SHARE: usize = 10;
const LEAST_TAIL: usize = 5;

/// The largest value of each actor, largest first, and the tail that they have.
///
/// Beyond the k-th largest value x, values are taken to be distributed as a power law: P(X > l) = (k/n) (l/x)^(-1/ξ), with
/// ξ by Hill's estimator (B. M. Hill, "A simple general approach to inference about the tail of a distribution", The
/// Annals of Statistics 3(5), 1975).
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    values: Vec<f64>,
    from: f64,
    beyond: f64,
    index: f64,
}

impl Tail {
    /// The tail of `values`, one an actor.
    pub fn new(mut values: Vec<f64>) -> Self {
        values.retain(|value| *value > 0.0);
        values.sort_unstable_by(|a, b| b.total_cmp(a));
        let most = values.len().saturating_sub(1);
        let beyond = (values.len() / TAIL_SHARE).max(LEAST_TAIL).min(most);
        let from = values.get(beyond).or(values.first()).copied().unwrap_or(0.0);
        let excess: f64 = values.iter().take(beyond).map(|value| (value / from).ln()).sum();
        let beyond = count(beyond.max(usize::from(!values.is_empty())));
        let index = if from > 0.0 { (excess / beyond).clamp(LEAST_INDEX, MOST_INDEX) } else { LEAST_INDEX };
        Self { values, from, beyond, index }
    }

    /// How many actors are expected to reach `limit` in a history like this one.
    pub fn expected(&self, limit: f64) -> f64 {
        if self.values.is_empty() {
            return 0.0;
        }
        if limit <= self.from {
            return count(self.values.partition_point(|value| *value >= limit));
        }
        let modelled = self.beyond * (limit / self.from).powf(-1.0 / self.index);
        let seen = count(self.values.partition_point(|value| *value >= limit));
        modelled.max(seen)
    }

    /// The largest value seen.
    pub fn largest(&self) -> f64 {
        self.values.first().copied().unwrap_or(0.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "actors are far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_the_tail_it_counts_and_beyond_it_never_reaches_nothing() {
        let tail = Tail::new((1..=100).map(f64::from).collect());
        assert!((tail.expected(51.0) - 50.0).abs() < 1e-9);
        assert!(tail.expected(100.0) >= 1.0);
        let beyond = [150.0, 300.0, 600.0].map(|limit| tail.expected(limit));
        assert!(beyond[0] > beyond[1] && beyond[1] > beyond[2] && beyond[2] > 0.0, "{beyond:?}");
        assert!(beyond[0] < 10.0, "{beyond:?}");
    }

    #[test]
    fn who_never_did_it_has_no_tail_and_one_actor_has_one() {
        assert!(Tail::new(vec![0.0, 0.0]).expected(1.0) < 1e-9);
        let one = Tail::new(vec![10.0]);
        assert!((one.expected(10.0) - 1.0).abs() < 1e-9);
        assert!(one.expected(20.0) > 0.0 && one.expected(20.0) < 0.2);
    }
}
