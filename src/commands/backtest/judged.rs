//! A history judged under two sets of rules at once, a thread each.

use crate::commands::failure::Failure;
use crate::commands::lines_out;
use crate::core::backtest::{Episode, Episodes};
use crate::core::history::{History, Rerun, rerun};
use crate::core::incident::Incident;
use crate::core::rules::RuleSet;
use crate::core::time::Millis;
use std::io::Write;
use std::path::Path;

/// What one set of rules raised.
#[derive(Default)]
pub(super) struct Judged {
    episodes: Episodes,
    lines: Vec<Incident>,
}

/// Judges `history` under both; keeps the lines themselves where `keep_lines`.
pub(super) fn judge_both(history: &History, rules: [RuleSet; 2], lateness: Millis, keep_lines: bool) -> [Judged; 2] {
    let judge = |rules: RuleSet| {
        let mut judged = Judged::default();
        rerun(history, Rerun { rules, lateness, besides: &[] }, |line| {
            judged.episodes.take(&line);
            if keep_lines && !line.shadow {
                judged.lines.push(line);
            }
        });
        judged
    };
    let [old, new] = rules;
    std::thread::scope(|scope| {
        let other = scope.spawn(|| judge(old));
        let new = judge(new);
        // A panic there is one here.
        let old = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        [old, new]
    })
}

impl Judged {
    /// The incidents.
    pub fn episodes(&self) -> &[Episode] {
        self.episodes.all()
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
