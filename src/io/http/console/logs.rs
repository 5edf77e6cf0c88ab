//! What the console asks of the activity log, and what it has kept: Kafka in the service, memory where it is tried out.

use crate::core::cases::{Audited, Judgement, Timeline};
use crate::core::time::EventTime;
use crate::io::kafka::RunError;
use crate::io::kafka::case_log::{CaseLog, JudgeError};
use crate::io::kafka::explain_log::{ExplainBounds, ExplainLog, Explained};
use std::collections::BTreeSet;

/// Draws cases and keeps what is decided about them. Each call may block.
pub trait Ledger: Send + Sync {
    /// Fills `timeline` with what `actors` did.
    ///
    /// # Errors
    /// [`RunError`] if the log cannot be read.
    fn draw(&self, actors: &BTreeSet<String>, timeline: &mut Timeline, until: EventTime) -> Result<(), RunError>;

    /// Keeps a verdict in place of `before`, and who gave it.
    ///
    /// # Errors
    /// [`JudgeError`]
    fn judge(&self, judgement: &Judgement, before: Option<Judgement>) -> Result<(), JudgeError>;

    /// Keeps who did what.
    ///
    /// # Errors
    /// [`JudgeError`]
    fn audit(&self, audited: &Audited) -> Result<(), JudgeError>;
}

/// Explains accounts. A call may block.
pub trait Explains: Send + Sync {
    /// Explains `actor` at a time under `rules` (YAML), within `bounds`.
    ///
    /// # Errors
    /// [`RunError`] if the log cannot be read.
    fn explain(
        &self,
        actor: &str,
        at: EventTime,
        rules: &[String],
        bounds: ExplainBounds,
    ) -> Result<Explained, RunError>;
}

impl Ledger for CaseLog {
    fn draw(&self, actors: &BTreeSet<String>, timeline: &mut Timeline, until: EventTime) -> Result<(), RunError> {
        Self::draw(self, actors, timeline, until)
    }

    fn judge(&self, judgement: &Judgement, before: Option<Judgement>) -> Result<(), JudgeError> {
        Self::judge(self, judgement, before)
    }

    fn audit(&self, audited: &Audited) -> Result<(), JudgeError> {
        Self::audit(self, audited)
    }
}

impl Explains for ExplainLog {
    fn explain(
        &self,
        actor: &str,
        at: EventTime,
        rules: &[String],
        bounds: ExplainBounds,
    ) -> Result<Explained, RunError> {
        Self::explain(self, actor, at, rules, Some(bounds), || {})
    }
}
