//! Which raise answers which expectation: as many pairs as there can be.

/// Pairs each expectation with at most one raise, so that as many as possible have one: augmenting paths (Kuhn, "The
/// Hungarian method for the assignment problem", 1955, without weights). Gives, for each of `expected`, its raise.
pub(super) fn pairs(expected: usize, raised: usize, fits: &dyn Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    let mut matching = Matching { fits, taken_by: vec![None; raised] };
    for one in 0..expected {
        matching.place(one, &mut vec![false; raised]);
    }
    let mut found = vec![None; expected];
    for (raise, one) in matching.taken_by.iter().enumerate() {
        if let Some(one) = one {
            found[*one] = Some(raise);
        }
    }
    found
}

struct Matching<'a> {
    fits: &'a dyn Fn(usize, usize) -> bool,
    /// For each raise the expectation that has it.
    taken_by: Vec<Option<usize>>,
}

impl Matching<'_> {
    /// Finds a raise for expectation `one`; another expectation may move to a raise that was not tried yet.
    fn place(&mut self, one: usize, tried: &mut [bool]) -> bool {
        for raise in 0..self.taken_by.len() {
            if tried[raise] || !(self.fits)(one, raise) {
                continue;
            }
            tried[raise] = true;
            if self.taken_by[raise].is_none_or(|other| self.place(other, tried)) {
                self.taken_by[raise] = Some(one);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn a_vague_expectation_leaves_the_raise_that_another_needs() {
        let fits = |expected: usize, raise: usize| expected == 0 || raise == 0;
        assert_eq!(pairs(2, 2, &fits), [Some(1), Some(0)]);
    }

    #[test]
    fn a_raise_answers_one_expectation() {
        assert_eq!(pairs(2, 1, &|_, _| true), [Some(0), None]);
        assert_eq!(pairs(1, 2, &|_, _| true), [Some(0)]);
        assert_eq!(pairs(1, 1, &|_, _| false), [None]);
        assert_eq!(pairs(0, 1, &|_, _| true), []);
    }
}
