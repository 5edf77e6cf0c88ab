//! Where incidents and activities come from.

use crate::commands::failure::Failure;
use crate::core::activity::Activity;
use crate::core::affected::Scope;
use crate::core::cases::CaseBook;
use crate::core::time::EventTime;

/// Events, whether in files or in the topics of a deployment.
pub(super) trait Evidence {
    /// Every incident that they raise or raised, and when they end.
    fn book(&mut self) -> Result<(CaseBook, EventTime), Failure>;

    /// Hands every activity that may belong to one of `scopes` to `take`, each actor's in order.
    fn activities(&mut self, scopes: &[Scope], take: &mut dyn FnMut(&Activity<'_>)) -> Result<(), Failure>;

    /// Whether what was there may begin later than the incident.
    fn begins_late(&self) -> bool;
}
