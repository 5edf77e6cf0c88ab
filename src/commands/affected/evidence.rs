//! Where incidents and activities come from.

use crate::commands::failure::Failure;
use crate::core::activity::{Activity, Standing};
use crate::core::affected::Scope;
use crate::core::cases::CaseBook;
use crate::core::time::EventTime;

/// Hears of an activity, and how detect takes it.
pub(super) type Take<'t> = dyn FnMut(&Activity<'_>, Standing) + 't;

/// Events, whether in files or in the topics of a deployment.
pub(super) trait Evidence {
    /// Every incident that they raise or raised, and when they end.
    fn book(&mut self) -> Result<(CaseBook, EventTime), Failure>;

    /// Hands every activity that may belong to one of `scopes` to `take`, each actor's in order.
    fn activities(&mut self, scopes: &[Scope], take: &mut Take<'_>) -> Result<(), Failure>;

    /// Whether what was there may begin later than the incident.
    fn begins_late(&self) -> bool;
}
