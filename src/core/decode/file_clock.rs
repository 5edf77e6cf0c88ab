//! When a file's records arrived, for files that do not say it.
//!
//! A file has no broker that stamped its records, so its own times must do, and one wrong time (a clock in 2099, a
//! poisoned record) must not carry the rest with it. Every record makes a *claim*: its own `received` if it has one,
//! else its event time. The clock is the largest claim believed so far:
//!
//! - A claim at most 10 minutes ahead of the clock is believed.
//! - A claim further ahead is believed if at least half of the file's next 16 records (or of those left) are there
//!   too: their claims are no more than 10 minutes before it. So a night's pause is believed, and so is a sparse file
//!   with an hour between records; a lone record in 2099 is not. With no record left, the claim is believed: a file's
//!   last record may follow a pause as well as any other.
//! - The first record is judged in the same way. If it is not believed, the clock begins at the claim of the first of
//!   the records looked at that would be believed in its place, by those behind it that were looked at.
//!
//! A record's `received` is its own if it has one, else the clock after its claim was judged. Lines that were
//! rejected have no time and take no part: they are neither judged nor counted among the next 16. A record that
//! explodes into several events takes part once for each, in order.

use crate::core::time::{EventTime, Millis};
use std::collections::VecDeque;

/// How many records after a jump are asked whether they are there too.
pub const LOOK_AHEAD: usize = 16;
/// A claim further ahead of the clock than this is a jump.
pub const MAX_JUMP: Millis = Millis::from_mins(10);

/// A record whose arrival is known now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clocked<T> {
    /// What was pushed with it.
    pub item: T,
    /// When it arrived.
    pub received: EventTime,
    /// The file's clock after it: never falls, and is what files are merged by.
    pub clock: EventTime,
}

#[derive(Debug)]
struct Waiting<T> {
    item: T,
    own: Option<EventTime>,
    claim: EventTime,
}

/// Yields a file's records in order with the time each arrived; holds at most 17 of them.
#[derive(Debug)]
pub struct FileClock<T> {
    clock: Option<EventTime>,
    waiting: VecDeque<Waiting<T>>,
    ended: bool,
}

impl<T> Default for FileClock<T> {
    fn default() -> Self {
        Self { clock: None, waiting: VecDeque::with_capacity(LOOK_AHEAD + 1), ended: false }
    }
}

impl<T> FileClock<T> {
    /// The clock of a file of which nothing was read.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the file's next record: its event `time`, and its own `received` if it has one.
    ///
    /// Take out what is ready with [`Self::pop`] before the next is added.
    pub fn push(&mut self, time: EventTime, received: Option<EventTime>, item: T) {
        self.waiting.push_back(Waiting { item, own: received, claim: received.unwrap_or(time) });
    }

    /// The file has ended: all that still waits is ready.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The next record, in the file's order, once enough is known of those behind it.
    pub fn pop(&mut self) -> Option<Clocked<T>> {
        let claim = self.waiting.front()?.claim;
        let clock = match self.clock {
            Some(clock) if claim <= clock.plus(MAX_JUMP) => clock.max(claim),
            clock => {
                if self.waiting.len() <= LOOK_AHEAD && !self.ended {
                    return None;
                }
                self.judge(claim, clock)
            }
        };
        self.clock = Some(clock);
        let Waiting { item, own, .. } = self.waiting.pop_front()?;
        Some(Clocked { item, received: own.unwrap_or(clock), clock })
    }

    /// The clock after a jump to `claim`, or after the first record's.
    fn judge(&self, claim: EventTime, clock: Option<EventTime>) -> EventTime {
        if self.is_believed(0) {
            return claim;
        }
        clock.unwrap_or_else(|| {
            let first = (1..self.waiting.len()).find(|at| self.is_believed(*at));
            first.and_then(|at| self.waiting.get(at)).map_or(claim, |record| record.claim)
        })
    }

    /// Whether at least half of the records behind the one at `at`, as far as looked at, are there too.
    fn is_believed(&self, at: usize) -> bool {
        let mut looked_at = self.waiting.iter().take(LOOK_AHEAD + 1).skip(at).map(|record| record.claim);
        let Some(claim) = looked_at.next() else { return false };
        let (there, all) = looked_at
            .fold((0, 0), |(there, all), other| (there + usize::from(other >= claim.minus(MAX_JUMP)), all + 1));
        there * 2 >= all
    }
}

