//! Incidents as log lines: what happens where no sink is configured.

use super::{IncidentLine, Sink, SinkError};
use crate::core::incident::Severity;

/// Writes each line to the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogSink;

impl Sink for LogSink {
    fn deliver(&mut self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        let it = line.incident;
        let (incident, revision, rule, summary) = (&it.incident.0, it.revision, &it.rule, &it.summary);
        let (status, severity) = (it.status, it.severity);
        match severity {
            Severity::Info => tracing::info!(incident, revision, ?status, ?severity, rule, summary, "incident"),
            Severity::Warning | Severity::Page => {
                tracing::warn!(incident, revision, ?status, ?severity, rule, summary, "incident");
            }
        }
        Ok(())
    }
}
