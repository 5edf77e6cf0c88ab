//! A frozen state stays what it was while the log is applied further, and freezing changes nothing.

use super::RULES;
use super::resumed::{Log, Move, Step, leak, moves};
use crate::core::activity::{Control, Record};
use crate::core::detector::entity::Left;
use crate::core::detector::{FrozenState, Output};
use crate::core::rules::SHIPPED;
use crate::core::time::{EventTime, Millis};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::VecDeque;

/// Longer than anything is kept of whom no directory lists.
const SILENCE: Millis = Millis::from_days(32);
/// Sweeps that visit every entity at least once.
const SWEEPS: usize = 61;

#[derive(Clone, Debug)]
enum Act {
    Move(Move),
    Rules(&'static str),
    /// Nothing happens for so long that state is forgotten.
    Silence,
}

/// What is done, and whether the state is frozen before it; whether the oldest frozen state becomes bytes after it.
#[derive(Clone, Debug)]
struct Turn {
    freeze: bool,
    act: Act,
    write: bool,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let other = prop_oneof![
        3 => select(vec![SHIPPED.yaml, RULES]).prop_map(Act::Rules),
        1 => Just(Act::Silence),
    ];
    let other = (other, any::<prop::sample::Index>());
    let flags = prop::collection::vec((prop::bool::weighted(0.2), prop::bool::weighted(0.2)), 80);
    (moves(), prop::collection::vec(other, 0..4), flags).prop_map(|(moves, others, flags)| {
        let mut acts: Vec<Act> = leak().into_iter().chain(moves).map(Act::Move).collect();
        for (other, at) in others {
            acts.insert(at.index(acts.len() + 1), other);
        }
        let turn = |(act, (freeze, write))| Turn { freeze, act, write };
        acts.into_iter().zip(flags).map(turn).collect()
    })
}

fn make(log: &mut Log, act: &Act) -> Vec<Output> {
    match act {
        Act::Move(Move { ahead, step, .. }) => log.make(step, *ahead),
        Act::Rules(yaml) => log.settled(&Record::Control(Control::Rules { version: "", yaml: vec![yaml] })),
        Act::Silence => {
            let mut said = log.make(&Step::Tick, SILENCE);
            said.extend((0..SWEEPS).flat_map(|_| log.make(&Step::Tick, Millis::from_mins(1))));
            said
        }
    }
}

/// Whoever is told that an entity needs no tidying leaves it: so nothing in it may be what tidying would change.
fn check_tidying(log: &Log) -> Result<(), TestCaseError> {
    for after in [0, 1, 5, 32, 70].map(Millis::from_days) {
        let now = log.detector.watermark.plus(after);
        for entity in log.detector.roster.iter() {
            let mut tidied = entity.clone();
            let left = tidied.tidy(now);
            let changes = left != Left::Counts || tidied != *entity;
            prop_assert_eq!(entity.needs_tidying(now), changes, "{} after {:?}", entity.name, after);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_frozen_state_is_the_state_at_its_position_whatever_comes_after(turns in turns()) {
        let (mut plain, mut freezing) = (Log::new(), Log::new());
        let mut frozen: VecDeque<(FrozenState, Vec<u8>)> = VecDeque::new();
        for Turn { freeze, act, write } in turns {
            if freeze {
                check_tidying(&plain)?;
                frozen.push_back((freezing.detector.freeze(), plain.detector.snapshot()));
            }
            prop_assert!(make(&mut plain, &act) == make(&mut freezing, &act), "said otherwise after {:?}", act);
            if let Some((state, expected)) = frozen.front().filter(|_| write) {
                prop_assert!(state.to_bytes() == *expected, "a frozen state changed before {:?}", act);
                frozen.pop_front();
            }
        }
        check_tidying(&plain)?;
        for (state, expected) in frozen {
            prop_assert!(state.to_bytes() == expected, "a frozen state changed before the end");
        }
        prop_assert!(plain.detector.snapshot() == freezing.detector.snapshot(), "freezing left its mark");
        prop_assert_eq!(plain.detector.stats(), freezing.detector.stats());
    }
}

#[test]
fn whom_no_directory_lists_is_forgotten_also_while_the_state_is_frozen() {
    let mut log = Log::new();
    for Move { step, ahead, .. } in leak() {
        log.make(&step, ahead);
    }
    let (before, frozen) = (log.detector.snapshot(), log.detector.freeze());
    let listed = log.detector.roster.iter().filter(|entity| entity.listed).count();
    assert!(log.detector.roster.len() > listed, "teams and domains");
    make(&mut log, &Act::Silence);
    make(&mut log, &Act::Silence);
    assert_eq!(log.detector.roster.len(), listed);
    assert!(log.detector.watermark > EventTime::MIN && frozen.to_bytes() == before);
}