/// The time an event counts at: its own, or `received` where it lies more than `max_future` after that. Says whether
/// it did.
pub fn clamp_future(time: EventTime, received: EventTime, max_future: Millis) -> (EventTime, bool) {
    if time > received.plus(max_future) { (received, true) } else { (time, false) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FAR: i64 = 4_000_000_000;

    /// Runs claims given in minutes through a clock, as a reader would: pops after every push.
    fn run(minutes: &[i64]) -> Vec<i64> {
        let records: Vec<_> = minutes.iter().map(|minute| (*minute, None)).collect();
        run_with(&records).into_iter().map(|(received, _)| received).collect()
    }

    /// The same with own `received`s; gives `received` and the clock, in minutes.
    fn run_with(records: &[(i64, Option<i64>)]) -> Vec<(i64, i64)> {
        let time = |minute: i64| EventTime::MIN.plus(Millis::from_mins(minute));
        let minutes = |time: EventTime| time.as_millis() / 60_000;
        let mut clock = FileClock::new();
        let mut out = Vec::new();
        for (at, (minute, own)) in records.iter().enumerate() {
            clock.push(time(*minute), own.map(time), at);
            out.extend(std::iter::from_fn(|| clock.pop()));
            assert!(clock.waiting.len() <= LOOK_AHEAD, "holds {} after a pop", clock.waiting.len());
        }
        clock.end();
        out.extend(std::iter::from_fn(|| clock.pop()));
        assert!(out.iter().map(|record| record.item).eq(0..records.len()), "in order, none lost");
        out.into_iter().map(|record| (minutes(record.received), minutes(record.clock))).collect()
    }

    fn with(mut minutes: Vec<i64>, at: usize, poison: i64) -> Vec<i64> {
        minutes[at] = poison;
        minutes
    }

    #[test]
    fn records_out_of_order_arrive_with_the_latest_before_them() {
        assert_eq!(run(&[100, 103, 101, 110, 104]), [100, 103, 103, 110, 110]);
    }

    #[test]
    fn a_lone_record_far_ahead_moves_nothing_wherever_it_stands_but_at_the_end() {
        let usual: Vec<i64> = (100..140).collect();
        for at in 1..39 {
            let received = run(&with(usual.clone(), at, FAR));
            assert_eq!(received, with(usual.clone(), at, usual[at - 1]), "poisoned at {at}");
        }
        assert_eq!(run(&with(usual.clone(), 0, FAR)), with(usual.clone(), 0, 101), "the first begins at the second's");
        assert_eq!(run(&with(usual.clone(), 39, FAR)), with(usual, 39, FAR), "nobody is left to contradict the last");
    }

    #[test]
    fn pauses_and_sparse_files_are_believed() {
        let mut night: Vec<i64> = (0..20).chain(600..620).collect();
        assert_eq!(run(&night), night);
        night.truncate(21);
        assert_eq!(run(&night), night, "also where one record follows the pause");
        let sparse: Vec<i64> = (0..50).map(|hour| hour * 60).collect();
        assert_eq!(run(&sparse), sparse);
        assert_eq!(run(&with(sparse.clone(), 0, FAR)), with(sparse, 0, 60));
    }

    #[test]
    fn exactly_half_of_sixteen_is_enough() {
        let file = |there: usize| -> Vec<i64> {
            let behind = (0..LOOK_AHEAD).map(|at| if at < there { 500 } else { 101 });
            [100, 500].into_iter().chain(behind).chain([101; 20]).collect()
        };
        assert_eq!(run(&file(8))[1], 500);
        assert_eq!(run(&file(7))[1], 100);
    }

    #[test]
    fn ten_minutes_are_no_jump_and_ten_before_a_jump_are_there() {
        let mut file = vec![100, 110];
        file.extend([100; 20]);
        assert_eq!(run(&file)[1], 110);
        assert_eq!(run(&[100, 130, 120])[1], 130, "120 is there");
        assert_eq!(run(&[100, 130, 119])[1], 100, "119 is not");
    }

    #[test]
    fn a_first_record_too_early_is_left_behind() {
        let file: Vec<i64> = [0].into_iter().chain(1_000..1_040).collect();
        assert_eq!(run(&file), file);
    }

    #[test]
    fn an_own_received_is_kept_and_moves_the_clock_if_believed() {
        let records = [(100, None), (90, Some(105)), (101, None), (102, Some(FAR)), (103, None), (104, None)];
        let expected = [(100, 100), (105, 105), (105, 105), (FAR, 105), (105, 105), (105, 105)];
        assert_eq!(run_with(&records), expected);
    }

    #[test]
    fn an_event_counts_at_its_arrival_if_it_claims_to_be_from_the_future() {
        let (received, max) = (EventTime::MIN.plus(Millis::from_hours(1)), Millis::from_mins(10));
        let edge = received.plus(max);
        assert_eq!(clamp_future(edge, received, max), (edge, false));
        assert_eq!(clamp_future(edge.plus(Millis::new(1)), received, max), (received, true));
        assert_eq!(clamp_future(EventTime::MIN, received, max), (EventTime::MIN, false));
    }

    proptest! {
        #[test]
        fn the_clock_never_falls_and_is_always_one_of_the_claims(
            minutes in proptest::collection::vec(prop_oneof![0..200_i64, 0..FAR], 1..80)
        ) {
            let out = run(&minutes);
            prop_assert!(out.is_sorted());
            prop_assert!(out.iter().all(|received| minutes.contains(received)));
        }

        #[test]
        fn a_minority_of_poisoned_records_never_moves_the_clock(
            poisoned in proptest::collection::hash_set(0..60_usize, 0..6)
        ) {
            let mut file: Vec<i64> = (0..100).map(|at| 1_000 + at / 4).collect();
            for at in &poisoned {
                file[*at] = FAR + i64::try_from(*at).expect("small");
            }
            prop_assert!(run(&file).iter().all(|received| *received < FAR));
        }
    }
}
