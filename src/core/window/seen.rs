//! When one tag was seen: enough to place it in any window that may still be asked for.

use super::slices::Seconds;
use serde::{Deserialize, Serialize};

/// What is remembered of one tag's occurrences.
pub trait SeenTime: Copy {
    /// Seen once, at `at`.
    fn once(at: Seconds) -> Self;
    /// Seen again at `at`, which may lie before the last time.
    fn observe(&mut self, at: Seconds);
    /// The last time it was seen.
    fn last(&self) -> Seconds;
    /// The latest time not after `at` at which it was seen; may be given as late as the end of the same minute, capped
    /// at `at`.
    fn latest_until(&self, at: Seconds) -> Option<Seconds>;
}

/// For windows up to a day: the minutes of the last two hours, and the last time before them.
///
/// Two hours are the lateness of one hour and the longest window with slices of at most a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    last: Seconds,
    /// The newest second older than what `minutes` reach; 0 for none.
    earlier: Seconds,
    /// Bit i: seen in the minute that lies i + 1 minutes before the last one's.
    minutes: [u64; 2],
}

const HISTORY_MINUTES: u32 = 128;

impl Recent {
    fn bits(self) -> u128 {
        u128::from(self.minutes[0]) | u128::from(self.minutes[1]) << 64
    }

    #[expect(clippy::cast_possible_truncation, reason = "the two halves of a 128-bit set")]
    fn set_bits(&mut self, bits: u128) {
        self.minutes = [bits as u64, (bits >> 64) as u64];
    }

    fn advance(&mut self, at: Seconds) {
        let by = at.minute() - self.last.minute();
        let bits = self.bits();
        if by > HISTORY_MINUTES {
            self.earlier = self.last;
            self.set_bits(0);
        } else if by > 0 {
            let fallen = bits & (u128::MAX << (HISTORY_MINUTES - by));
            if fallen != 0 {
                let newest = self.last.minute() - 1 - fallen.trailing_zeros();
                self.earlier = Seconds(newest * 60 + 59);
            }
            self.set_bits(bits.checked_shl(by).unwrap_or(0) | 1 << (by - 1));
        }
        self.last = at;
    }
}

impl SeenTime for Recent {
    fn once(at: Seconds) -> Self {
        Self { last: at, earlier: Seconds(0), minutes: [0; 2] }
    }

    fn observe(&mut self, at: Seconds) {
        if at >= self.last {
            self.advance(at);
            return;
        }
        let back = self.last.minute() - at.minute();
        if back > HISTORY_MINUTES {
            self.earlier = self.earlier.max(at);
        } else if back > 0 {
            self.set_bits(self.bits() | 1 << (back - 1));
        }
    }

    fn last(&self) -> Seconds {
        self.last
    }

    fn latest_until(&self, at: Seconds) -> Option<Seconds> {
        if at >= self.last {
            return Some(self.last);
        }
        let back = self.last.minute() - at.minute();
        if back == 0 {
            return Some(at);
        }
        let older = if back > HISTORY_MINUTES { 0 } else { self.bits() >> (back - 1) };
        if older != 0 {
            let minute = at.minute() - older.trailing_zeros();
            return Some(Seconds(minute * 60 + 59).min(at));
        }
        (self.earlier.0 > 0 && self.earlier <= at).then_some(self.earlier)
    }
}

/// For windows of a week and more, whose slices are longer than the lateness: the last time is enough, since a time
/// within one slice of the window's end may count as inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastOnly {
    last: Seconds,
}

impl SeenTime for LastOnly {
    fn once(at: Seconds) -> Self {
        Self { last: at }
    }

    fn observe(&mut self, at: Seconds) {
        self.last = self.last.max(at);
    }

    fn last(&self) -> Seconds {
        self.last
    }

    fn latest_until(&self, at: Seconds) -> Option<Seconds> {
        Some(self.last.min(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the full list of times, to the minute, as long as they lie within the history.
        #[test]
        fn the_latest_time_until_any_time_is_right_to_the_minute(
            times in prop::collection::vec(6_000_u32..6_000 + 125 * 60, 1..40),
            ask in 6_000_u32..6_000 + 130 * 60,
        ) {
            let mut seen = Recent::once(Seconds(times[0]));
            for time in &times[1..] {
                seen.observe(Seconds(*time));
            }
            let truth = times.iter().copied().filter(|time| time / 60 <= ask / 60).max();
            let found = seen.latest_until(Seconds(ask)).map(Seconds::minute);
            let last = times.iter().copied().max().unwrap_or(0);
            if last <= ask {
                prop_assert_eq!(found, Some(last / 60));
            } else {
                prop_assert_eq!(found, truth.map(|time| time / 60));
            }
        }

        #[test]
        fn what_falls_out_of_the_history_is_kept_as_one_earlier_time(gap in 129_u32..5_000, first in 60_u32..9_000) {
            let mut seen = Recent::once(Seconds(first));
            let last = first + gap * 60;
            seen.observe(Seconds(last));
            prop_assert_eq!(seen.latest_until(Seconds(last - 60)), Some(Seconds(first)));
            prop_assert_eq!(seen.latest_until(Seconds(last)), Some(Seconds(last)));
        }
    }
}
