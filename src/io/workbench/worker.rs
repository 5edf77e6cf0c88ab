//! The thread that reads and judges.

use super::curve::{About, draw, look, reads_from};
use super::trial::attack;
use super::{BOUNDS, FRESH, KEPT, Shown, Told, Tools, Work};
use crate::core::history::History;
use crate::core::time::EventTime;
use crate::core::tuning::Peaks;
use crate::io::lifecycle::{Lifecycle, chain, lock};
use crate::io::shared_rules::CheckedRules;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Records between two words of how many there are.
const TOLD_EVERY: u64 = 4_096;

/// A history in hand.
struct Kept {
    history: History,
    peaks: Peaks,
    about: About,
    rules: Arc<CheckedRules>,
    read_at: EventTime,
}

/// Works until the process is asked to stop.
pub(super) fn run(tools: &Tools, waiting: &Receiver<Work>, shown: &Mutex<Shown>, life: &Lifecycle) {
    let (mut kept, mut asked): (Option<Kept>, _) = (None, Instant::now());
    while !life.is_stopping() {
        match waiting.recv_timeout(LOOK_EVERY) {
            Ok(work) => {
                work_on(tools, &mut kept, shown, work);
                asked = Instant::now();
            }
            Err(RecvTimeoutError::Timeout) if kept.is_some() && asked.elapsed() > KEPT => {
                kept = None;
                *lock(shown) = Shown::default();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn work_on(tools: &Tools, kept: &mut Option<Kept>, shown: &Mutex<Shown>, work: Work) {
    match work {
        Work::Curve(id) => {
            let say = |told: Told| drop(lock(shown).rules.insert(id.clone(), (told, tools.clock.now())));
            say(match fresh(tools, kept, shown, |records| say(Told::Reading { records })) {
                Ok(kept) => {
                    let parts = (&kept.history, &kept.peaks, &kept.about);
                    let (rules, lateness) = (&kept.rules.set, tools.lateness);
                    let curve = draw(rules, lateness, parts, &id, |done, of| say(Told::Judging { done, of }));
                    let none = || Told::None { why: "this rule has no limit to be moved".into() };
                    curve.map_or_else(none, Told::Ready)
                }
                Err(why) => Told::None { why },
            });
        }
        // Whoever asked may have gone.
        Work::Attack(_, answer) if answer.is_closed() => {}
        Work::Attack(exception, answer) => {
            let kept = fresh(tools, kept, shown, |_| {});
            let tried = kept.and_then(|kept| attack(&kept.history, &kept.rules.set, tools.lateness, &exception));
            let _ = answer.send(tried);
        }
    }
}

/// The history in hand, read anew where it is too old; curves of an older one are forgotten.
fn fresh<'a>(
    tools: &Tools,
    kept: &'a mut Option<Kept>,
    shown: &Mutex<Shown>,
    reading: impl FnMut(u64),
) -> Result<&'a Kept, String> {
    let (now, rules) = (tools.clock.now(), tools.rules.get());
    let holds = |kept: &Kept| now.since(kept.read_at) <= FRESH && kept.rules.set.version == rules.set.version;
    if !kept.as_ref().is_some_and(holds) {
        *kept = None;
        let version = rules.set.version.clone();
        let read = read(tools, rules, now, reading);
        let mut shown = lock(shown);
        shown.of = Some((now, version));
        shown.rules.retain(|_, (told, _)| !matches!(told, Told::Ready(_) | Told::None { .. }));
        drop(shown);
        *kept = Some(read?);
    }
    kept.as_ref().ok_or_else(|| "there is no history".to_owned())
}

fn read(tools: &Tools, rules: Arc<CheckedRules>, now: EventTime, mut told: impl FnMut(u64)) -> Result<Kept, String> {
    let (mut history, mut records) = (History::default(), 0_u64);
    told(0);
    let read = tools.log.read(reads_from(now), BOUNDS, &mut history, &mut || {
        records += 1;
        if records.is_multiple_of(TOLD_EVERY) {
            told(records);
        }
    });
    let read = read.map_err(|error| chain(&error))?;
    if history.events() == 0 {
        return Err("the activity log of the last days holds no event".to_owned());
    }
    let peaks = look(&history, &rules.set, tools.lateness);
    Ok(Kept { about: About::new(&history, read.cut), peaks, history, rules, read_at: now })
}
