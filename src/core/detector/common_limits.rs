//! Limits that many entities have in common: most are judged alike, so the figures are kept once.

use crate::core::rules::Limits;
use std::sync::Arc;

/// Sets that are told apart; whoever has yet another keeps it by itself.
const CAPACITY: usize = 64;

/// Limits of every rule, each set once.
#[derive(Debug, Default)]
pub(super) struct CommonLimits(Vec<Arc<[Limits]>>);

impl CommonLimits {
    /// The same limits, shared with whoever has equal ones.
    pub fn share(&mut self, limits: Vec<Limits>) -> Arc<[Limits]> {
        if let Some(known) = self.0.iter().find(|known| ***known == *limits) {
            return Arc::clone(known);
        }
        let limits: Arc<[Limits]> = limits.into();
        if self.0.len() < CAPACITY {
            self.0.push(Arc::clone(&limits));
        }
        limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_limits_are_kept_once_and_others_stay_right() {
        let of = |page: u32| vec![Limits { page: Some(f64::from(page)), ..Limits::default() }];
        let mut common = CommonLimits::default();
        let first = common.share(of(0));
        for page in 0..2 * u32::try_from(CAPACITY).expect("small") {
            assert_eq!(*common.share(of(page)), *of(page));
        }
        assert!(Arc::ptr_eq(&first, &common.share(of(0))));
        assert_eq!(common.0.len(), CAPACITY);
    }
}
