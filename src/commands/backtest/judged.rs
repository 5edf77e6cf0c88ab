//! A history judged under two sets of rules while it is read: in one pass where both count the same, else a thread each.

use crate::commands::failure::Failure;
use crate::commands::lines_out;
use crate::core::backtest::{Episodes, Together};
use crate::core::history::{Follow, History, Judging, Rerun, rerun};
use crate::core::incident::Incident;
use crate::core::rules::RuleSet;
use crate::core::time::Millis;
use std::io::Write;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::ScopedJoinHandle;

/// Batches that a judge may be behind what is read.
const BEHIND: usize = 16;

/// What one set of rules raised.
#[derive(Default)]
pub(super) struct Judged {
    episodes: Episodes,
    lines: Vec<Incident>,
}

/// How both are judged.
pub(super) struct Both {
    pub rules: [RuleSet; 2],
    pub lateness: Millis,
    /// Whether the lines themselves are wanted. They tell of the set's other incidents, so each set is judged alone.
    pub keep_lines: bool,
}

type Batches = Receiver<Arc<[u8]>>;

impl Both {
    /// Judges what `read` reads, while it reads.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn judge(
        &self,
        read: impl FnOnce(History) -> Result<History, Failure>,
    ) -> Result<(History, [Judged; 2]), Failure> {
        let together = if self.keep_lines { None } else { Together::of(&self.rules) };
        let Some(together) = together else {
            let judges = self.rules.iter().map(|rules| |batches: Batches| self.alone(rules, batches));
            let (history, judged) = follow(read, judges.collect())?;
            let mut judged = judged.into_iter();
            return Ok((history, [(); 2].map(|()| judged.next().unwrap_or_default())));
        };
        let (history, judged) = follow(read, vec![|batches: Batches| self.at_once(&together, batches)])?;
        let judged = judged.into_iter().flatten().next().unwrap_or_else(|| self.again(&history));
        Ok((history, judged))
    }

    fn rerun(&self, rules: &RuleSet) -> Rerun<'static, 'static> {
        Rerun { rules: rules.clone(), lateness: self.lateness, besides: &[] }
    }

    fn alone(&self, rules: &RuleSet, batches: Batches) -> Judged {
        let (mut judging, mut judged) = (Judging::new(self.rerun(rules)), Judged::default());
        for batch in batches {
            judging.batch(&batch, |line| judged.take(line, self.keep_lines));
        }
        judging.finish(|line| judged.take(line, self.keep_lines));
        judged
    }

    /// `None` where one set's incidents would have mattered to the other.
    fn at_once(&self, together: &Together, batches: Batches) -> Option<[Judged; 2]> {
        let (mut judging, mut apart) = (Judging::new(self.rerun(together.rules())), together.apart());
        let mut both = [Episodes::default(), Episodes::default()];
        for batch in batches {
            judging.batch(&batch, |line| apart.gather(line, &mut both));
        }
        let log = judging.finish(|line| apart.gather(line, &mut both));
        let of = |episodes| Judged { episodes, lines: Vec::new() };
        Together::holds(&log.detector().stats()).then(|| both.map(of))
    }

    /// Each set alone, once the history is read.
    fn again(&self, history: &History) -> [Judged; 2] {
        let judge = |rules: &RuleSet| {
            let mut judged = Judged::default();
            rerun(history, self.rerun(rules), |line| judged.take(line, self.keep_lines));
            judged
        };
        std::thread::scope(|scope| {
            let old = scope.spawn(|| judge(&self.rules[0]));
            let new = judge(&self.rules[1]);
            [old.join().unwrap_or_else(|panic| resume_unwind(panic)), new]
        })
    }
}

/// Reads, and hands every batch to each of `judges`, which are threads of their own.
fn follow<T: Send>(
    read: impl FnOnce(History) -> Result<History, Failure>,
    judges: Vec<impl FnOnce(Batches) -> T + Send>,
) -> Result<(History, Vec<T>), Failure> {
    std::thread::scope(|scope| {
        let (mut queues, mut threads) = (Vec::new(), Vec::new());
        for judge in judges {
            let (to, batches) = sync_channel(BEHIND);
            queues.push(to);
            threads.push(scope.spawn(move || judge(batches)));
        }
        let mut history = read(History::followed(hand_to(queues)));
        if let Ok(history) = &mut history {
            history.end();
        }
        // A panic there is one here.
        let join = |judge: ScopedJoinHandle<'_, T>| judge.join().unwrap_or_else(|panic| resume_unwind(panic));
        let judged = threads.into_iter().map(join).collect();
        Ok((history?, judged))
    })
}

fn hand_to(queues: Vec<SyncSender<Arc<[u8]>>>) -> Follow {
    Follow::new(move |batch| {
        let batch: Arc<[u8]> = batch.into();
        for queue in &queues {
            // Whoever is gone has panicked, which is seen where it is joined.
            let _ = queue.send(Arc::clone(&batch));
        }
    })
}

impl Judged {
    fn take(&mut self, line: Incident, keep: bool) {
        self.episodes.take(&line);
        if keep && !line.shadow {
            self.lines.push(line);
        }
    }

    /// The incidents.
    pub const fn episodes(&self) -> &Episodes {
        &self.episodes
    }

    /// Writes the lines, a JSON object each.
    ///
    /// # Errors
    /// [`Failure::Usage`], if the file cannot be made.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut sink = lines_out::create(path)?;
        for line in &self.lines {
            lines_out::write(&mut sink, line).map_err(Failure::run)?;
        }
        sink.flush().map_err(Failure::run)
    }
}
